//! Visits and bookings.

use serde::Deserialize;

use super::super::wire::{Coding, Concept, Period, Reference, date, many};
use super::{Around, Wire, concept, concepts, is_withdrawn};
use crate::record::{self, Fact, FuzzyDate};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Encounter {
    status: Option<String>,
    class: Option<Coding>,
    #[serde(rename = "type", deserialize_with = "many")]
    kind: Vec<Concept>,
    period: Option<Period>,
    #[serde(deserialize_with = "many")]
    reason_code: Vec<Concept>,
    #[serde(deserialize_with = "many")]
    participant: Vec<Attendee>,
    #[serde(deserialize_with = "many")]
    location: Vec<Place>,
    service_provider: Option<Reference>,
    hospitalization: Option<Hospitalization>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attendee {
    individual: Option<Reference>,
    actor: Option<Reference>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    location: Option<Reference>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Hospitalization {
    discharge_disposition: Option<Concept>,
}

impl Wire for Encounter {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let period = self.period.unwrap_or_default();
        let place = self.location.into_iter().find_map(|place| around.name(place.location));
        let fact = record::Encounter {
            class: self.class.and_then(|class| class.code),
            status: self.status,
            types: concepts(self.kind),
            start: period.start,
            end: period.end,
            reasons: concepts(self.reason_code),
            facility: around.name(self.service_provider).or(place),
            practitioner: self
                .participant
                .into_iter()
                .find_map(|attendee| around.name(attendee.individual)),
            disposition: concept(self.hospitalization.and_then(|stay| stay.discharge_disposition)),
        };
        (Fact::Encounter(fact), None)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "FHIR's own name")]
pub(super) struct Appointment {
    status: Option<String>,
    #[serde(deserialize_with = "many")]
    service_type: Vec<Concept>,
    appointment_type: Option<Concept>,
    #[serde(deserialize_with = "many")]
    reason_code: Vec<Concept>,
    description: Option<String>,
    #[serde(deserialize_with = "date")]
    start: Option<FuzzyDate>,
    #[serde(deserialize_with = "date")]
    end: Option<FuzzyDate>,
    #[serde(deserialize_with = "date")]
    created: Option<FuzzyDate>,
    #[serde(deserialize_with = "many")]
    participant: Vec<Attendee>,
}

impl Wire for Appointment {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let (mut practitioner, mut location) = (None, None);
        for actor in self.participant.into_iter().filter_map(|attendee| attendee.actor) {
            match actor.target().map(|(kind, _)| kind) {
                Some("Location") => location = location.or(around.name(Some(actor))),
                Some("Practitioner" | "PractitionerRole") => {
                    practitioner = practitioner.or(around.name(Some(actor)));
                }
                _ => {}
            }
        }
        let fact = record::Appointment {
            status: self.status,
            service: concepts(self.service_type)
                .into_iter()
                .next()
                .or(concept(self.appointment_type)),
            start: self.start,
            end: self.end,
            reasons: concepts(self.reason_code),
            practitioner,
            location,
            description: self.description,
        };
        (Fact::Appointment(fact), self.created)
    }
}
