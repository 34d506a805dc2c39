//! From one FHIR resource to one record. Pure functions; each resource's wire struct is private to its file.

mod clinical;
mod drug;
mod observation;
pub(super) mod person;
mod plan;
mod visit;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::medication::Medications;
use super::search::Resource;
use super::wire::{Concept, Identifier, Reference};
use crate::record::{self, Fact, FuzzyDate, Record};

/// A wire struct that can be read as a fact.
trait Wire: DeserializeOwned {
    /// True when the source has withdrawn it (`entered-in-error`).
    fn withdrawn(&self) -> bool;
    /// What it states, and when that was written down.
    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>);
}

/// What a resource's facts may refer to.
struct Around<'a> {
    contained: &'a [Box<RawValue>],
    medications: &'a Medications,
}

/// Reads a resource: `Ok(None)` when its source withdrew it, `Err` when it cannot be read.
pub(super) fn record(
    kind: &str,
    resource: &Resource,
    medications: &Medications,
) -> Result<Option<Record>, ()> {
    match kind {
        "Patient" => read::<person::Patient>(resource, medications),
        "Condition" => read::<clinical::Condition>(resource, medications),
        "AllergyIntolerance" => read::<clinical::AllergyIntolerance>(resource, medications),
        "Immunization" => read::<clinical::Immunization>(resource, medications),
        "Procedure" => read::<clinical::Procedure>(resource, medications),
        "DocumentReference" => read::<clinical::DocumentReference>(resource, medications),
        "MedicationRequest" => read::<drug::MedicationRequest>(resource, medications),
        "MedicationStatement" => read::<drug::MedicationStatement>(resource, medications),
        "MedicationDispense" => read::<drug::MedicationDispense>(resource, medications),
        "Observation" => read::<observation::Observation>(resource, medications),
        "Encounter" => read::<visit::Encounter>(resource, medications),
        "Appointment" => read::<visit::Appointment>(resource, medications),
        "CarePlan" => read::<plan::CarePlan>(resource, medications),
        "Goal" => read::<plan::Goal>(resource, medications),
        "CareTeam" => read::<plan::CareTeam>(resource, medications),
        "ServiceRequest" => read::<plan::ServiceRequest>(resource, medications),
        "Coverage" => read::<plan::Coverage>(resource, medications),
        _ => Err(()),
    }
}

fn read<T: Wire>(resource: &Resource, medications: &Medications) -> Result<Option<Record>, ()> {
    // Text that is checked as a whole need not be checked string by string.
    let text = std::str::from_utf8(&resource.json).map_err(drop)?;
    let wire: T = serde_json::from_str(text).map_err(drop)?;
    if wire.withdrawn() {
        return Ok(None);
    }
    let head = &resource.head;
    let (fact, recorded) = wire.state(&Around { contained: &head.contained, medications });
    Ok(Some(Record {
        reference: resource.reference.clone(),
        recorded,
        updated: head.meta.last_updated.clone(),
        identifiers: head.identifier.iter().filter_map(Identifier::to_record).collect(),
        labels: head.meta.security.iter().map(Into::into).collect(),
        fact,
    }))
}

/// True for the status by which a source withdraws a record.
fn is_withdrawn(status: Option<&str>) -> bool {
    status == Some("entered-in-error")
}

fn concepts(list: Vec<Concept>) -> Vec<record::Concept> {
    list.into_iter()
        .map(Into::into)
        .filter(|concept: &record::Concept| !concept.is_empty())
        .collect()
}

fn concept(concept: Option<Concept>) -> Option<record::Concept> {
    concept.map(Into::into).filter(|concept: &record::Concept| !concept.is_empty())
}

/// A contained resource's name, as far as people and organisations have one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    id: Option<String>,
    name: Option<Box<RawValue>>,
}

impl Around<'_> {
    /// The name of whom a reference points to: the words beside it, else the contained resource's own name.
    fn name(&self, reference: Option<Reference>) -> Option<String> {
        let reference = reference?;
        if let Some(display) = reference.display.filter(|display| !display.trim().is_empty()) {
            return Some(display);
        }
        if let Some(id) =
            reference.reference.as_deref().and_then(|reference| reference.strip_prefix('#'))
        {
            return self.contained_name(id);
        }
        let identifier = reference.identifier?.to_record()?;
        Some(identifier.value)
    }

    fn contained_name(&self, id: &str) -> Option<String> {
        let named = self
            .contained
            .iter()
            .filter_map(|json| serde_json::from_str::<Named>(json.get()).ok())
            .find(|named| named.id.as_deref() == Some(id))?;
        let name = named.name?;
        if let Ok(text) = serde_json::from_str::<String>(name.get()) {
            return Some(text);
        }
        serde_json::from_str::<Vec<person::HumanName>>(name.get())
            .ok()?
            .into_iter()
            .find_map(|name| record::PersonName::from(name).display())
    }
}

#[cfg(test)]
mod tests;
