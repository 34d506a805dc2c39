//! The patient: the list of all that the view can show.

use std::sync::Arc;

use super::access_log::{self, LogPages, PatientAccess};
use super::allergies::{self, Allergy};
use super::appointments::{self, Appointment};
use super::care_plans::{self, CarePlan};
use super::care_team::{self, CareTeamMember};
use super::completeness::SourceStatus;
use super::concept::Concept;
use super::conditions::{self, Condition};
use super::connection::{Connection, item};
use super::coverage::{self, Coverage};
use super::day::Day;
use super::documents::{self, Document};
use super::encounters::{self, Encounter};
use super::gate::{AnyObject, Id, Needs, Object as _, Serial, object};
use super::goals::{self, Goal};
use super::id::{GlobalId, RecordHash};
use super::immunizations::{self, Immunization};
use super::links::{self, PatientLink};
use super::medications::{self, Medication};
use super::node::{Thing as _, find};
use super::observations::{self, Observation};
use super::paging::PAGING;
use super::person::{
    self, Address, AdministrativeSex, ContactPoint, Demographics, Identifier, PersonName,
};
use super::procedures::{self, Procedure};
use super::provenance::Provenance;
use super::referrals::{self, Referral};
use super::snapshot::View;
use crate::access::{AccessMask, ClassSet, FieldClass};
use crate::gather::Fleet;
use crate::identity::PersonId;
use caregraph_connectors::record::{FuzzyDate, Section};

/// A patient as one viewer may see them.
pub(crate) struct Patient {
    chart: Arc<Chart>,
    /// Set when the chart was shown before.
    is_known: bool,
    access_log: LogPages,
}

/// What the sources say of a patient, merged. Only the sections that were asked for hold anything.
pub(crate) struct Chart {
    serial: Serial,
    /// What the viewer may not see of this patient.
    hidden: ClassSet,
    person: PersonId,
    id: Id,
    who: Demographics,
    links: Vec<PatientLink>,
    conditions: Connection<Condition>,
    allergies: Connection<Allergy>,
    medications: Connection<Medication>,
    observations: Connection<Observation>,
    immunizations: Connection<Immunization>,
    procedures: Connection<Procedure>,
    encounters: Connection<Encounter>,
    appointments: Connection<Appointment>,
    documents: Connection<Document>,
    care_plans: Connection<CarePlan>,
    goals: Connection<Goal>,
    care_team: Option<Vec<CareTeamMember>>,
    referrals: Connection<Referral>,
    coverage: Option<Vec<Coverage>>,
    sources: Vec<SourceStatus>,
}

impl Chart {
    /// Merges the sections of a view.
    pub(crate) fn of(view: &View, fleet: &Fleet) -> Self {
        Self {
            serial: Serial::next(),
            hidden: view.hidden(),
            person: view.person(),
            id: GlobalId::Patient(view.person()).encode(),
            who: person::read(view),
            links: links::read(view.identity(), fleet),
            conditions: conditions::read(view),
            allergies: allergies::read(view),
            medications: medications::read(view),
            observations: observations::read(view),
            immunizations: immunizations::read(view),
            procedures: procedures::read(view),
            encounters: encounters::read(view),
            appointments: appointments::read(view),
            documents: documents::read(view),
            care_plans: care_plans::read(view),
            goals: goals::read(view),
            care_team: care_team::read(view),
            referrals: referrals::read(view),
            coverage: coverage::read(view),
            sources: view.summary().to_vec(),
        }
    }
}

impl Patient {
    /// Shows a chart.
    pub(crate) fn of(chart: Arc<Chart>) -> Self {
        Self { chart, is_known: false, access_log: LogPages::new() }
    }

    /// Shows a chart that was shown before.
    pub(crate) fn again(chart: Arc<Chart>) -> Self {
        Self { is_known: true, ..Self::of(chart) }
    }

    /// The chart's number, if it was shown before.
    pub(crate) fn known(&self) -> Option<Serial> {
        self.is_known.then_some(self.chart.serial)
    }

    /// With the pages of their log that the query asks for.
    pub(crate) fn with_log(self, access_log: LogPages) -> Self {
        Self { access_log, ..self }
    }
}

impl Patient {
    /// The thing of a section that has a contributor of that name.
    pub(crate) fn part(&self, section: Section, hash: &RecordHash) -> Option<&dyn AnyObject> {
        let chart = &*self.chart;
        match section {
            Section::Conditions => find(&chart.conditions, hash),
            Section::Allergies => find(&chart.allergies, hash),
            Section::Medications => find(&chart.medications, hash),
            Section::Observations => find(&chart.observations, hash),
            Section::Immunizations => find(&chart.immunizations, hash),
            Section::Procedures => find(&chart.procedures, hash),
            Section::Encounters => find(&chart.encounters, hash),
            Section::Appointments => find(&chart.appointments, hash),
            Section::Documents => find(&chart.documents, hash),
            Section::CarePlans => find(&chart.care_plans, hash),
            Section::Goals => find(&chart.goals, hash),
            Section::Referrals => find(&chart.referrals, hash),
            Section::CareTeam => {
                let id = GlobalId::Thing(section, chart.person, *hash).encode();
                let mut members = chart.care_team.iter().flatten();
                members
                    .find(|member| member.id == id || member.sits_at(hash))
                    .map(|member| member as &dyn AnyObject)
            }
            Section::Coverage => {
                let mut covers = chart.coverage.iter().flatten();
                covers.find(|cover| cover.is_named(hash)).map(|cover| cover as &dyn AnyObject)
            }
            Section::Demographics | Section::Services => None,
        }
    }

