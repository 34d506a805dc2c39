//! Conditions, allergies, vaccinations, procedures and documents.

use serde::Deserialize;

use super::super::wire::{Concept, Period, Quantity, Range, Reference, date, many};
use super::{Around, Wire, concept, concepts, is_withdrawn};
use crate::record::{self, Fact, FuzzyDate};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Condition {
    clinical_status: Option<Concept>,
    verification_status: Option<Concept>,
    #[serde(deserialize_with = "many")]
    category: Vec<Concept>,
    severity: Option<Concept>,
    code: Option<Concept>,
    #[serde(deserialize_with = "date")]
    onset_date_time: Option<FuzzyDate>,
    onset_period: Option<Period>,
    #[serde(deserialize_with = "date")]
    abatement_date_time: Option<FuzzyDate>,
    abatement_period: Option<Period>,
    #[serde(deserialize_with = "date")]
    recorded_date: Option<FuzzyDate>,
}

impl Wire for Condition {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.verification_status.as_ref().and_then(Concept::code))
    }

    fn state(self, _: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let fact = record::Condition {
            code: concept(self.code),
            clinical_status: self.clinical_status.and_then(Concept::into_code),
            verification: self.verification_status.and_then(Concept::into_code),
            categories: concepts(self.category),
            onset: self.onset_date_time.or_else(|| self.onset_period?.start),
            abatement: self.abatement_date_time.or_else(|| {
                let period = self.abatement_period?;
                period.end.or(period.start)
            }),
            severity: concept(self.severity),
        };
        (Fact::Condition(fact), self.recorded_date)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AllergyIntolerance {
    clinical_status: Option<Concept>,
    verification_status: Option<Concept>,
    #[serde(deserialize_with = "many")]
    category: Vec<String>,
    criticality: Option<String>,
    code: Option<Concept>,
    #[serde(deserialize_with = "date")]
    onset_date_time: Option<FuzzyDate>,
    #[serde(deserialize_with = "date")]
    recorded_date: Option<FuzzyDate>,
    #[serde(deserialize_with = "many")]
    reaction: Vec<Reaction>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reaction {
    substance: Option<Concept>,
    #[serde(deserialize_with = "many")]
    manifestation: Vec<Concept>,
    description: Option<String>,
}

impl Wire for AllergyIntolerance {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.verification_status.as_ref().and_then(Concept::code))
    }

    fn state(mut self, _: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        // Older records name the substance in the reaction alone.
        let of_reaction = self.reaction.iter_mut().find_map(|reaction| reaction.substance.take());
        let reactions = self.reaction.into_iter().flat_map(|reaction| {
            let described = reaction.description.map(record::Concept::of_text);
            let manifest = concepts(reaction.manifestation);
            if manifest.is_empty() { described.into_iter().collect() } else { manifest }
        });
        let fact = record::Allergy {
            reactions: reactions.collect(),
            substance: concept(self.code.or(of_reaction)),
            clinical_status: self.clinical_status.and_then(Concept::into_code),
            verification: self.verification_status.and_then(Concept::into_code),
            criticality: self.criticality,
            categories: self.category,
            onset: self.onset_date_time,
        };
        (Fact::Allergy(fact), self.recorded_date)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Immunization {
    status: Option<String>,
    status_reason: Option<Concept>,
    vaccine_code: Option<Concept>,
    #[serde(deserialize_with = "date")]
    occurrence_date_time: Option<FuzzyDate>,
    occurrence_string: Option<String>,
    #[serde(deserialize_with = "date")]
    recorded: Option<FuzzyDate>,
    lot_number: Option<String>,
    #[serde(deserialize_with = "many")]
    performer: Vec<Performer>,
    #[serde(deserialize_with = "many")]
    protocol_applied: Vec<Protocol>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Performer {
    actor: Option<Reference>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Protocol {
    dose_number_positive_int: Option<u32>,
    dose_number_string: Option<String>,
}

impl Wire for Immunization {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let dose = self.protocol_applied.into_iter().find_map(|protocol| {
            protocol.dose_number_string.or(protocol.dose_number_positive_int.map(|n| n.to_string()))
        });
        let fact = record::Immunization {
            vaccine: concept(self.vaccine_code),
            status: self.status,
            given: self.occurrence_date_time.or_else(|| FuzzyDate::parse(&self.occurrence_string?)),
            lot: self.lot_number,
            dose,
            performer: self
                .performer
                .into_iter()
                .find_map(|performer| around.name(performer.actor)),
            status_reason: concept(self.status_reason),
        };
        (Fact::Immunization(fact), self.recorded)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Procedure {
    status: Option<String>,
    code: Option<Concept>,
    #[serde(deserialize_with = "date")]
    performed_date_time: Option<FuzzyDate>,
    performed_period: Option<Period>,
    #[serde(deserialize_with = "many")]
    performer: Vec<Performer>,
    #[serde(deserialize_with = "many")]
    reason_code: Vec<Concept>,
    #[serde(deserialize_with = "many")]
    body_site: Vec<Concept>,
    outcome: Option<Concept>,
}

impl Wire for Procedure {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let period = self.performed_period.unwrap_or_default();
        let fact = record::Procedure {
            code: concept(self.code),
            status: self.status,
            start: self.performed_date_time.or(period.start),
            end: period.end,
            reasons: concepts(self.reason_code),
            performer: self
                .performer
                .into_iter()
                .find_map(|performer| around.name(performer.actor)),
            body_site: concepts(self.body_site).into_iter().next(),
            outcome: concept(self.outcome),
        };
        (Fact::Procedure(fact), None)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DocumentReference {
    status: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Concept>,
    #[serde(deserialize_with = "date")]
    date: Option<FuzzyDate>,
    #[serde(deserialize_with = "many")]
    author: Vec<Reference>,
    description: Option<String>,
    #[serde(deserialize_with = "many")]
    content: Vec<Content>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    attachment: Attachment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Attachment {
    content_type: Option<String>,
    data: Option<String>,
    hash: Option<String>,
    title: Option<String>,
    #[serde(deserialize_with = "date")]
    creation: Option<FuzzyDate>,
}

impl Wire for DocumentReference {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let attachment = self.content.into_iter().next().unwrap_or_default().attachment;
        let fact = record::Document {
            kind: concept(self.kind),
            status: self.status,
            date: self.date.clone().or(attachment.creation),
            authors: self
                .author
                .into_iter()
                .filter_map(|author| around.name(Some(author)))
                .collect(),
            title: attachment.title.or(self.description),
            text: plain_text(attachment.content_type.as_deref(), attachment.data.as_deref()),
            content_type: attachment.content_type,
            hash: attachment.hash,
        };
        (Fact::Document(fact), self.date)
    }
}

/// The content, when it came along and is plain text; other formats are not turned into text by guess.
fn plain_text(content_type: Option<&str>, data: Option<&str>) -> Option<String> {
    use base64::Engine as _;
    if !content_type?.starts_with("text/plain") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(data?.trim()).ok()?;
    String::from_utf8(bytes).ok()
}

/// The shape of a range or a quantity, for callers that only need its words.
pub(super) fn words(quantity: Option<&Quantity>, range: Option<&Range>) -> Option<String> {
    quantity.and_then(Quantity::words).or_else(|| range.and_then(Range::words))
}
