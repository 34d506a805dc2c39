//! The model: what any source can say, in our own words, before anything is merged.
//!
//! Sources state facts. How a fact looks to a viewer, who may see it and what it merges with is decided
//! elsewhere. Every field is optional that a source may leave out; nothing is filled in by guess.

mod clinical;
mod concept;
mod date;
mod medication;
mod person;
mod plan;
mod service;

pub use clinical::{
    Allergy, Appointment, Component, Condition, Coverage, Document, Encounter, Immunization,
    Observation, ObservationValue, Procedure, Quantity,
};
pub use concept::{Coding, Concept, systems};
pub use date::{FuzzyDate, Precision};
pub use medication::{Dosage, Fill, Medication, MedicationOrder, MedicationReport};
pub use person::{Address, ContactPoint, Identifier, Person, PersonName};
pub use plan::{Activity, CarePlan, CareTeam, Goal, GoalTarget, Participant, Referral};
pub use service::{ServiceLocation, ServiceRecord};

/// One topic of the patient view, or the directory of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Who the patient is and how to reach them.
    Demographics,
    /// Problems and diagnoses.
    Conditions,
    /// Allergies and intolerances.
    Allergies,
    /// What was ordered, dispensed and reported.
    Medications,
    /// Laboratory results, vital signs, social history, surveys.
    Observations,
    /// Vaccinations.
    Immunizations,
    /// Procedures done.
    Procedures,
    /// Visits and stays.
    Encounters,
    /// Bookings.
    Appointments,
    /// Documents and notes.
    Documents,
    /// Care plans as each source holds them.
    CarePlans,
    /// Goals.
    Goals,
    /// Who takes care of the patient.
    CareTeam,
    /// Referrals and orders for services.
    Referrals,
    /// Insurance.
    Coverage,
    /// Community services; not about a patient.
    Services,
}

impl Section {
    /// Every section, in the order of the patient view.
    pub const ALL: [Self; 16] = [
        Self::Demographics,
        Self::Conditions,
        Self::Allergies,
        Self::Medications,
        Self::Observations,
        Self::Immunizations,
        Self::Procedures,
        Self::Encounters,
        Self::Appointments,
        Self::Documents,
        Self::CarePlans,
        Self::Goals,
        Self::CareTeam,
        Self::Referrals,
        Self::Coverage,
        Self::Services,
    ];
}

/// One thing that one source said.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where it stands in that source, e.g. `Condition/4711`.
    pub reference: String,
    /// When it was written down there, as precisely as the source says.
    pub recorded: Option<FuzzyDate>,
    /// When the source last changed it.
    pub updated: Option<FuzzyDate>,
    /// Business identifiers (order number, accession, encounter number), not the technical id.
    pub identifiers: Vec<Identifier>,
    /// Security labels that the source put on it (HL7 confidentiality, sensitivity and handling codes).
    pub labels: Vec<Coding>,
    /// What it says.
    pub fact: Fact,
}

/// What a record states.
#[derive(Clone, Debug)]
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