    /// True when the mask lets a section be seen: when it allows the patient's first field that needs the section. A
    /// section that no field needs is seen by nobody.
    pub(crate) fn shows(section: Section, mask: &AccessMask) -> bool {
        let mut fields =
            Self::meta().fields.iter().filter(|field| field.needs == Needs::Section(section));
        fields.any(|field| mask.allows(field.class))
    }

    /// The class of a section as a whole.
    pub(crate) fn class_of(section: Section) -> FieldClass {
        let mut fields = Self::meta().fields.iter();
        let field = fields.find(|field| field.needs == Needs::Section(section));
        field.map_or(FieldClass::Public, |field| field.class)
    }

    /// The link of that id.
    pub(crate) fn link(&self, id: &GlobalId) -> Option<&PatientLink> {
        let id = id.encode();
        self.chart.links.iter().find(|link| link.id == id)
    }
}

object! {
    /// One person, as all systems together know them.
    impl Patient in ["Node"], hides |it| (it.chart.hidden) {
        /// Opaque and stable.
        id: Id, Inherit => |it, _field| it.chart.id;
        /// Name, as the source that knows the patient best has it.
        name: Option<PersonName>, Name, needs Demographics => |it, _field| it.chart.who.name;
        /// How old the patient is, as in `70-79`; children as `0-12` and `13-17`, the oldest as `90+`.
        age_band: Option<String>, AgeBand, needs Demographics => |it, _field| it.chart.who.age_band;
        /// Birth date, when the full day is known.
        birth_date: Option<Day>, Identity, needs Demographics => |it, _field| it.chart.who.birth_date;
        /// Birth date, as precisely as it is known.
        born: Option<FuzzyDate>, Identity, needs Demographics => |it, _field| it.chart.who.born;
        /// Administrative sex.
        sex: Option<AdministrativeSex>, Identity, needs Demographics => |it, _field| it.chart.who.sex;
        /// When the patient died, if a source knows when.
        deceased: Option<FuzzyDate>, Identity, needs Demographics => |it, _field| it.chart.who.deceased;
        /// True when a source says that the patient has died.
        is_deceased: Option<bool>, Identity, needs Demographics => |it, _field| it.chart.who.is_deceased;
        /// Languages, the preferred one first.
        languages: Option<Vec<Concept>>, Identity, needs Demographics => |it, _field| it.chart.who.languages;
        /// Addresses of all sources.
        addresses: Option<Vec<Address>>, Contact, needs Demographics => |it, _field| it.chart.who.addresses;
        /// Telephone numbers and e-mail addresses of all sources.
        telecom: Option<Vec<ContactPoint>>, Contact, needs Demographics => |it, _field| it.chart.who.telecom;
        /// Identifiers of all sources.
        identifiers: Option<Vec<Identifier>>, Identifiers, needs Demographics => |it, _field| it.chart.who.identifiers;
        /// Where name, birth date, sex and contact come from, and where sources disagree on them.
        provenance: Option<Provenance>, Identity, needs Demographics => |it, _field| it.chart.who.provenance;
        /// The record of this person in each source, and why we believe it.
        links: Vec<PatientLink>, Links => |it, _field| it.chart.links;
        /// Problems and diagnoses.
        conditions: Connection<Condition>, Conditions, needs Conditions, args PAGING => |it, _field| it.chart.conditions;
        /// Allergies and intolerances.
        allergies: Connection<Allergy>, Allergies, needs Allergies, args PAGING => |it, _field| it.chart.allergies;
        /// Medicines, one row a clinical drug.
        medications: Connection<Medication>, Medications, needs Medications, args PAGING => |it, _field| it.chart.medications;
        /// Measurements, results and answers.
        observations: Connection<Observation>, Observations, needs Observations, args observations::ARGS => |it, field| {
            observations::filtered(&it.chart.observations, &field.args)
        };
        /// Vaccinations.
        immunizations: Connection<Immunization>, Immunizations, needs Immunizations, args PAGING => |it, _field| it.chart.immunizations;
        /// Procedures.
        procedures: Connection<Procedure>, Procedures, needs Procedures, args PAGING => |it, _field| it.chart.procedures;
        /// Visits and stays.
        encounters: Connection<Encounter>, Encounters, needs Encounters, args PAGING => |it, _field| it.chart.encounters;
        /// Bookings.
        appointments: Connection<Appointment>, Appointments, needs Appointments, args PAGING => |it, _field| it.chart.appointments;
        /// Documents and notes.
        documents: Connection<Document>, Documents, needs Documents, args PAGING => |it, _field| it.chart.documents;
        /// Care plans, as each source holds them.
        care_plans: Connection<CarePlan>, CarePlans, needs CarePlans, args PAGING => |it, _field| it.chart.care_plans;
        /// Goals.
        goals: Connection<Goal>, CarePlans, needs Goals, args PAGING => |it, _field| it.chart.goals;
        /// Who takes care of the patient; null when no source could say.
        care_team: Option<Vec<CareTeamMember>>, CareTeam, needs CareTeam => |it, _field| it.chart.care_team;
        /// Referrals and orders for services.
        referrals: Connection<Referral>, Referrals, needs Referrals, args PAGING => |it, _field| it.chart.referrals;
        /// Insurance; null when no source could say.
        coverage: Option<Vec<Coverage>>, Coverage, needs Coverage => |it, _field| it.chart.coverage;
        /// How each source stands for this patient, in this answer.
        sources: Vec<SourceStatus>, SourceStatus, needs AnySection => |it, _field| it.chart.sources;
        /// Who looked at this patient's data, and when, the newest first.
        access_log: Connection<PatientAccess>, AccessLog, needs Log, args PAGING => |it, field| {
            access_log::page(&it.access_log, &field.args)
        };
    }
}
item!(Patient, paged_elsewhere);
