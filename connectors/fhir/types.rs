//! The one table of resource types.

use super::map::{Wire, clinical, drug, observation, person, plan, visit};
use super::page::Page;
use crate::connector::Problem;
use crate::record::Section;

/// A resource type that is asked for.
#[derive(Debug)]
pub(super) struct ResourceType {
    pub(super) name: &'static str,
    /// The section that it fills.
    pub(super) section: Section,
    /// Reads a page of it.
    pub(super) read: fn(&[u8]) -> Result<Page, Problem>,
}

const fn of<T: Wire>(section: Section) -> ResourceType {
    ResourceType { name: T::TYPE, section, read: Page::read::<T> }
}

/// Every resource type that is asked for.
pub(super) static TYPES: [ResourceType; 17] = [
    of::<person::Patient>(Section::Demographics),
    of::<clinical::Condition>(Section::Conditions),
    of::<clinical::AllergyIntolerance>(Section::Allergies),
    of::<drug::MedicationRequest>(Section::Medications),
    of::<drug::MedicationStatement>(Section::Medications),
    of::<drug::MedicationDispense>(Section::Medications),
    of::<observation::Observation>(Section::Observations),
    of::<clinical::Immunization>(Section::Immunizations),
    of::<clinical::Procedure>(Section::Procedures),
    of::<visit::Encounter>(Section::Encounters),
    of::<visit::Appointment>(Section::Appointments),
    of::<clinical::DocumentReference>(Section::Documents),
    of::<plan::CarePlan>(Section::CarePlans),
    of::<plan::Goal>(Section::Goals),
    of::<plan::CareTeam>(Section::CareTeam),
    of::<plan::ServiceRequest>(Section::Referrals),
    of::<plan::Coverage>(Section::Coverage),
];

/// Medicines that others point to: whatever type a page is read for, they are taken along.
pub(super) static MEDICATION: ResourceType =
    ResourceType { name: "Medication", ..of::<drug::MedicationRequest>(Section::Medications) };

/// The sections that FHIR can fill.
pub(super) fn sections() -> impl Iterator<Item = Section> {
    Section::ALL.iter().copied().filter(|section| TYPES.iter().any(|kind| kind.section == *section))
}

/// The names of all types that are ever asked for.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TYPES.iter().chain([&MEDICATION]).map(|kind| kind.name)
}
