//! The model: what any source can say, in our own words, before anything is merged.
//!
//! Sources state facts. How a fact looks to a viewer, who may see it and what it merges with is decided
//! elsewhere. Every field is optional that a source may leave out; nothing is filled in by guess.
//!
//! The serde forms have two readers. Read by people ([`schema`]) they are a public contract: names in camel case, what is
//! missing may be left out, what is unknown is refused. In postcard they are for copies that we keep ourselves, and for
//! nobody else: they change with the structs, and what another [`MODEL`](crate::MODEL) wrote must not be read.

mod clinical;
mod codes;
mod concept;
mod date;
mod death;
mod medication;
mod needed;
mod person;
mod plan;
pub mod schema;
mod service;
mod strict;
mod told;
mod weight;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use clinical::{
    Allergy, Appointment, Component, Condition, Coverage, Document, Encounter, Immunization,
    Observation, ObservationValue, Procedure, Quantity,
};
pub use codes::WITHDRAWN;
pub use concept::{Coding, Concept, systems};
pub use date::{FuzzyDate, Precision};
pub use medication::{Dosage, Fill, Medication, MedicationOrder, MedicationReport};
pub use needed::needed;
pub use person::{Address, ContactPoint, Identifier, Person, PersonName};
pub use plan::{Activity, CarePlan, CareTeam, Goal, GoalTarget, Participant, Referral};
pub use service::{ServiceLocation, ServiceRecord};
pub use told::Listener;

/// Words and codes of a chart. It holds many short ones, which are held in place (up to 23 bytes), and repeats the long
/// ones, which are shared: a copy of either costs next to nothing.
pub type Text = smol_str::SmolStr;

/// Declares the sections once, with their names and what they hold.
macro_rules! sections {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal),+ $(,)?) => {
        /// One topic of the patient view, or the directory of services.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Section {
            $($(#[doc = $doc])+ $variant),+
        }

        impl Section {
            /// Every section. Ids name a section by its place here, so new ones are added at the end.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in the schema.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it holds.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

sections! {
    /// Who the patient is and how to reach them.
    Demographics = "DEMOGRAPHICS",
    /// Problems and diagnoses.
    Conditions = "CONDITIONS",
    /// Allergies and intolerances.
    Allergies = "ALLERGIES",
    /// What was ordered, dispensed and reported.
    Medications = "MEDICATIONS",
    /// Laboratory results, vital signs, social history, surveys.
    Observations = "OBSERVATIONS",
    /// Vaccinations.
    Immunizations = "IMMUNIZATIONS",
    /// Procedures done.
    Procedures = "PROCEDURES",
    /// Visits and stays.
    Encounters = "ENCOUNTERS",
    /// Bookings.
    Appointments = "APPOINTMENTS",
    /// Documents and notes.
    Documents = "DOCUMENTS",
    /// Care plans as each source holds them.
    CarePlans = "CARE_PLANS",
    /// Goals.
    Goals = "GOALS",
    /// Who takes care of the patient.
    CareTeam = "CARE_TEAM",
    /// Referrals and orders for services.
    Referrals = "REFERRALS",
    /// Insurance.
    Coverage = "COVERAGE",
    /// Community services; not about a patient.
    Services = "SERVICES",
}

/// One thing that one source said.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// Where it stands in that source, e.g. `Condition/4711`.
    pub reference: Text,
    /// When it was written down there, as precisely as the source says.
    #[serde(default)]
    pub recorded: Option<FuzzyDate>,
    /// When the source last changed it.
    #[serde(default)]
    pub updated: Option<FuzzyDate>,
    /// Business identifiers (order number, accession, encounter number), not the technical id.
    #[serde(default)]
    pub identifiers: Vec<Identifier>,
    /// Security labels that the source put on it (HL7 confidentiality, sensitivity and handling codes).
    #[serde(default)]
    pub labels: Vec<Coding>,
    /// What it says.
    pub fact: Fact,
}

/// What a record states.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Fact {
    /// Who the patient is.
    Person(Box<Person>),
    /// A problem or diagnosis.
    Condition(Condition),
    /// An allergy, an intolerance, or the statement that there is none.
    Allergy(Allergy),
    /// A medicine that was ordered.
    Order(MedicationOrder),
    /// A medicine that somebody says is taken.
    Report(MedicationReport),
    /// A medicine that was handed out.
    Fill(Fill),
    /// A measurement, result or answer.
    Observation(Box<Observation>),
    /// A vaccination.
    Immunization(Immunization),
    /// A procedure.
    Procedure(Procedure),
    /// A visit or stay.
    Encounter(Encounter),
    /// A booking.
    Appointment(Appointment),
    /// A document.
    Document(Document),
    /// A care plan.
    CarePlan(CarePlan),
    /// A goal.
    Goal(Goal),
    /// A care team.
    CareTeam(CareTeam),
    /// A referral or an order for a service.
    Referral(Referral),
    /// Insurance cover.
    Coverage(Coverage),
}

#[cfg(test)]
#[path = "public_tests.rs"]
mod tests;
