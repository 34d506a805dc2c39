//! Visits and stays.

use super::concept::Concept;
use super::connection::{Connection, Entry, item};
use super::gate::{Id, Instant, choice, object};
use super::merge::{Fit, Key, Mergeable, claims, fold, merge};
use super::paging::newest_first;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Precision, Record, Section};

object! {
    /// A visit or stay.
    struct Encounter in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// In which setting.
        class: Option<EncounterClass>, Encounters;
        /// HL7 status: planned, in-progress, finished, …
        status: Option<String>, Encounters;
        /// What kind of visit.
        r#type: Option<Concept>, Encounters;
        /// When it began, if the source knows the time.
        start: Option<Instant>, Encounters;
        /// When it ended, if the source knows the time.
        end: Option<Instant>, Encounters;
        /// From when to when, as precisely as the source says.
        period: Option<Period>, Encounters;
        /// Why.
        reason: Option<Vec<Concept>>, Encounters;
        /// Where.
        facility: Option<String>, Encounters;
        /// Who saw the patient.
        practitioner: Option<String>, Encounters;
        /// Where the patient went afterwards.
        disposition: Option<Concept>, Encounters;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Encounter);

object! {
    /// A stretch of time, as precise as the source was.
    struct Period {
        /// From when.
        start: Option<FuzzyDate>, Inherit;
        /// Until when.
        end: Option<FuzzyDate>, Inherit;
    }
}

choice! {
    /// The setting of an encounter.
    enum EncounterClass {
        /// A visit.
        Ambulatory = "AMBULATORY",
        /// Emergency department.
        Emergency = "EMERGENCY",
        /// A stay in hospital.
        Inpatient = "INPATIENT",
        /// Kept in hospital to be watched.
        Observation = "OBSERVATION",
        /// At the patient's home.
        Home = "HOME",
        /// By telephone or video.
        Virtual = "VIRTUAL",
        /// Anything else.
        Other = "OTHER",
    }
}

impl EncounterClass {
    /// HL7 v3-ActCode, `ActEncounterCode`.
    fn of(code: &str) -> Self {
        match code.to_ascii_uppercase().as_str() {
            "AMB" | "AMBULATORY" | "OUTPATIENT" | "SS" => Self::Ambulatory,
            "EMER" | "EMERGENCY" => Self::Emergency,
            "IMP" | "ACUTE" | "NONAC" | "INPATIENT" => Self::Inpatient,
            "OBSENC" => Self::Observation,
            "HH" | "HOME" => Self::Home,
            "VR" | "VIRTUAL" => Self::Virtual,
            _ => Self::Other,
        }
    }
}

/// Two records of one visit may begin up to four hours apart.
const SAME_START_MS: i64 = 4 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

impl Mergeable for record::Encounter {
    /// Its number, and the days on which it may have begun, so that midnight does not part two records.
    fn keys<'a>(&'a self, record: &'a Record) -> Vec<Key<'a>> {
        let numbers = record.identifiers.iter().filter_map(|identifier| {
            Some((identifier.system.as_deref()?.into(), identifier.value.as_str().into(), 0))
        });
        let day = self.start.as_ref().map(|start| start.starts_ms().div_euclid(DAY_MS));
        let days = day
            .into_iter()
            .flat_map(|day| [day, day + 1])
            .map(|day| ("".into(), "day".into(), day));
        numbers.chain(days).collect()
    }

    /// The same setting and place, and starts at most four hours apart.
    fn fit(&self, other: &Self) -> Fit {
        let class = |encounter: &Self| encounter.class.as_deref().map(EncounterClass::of);
        let place = |encounter: &Self| encounter.facility.as_deref().map(fold);
        let timed = |encounter: &Self| {
            encounter
                .start
                .as_ref()
                .filter(|start| start.precision() == Precision::Instant)
                .map(FuzzyDate::starts_ms)
        };
        let near = match (timed(self), timed(other)) {
            (Some(mine), Some(theirs)) => (mine - theirs).abs() <= SAME_START_MS,
            _ => self.start.is_some() && self.start == other.start,
        };
        let same = near
            && class(self).is_some()
            && class(self) == class(other)
            && place(self).is_some()
            && place(self) == place(other);
        if same { Fit::Same } else { Fit::Different }
    }
}

fn of(fact: &Fact) -> Option<&record::Encounter> {
    match fact {
        Fact::Encounter(encounter) => Some(encounter),
        _ => None,
    }
}

fn exact(date: Option<&FuzzyDate>) -> Option<Instant> {
    date.filter(|date| date.precision() == Precision::Instant).cloned().map(Instant)
}

/// All encounters of the view, the most recent first.
pub(crate) fn read(view: &View) -> Connection<Encounter> {
    let section = view.section(Section::Encounters);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let start = reading.date("start", |encounter| encounter.start.as_ref());
        let end = reading.date("end", |encounter| encounter.end.as_ref());
        let node = Encounter {
            id: reading.id(Section::Encounters, view.person()),
            class: reading.first(|encounter| encounter.class.as_deref().map(EncounterClass::of)),
            status: reading.text("status", |encounter| encounter.status.as_ref()),
            r#type: reading.concept(|encounter| encounter.types.first()),
            start: exact(start.as_ref()),
            end: exact(end.as_ref()),
            reason: reading.concepts(|encounter| &encounter.reasons),
            facility: reading.text("facility", |encounter| encounter.facility.as_ref()),
            practitioner: reading.first(|encounter| encounter.practitioner.clone()),
            disposition: reading.concept(|encounter| encounter.disposition.as_ref()),
            provenance: reading.provenance(),
            period: (start.is_some() || end.is_some())
                .then_some(Period { start: start.clone(), end }),
        };
        Entry { place: (newest_first(start.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}
