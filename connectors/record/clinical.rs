//! Clinical facts, one struct a topic. Field names are the wards' words; values are as the source said them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Concept, FuzzyDate, Text};

/// A problem or diagnosis.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Condition {
    /// What it is.
    pub code: Option<Concept>,
    /// HL7 condition-clinical code: `active`, `recurrence`, `relapse`, `inactive`, `remission`, `resolved`.
    pub clinical_status: Option<Text>,
    /// HL7 condition-ver-status code: `confirmed`, `provisional`, `refuted`, …
    pub verification: Option<Text>,
    /// `problem-list-item`, `encounter-diagnosis`, `health-concern`, …
    pub categories: Vec<Concept>,
    /// When it began.
    pub onset: Option<FuzzyDate>,
    /// When it ended.
    pub abatement: Option<FuzzyDate>,
    /// How severe it is.
    pub severity: Option<Concept>,
}

/// An allergy, an intolerance, or the statement that there is none.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Allergy {
    /// To what.
    pub substance: Option<Concept>,
    /// HL7 allergyintolerance-clinical code: `active`, `inactive`, `resolved`.
    pub clinical_status: Option<Text>,
    /// HL7 allergyintolerance-verification code.
    pub verification: Option<Text>,
    /// `low`, `high`, `unable-to-assess`.
    pub criticality: Option<Text>,
    /// `food`, `medication`, `environment`, `biologic`.
    pub categories: Vec<Text>,
    /// What happens.
    pub reactions: Vec<Concept>,
    /// When it began.
    pub onset: Option<FuzzyDate>,
}

/// A number with its unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Quantity {
    /// The number as written by the source, so that no digit is lost or added.
    pub value: Option<Text>,
    /// `<`, `<=`, `>=`, `>`.
    pub comparator: Option<Text>,
    /// The unit as one reads it.
    pub unit: Option<Text>,
    /// The unit's UCUM code.
    pub code: Option<Text>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ObservationValue {
    /// A measured number.
    Quantity(Quantity),
    /// A coded answer.
    Concept(Concept),
    /// Anything else, in words: text, yes or no, a range, a ratio, a time.
    Text(Text),
}

/// One part of an observation that has several, such as the two numbers of a blood pressure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Component {
    /// What was observed.
    pub code: Option<Concept>,
    /// What was found.
    pub value: Option<ObservationValue>,
    /// Normal, high, low, …
    pub interpretation: Option<Concept>,
    /// Reference range, in words.
    pub range: Option<Text>,
    /// Why there is no value.
    pub absent: Option<Concept>,
}

/// A measurement, result or answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Observation {
    /// What was observed.
    pub code: Option<Concept>,
    /// HL7 observation-status code: `registered`, `preliminary`, `final`, `amended`, `corrected`, …
    pub status: Option<Text>,
    /// HL7 observation-category concepts.
    pub categories: Vec<Concept>,
    /// What was found.
    pub value: Option<ObservationValue>,
    /// Why there is no value.
    pub absent: Option<Concept>,
    /// Normal, high, low, …
    pub interpretation: Option<Concept>,
    /// Reference range, in words.
    pub range: Option<Text>,
    /// When it was true of the patient.
    pub taken: Option<FuzzyDate>,
    /// When this version was issued.
    pub issued: Option<FuzzyDate>,
    /// Its parts.
    pub components: Vec<Component>,
    /// Where in the body.
    pub body_site: Option<Concept>,
    /// The specimen's reference, in its source.
    pub specimen: Option<Text>,
}

/// A vaccination.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Immunization {
    /// Which vaccine.
    pub vaccine: Option<Concept>,
    /// `completed`, `not-done`.
    pub status: Option<Text>,
    /// When it was given.
    pub given: Option<FuzzyDate>,
    /// Lot number.
    pub lot: Option<Text>,
    /// Which dose of the series, in words.
    pub dose: Option<Text>,
    /// Who gave it.
    pub performer: Option<Text>,
    /// Why it was not given.
    pub status_reason: Option<Concept>,
}

/// A procedure.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Procedure {
    /// What was done.
    pub code: Option<Concept>,
    /// HL7 event-status code: `completed`, `in-progress`, `not-done`, …
    pub status: Option<Text>,
    /// When it began.
    pub start: Option<FuzzyDate>,
    /// When it ended.
    pub end: Option<FuzzyDate>,
    /// Why.
    pub reasons: Vec<Concept>,
    /// Who did it.
    pub performer: Option<Text>,
    /// Where in the body.
    pub body_site: Option<Concept>,
    /// What came of it.
    pub outcome: Option<Concept>,
}

/// A visit or stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Encounter {
    /// HL7 v3-ActCode of its class: `AMB`, `EMER`, `IMP`, …
    pub class: Option<Text>,
    /// HL7 encounter-status code: `planned`, `in-progress`, `finished`, …
    pub status: Option<Text>,
    /// What kind of visit.
    pub types: Vec<Concept>,
    /// When it began.
    pub start: Option<FuzzyDate>,
    /// When it ended.
    pub end: Option<FuzzyDate>,
    /// Why.
    pub reasons: Vec<Concept>,
    /// Where.
    pub facility: Option<Text>,
    /// Who saw the patient.
    pub practitioner: Option<Text>,
    /// Where the patient went afterwards.
    pub disposition: Option<Concept>,
}

/// A booking.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Appointment {
    /// HL7 appointmentstatus code: `booked`, `cancelled`, `noshow`, …
    pub status: Option<Text>,
    /// What for.
    pub service: Option<Concept>,
    /// When it begins.
    pub start: Option<FuzzyDate>,
    /// When it ends.
    pub end: Option<FuzzyDate>,
    /// Why.
    pub reasons: Vec<Concept>,
    /// With whom.
    pub practitioner: Option<Text>,
    /// Where.
    pub location: Option<Text>,
    /// What the booking says in words.
    pub description: Option<Text>,
}

/// A document or note.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Document {
    /// What kind of document.
    pub kind: Option<Concept>,
    /// HL7 document-reference-status code: `current`, `superseded`.
    pub status: Option<Text>,
    /// When it was made.
    pub date: Option<FuzzyDate>,
    /// Who wrote it.
    pub authors: Vec<Text>,
    /// Its title or description.
    pub title: Option<Text>,
    /// MIME type of its content.
    pub content_type: Option<Text>,
    /// The text of its content, when the source sends plain text along.
    pub text: Option<Text>,
    /// A hash of the content as the source gives it.
    pub hash: Option<Text>,
}

/// Insurance cover.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Coverage {
    /// `active`, `cancelled`, `draft`.
    pub status: Option<Text>,
    /// What kind of cover.
    pub kind: Option<Concept>,
    /// Who pays.
    pub payer: Option<Text>,
    /// The member's number.
    pub member_id: Option<Text>,
    /// The plan's name.
    pub plan: Option<Text>,
    /// From when.
    pub start: Option<FuzzyDate>,
    /// Until when.
    pub end: Option<FuzzyDate>,
}
