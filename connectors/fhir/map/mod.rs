//! From one FHIR resource to one record. Pure functions; each resource's wire struct is private to its file.

pub(super) mod clinical;
pub(super) mod drug;
pub(super) mod observation;
pub(super) mod person;
pub(super) mod plan;
pub(super) mod visit;

use std::any::Any;
use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::medication::Medications;
use super::resource::{Head, Resource};
use super::search::Match;
use super::wire::{self, Concept, Identifier, Reference};
use crate::connector::LocalId;
use crate::record::{self, Fact, FuzzyDate, Record, Text};

/// A wire struct: what is read of one resource type.
pub(super) trait Wire: DeserializeOwned + fmt::Debug + Send + Sync + 'static {
    /// The name of the type.
    const TYPE: &'static str;

    /// Whom it names as the patient whom it is about.
    fn owners(&self) -> impl Iterator<Item = &Reference>;

    /// The medicine that it points to.
    fn medication(&self) -> Option<&Reference> {
        None
    }

    /// True when the source has withdrawn it (`entered-in-error`).
    fn withdrawn(&self) -> bool;

    /// What it states, and when that was written down.
    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>);
}

/// A wire struct of any type.
pub(super) trait Stated: Any + fmt::Debug + Send + Sync {
    /// The first owner whom `known` recognises.
    fn owner<'a>(&self, known: OwnerLookup<'_, 'a>) -> Option<&'a LocalId>;
    /// [`Wire::medication`].
    fn medication(&self) -> Option<&Reference>;
    /// [`Wire::withdrawn`].
    fn withdrawn(&self) -> bool;
    /// [`Wire::state`].
    fn state(self: Box<Self>, around: &Around<'_>) -> (Fact, Option<FuzzyDate>);
}

/// Tells which of the asked patients a reference means.
type OwnerLookup<'l, 'a> = &'l dyn Fn(&Reference) -> Option<&'a LocalId>;

impl<T: Wire> Stated for T {
    fn owner<'a>(&self, known: OwnerLookup<'_, 'a>) -> Option<&'a LocalId> {
        self.owners().find_map(known)
    }
    fn medication(&self) -> Option<&Reference> {
        Wire::medication(self)
    }
    fn withdrawn(&self) -> bool {
        Wire::withdrawn(self)
    }
    fn state(self: Box<Self>, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        Wire::state(*self, around)
    }
}

/// What a resource's facts may refer to.
pub(super) struct Around<'a> {
    head: &'a Head,
    medications: &'a Medications,
}

/// What a resource says; nothing when its source withdrew it.
pub(super) fn record(found: Match, medications: &Medications) -> Option<Record> {
    let Match { reference, resource: Resource { head, body }, .. } = found;
    if body.withdrawn() {
        return None;
    }
    let (fact, recorded) = body.state(&Around { head: &head, medications });
    Some(Record {
        reference,
        recorded,
        updated: head.meta.last_updated,
        identifiers: head.identifier.iter().filter_map(Identifier::to_record).collect(),
        labels: head.meta.security.into_iter().map(Into::into).collect(),
        fact,
    })
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

fn concept(concept: Option<impl Into<record::Concept>>) -> Option<record::Concept> {
    concept.map(Into::into).filter(|concept: &record::Concept| !concept.is_empty())
}

/// A contained resource's name, as far as people and organisations have one.
#[derive(Debug, Default, Deserialize)]
struct Named {
    name: Option<Box<RawValue>>,
}

impl Around<'_> {
    /// The resources that stand within this one.
    fn contained(&self) -> &[Box<RawValue>] {
        &self.head.contained
    }

    /// The name of whom a reference points to: the words beside it, else the contained resource's own name.
    fn name(&self, reference: Option<Reference>) -> Option<Text> {
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

    fn contained_name(&self, id: &str) -> Option<Text> {
        let named = wire::contained::<Named>(self.contained(), id)?;
        let name = named.name?;
        if let Ok(text) = serde_json::from_str::<Text>(name.get()) {
            return Some(text);
        }
        serde_json::from_str::<Vec<person::HumanName>>(name.get())
            .ok()?
            .into_iter()
            .find_map(|name| record::PersonName::from(name).display())
            .map(Into::into)
    }
}

#[cfg(test)]
mod tests;
