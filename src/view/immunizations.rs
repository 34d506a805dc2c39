//! Vaccinations.

use super::concept::Concept;
use super::connection::{Connection, Entry, item};
use super::gate::{Id, object};
use super::merge::{Fit, Key, Mergeable, claims, concept_keys, merge, same_concept};
use super::paging::newest_first;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Precision, Record, Section};

object! {
    /// A vaccination, or the statement that one was not given.
    struct Immunization in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// Which vaccine.
        vaccine: Option<Concept>, Immunizations;
        /// HL7 status: completed, not-done.
        status: Option<String>, Immunizations;
        /// When it was given.
        given: Option<FuzzyDate>, Immunizations;
        /// Lot number.
        lot: Option<String>, Immunizations;
        /// Which dose of the series.
        dose: Option<String>, Immunizations;
        /// Who gave it.
        performer: Option<String>, Immunizations;
        /// Why it was not given.
        status_reason: Option<Concept>, Immunizations;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Immunization);

const DAY_MS: i64 = 86_400_000;

impl Mergeable for record::Immunization {
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        concept_keys(self.vaccine.as_ref(), 0)
    }

    /// The same vaccine on the same day or the next; one without a date joins if it can mean only one. What was not
    /// done is never what was done.
    fn fit(&self, other: &Self) -> Fit {
        let not_done = |immunization: &Self| immunization.status.as_deref() == Some("not-done");
        if not_done(self) != not_done(other)
            || !same_concept(self.vaccine.as_ref(), other.vaccine.as_ref())
        {
            return Fit::Different;
        }
        match (&self.given, &other.given) {
            (None, None) => Fit::Same,
            (None, Some(_)) => Fit::Vague,
            (Some(mine), Some(theirs))
                if mine.precision() >= Precision::Day && theirs.precision() >= Precision::Day =>
            {
                if (mine.starts_ms() - theirs.starts_ms()).abs() <= DAY_MS {
                    Fit::Same
                } else {
                    Fit::Different
                }
            }
            (Some(mine), Some(theirs)) if mine == theirs => Fit::Same,
            (Some(mine), Some(theirs))
                if mine.agrees_with(theirs) && mine.precision() < theirs.precision() =>
            {
                Fit::Vague
            }
            _ => Fit::Different,
        }
    }
}

fn of(fact: &Fact) -> Option<&record::Immunization> {
    match fact {
        Fact::Immunization(immunization) => Some(immunization),
        _ => None,
    }
}

/// All vaccinations of the view, the most recent first.
pub(crate) fn read(view: &View) -> Connection<Immunization> {
    let section = view.section(Section::Immunizations);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let node = Immunization {
            id: reading.id(Section::Immunizations, view.person()),
            vaccine: reading.concept(|immunization| immunization.vaccine.as_ref()),
            status: reading.text("status", |immunization| immunization.status.as_ref()),
            given: reading.date("given", |immunization| immunization.given.as_ref()),
            lot: reading.text("lot", |immunization| immunization.lot.as_ref()),
            dose: reading.text("dose", |immunization| immunization.dose.as_ref()),
            performer: reading.first(|immunization| immunization.performer.clone()),
            status_reason: reading.concept(|immunization| immunization.status_reason.as_ref()),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.given.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}
