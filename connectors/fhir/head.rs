//! What every resource carries, whatever its type: read once, before anything else of it is looked at.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde_json::value::RawValue;

use super::wire::{Identifier, Meta, Reference, many};

/// The part of a resource that does not depend on its type.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Head {
    pub(super) resource_type: String,
    pub(super) id: Option<String>,
    pub(super) meta: Meta,
    #[serde(deserialize_with = "identifiers")]
    pub(super) identifier: Vec<Identifier>,
    #[serde(deserialize_with = "many")]
    pub(super) contained: Vec<Box<RawValue>>,
    subject: Option<Reference>,
    patient: Option<Reference>,
    beneficiary: Option<Reference>,
    medication_reference: Option<Reference>,
    #[serde(deserialize_with = "many")]
    participant: Vec<Attendee>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attendee {
    actor: Option<Reference>,
}

impl Head {
    /// The id of the medicine that the resource points to, when it stands in a resource of its own.
    pub(super) fn medication(&self) -> Option<&str> {
        let (kind, id) = self.medication_reference.as_ref()?.target()?;
        (kind == "Medication").then_some(id)
    }

    /// Whom the resource names as the patient whom it is about; an appointment may name several people.
    pub(super) fn owners(&self) -> impl Iterator<Item = &Reference> {
        let attendees: &[Attendee] =
            if self.resource_type == "Appointment" { &self.participant } else { &[] };
        let named = match self.resource_type.as_str() {
            "Appointment" => None,
            "Coverage" => self.beneficiary.as_ref(),
            "AllergyIntolerance" | "Immunization" => self.patient.as_ref(),
            _ => self.subject.as_ref(),
        };
        named.into_iter().chain(attendees.iter().filter_map(|attendee| attendee.actor.as_ref()))
    }
}

/// Identifiers are a list in most resources and a single object in a few.
fn identifiers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Identifier>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<Identifier>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an identifier or a list of them")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_map<A: MapAccess<'de>>(self, one: A) -> Result<Self::Value, A::Error> {
            Ok(vec![Identifier::deserialize(MapAccessDeserializer::new(one))?])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element::<Option<Identifier>>()? {
                list.extend(item);
            }
            Ok(list)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}
