//! Clinical facts, one struct a topic. Field names are the wards' words; values are as the source said them.

use super::{Concept, FuzzyDate};

/// A problem or diagnosis.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// What it is.
    pub code: Option<Concept>,
    /// HL7 condition-clinical code: `active`, `recurrence`, `relapse`, `inactive`, `remission`, `resolved`.
    pub clinical_status: Option<String>,
    /// HL7 condition-ver-status code: `confirmed`, `provisional`, `refuted`, …
    pub verification: Option<String>,
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
#[derive(Clone, Debug, Default)]
pub struct Allergy {
    /// To what.
    pub substance: Option<Concept>,
    /// HL7 allergyintolerance-clinical code: `active`, `inactive`, `resolved`.
    pub clinical_status: Option<String>,
    /// HL7 allergyintolerance-verification code.
    pub verification: Option<String>,
    /// `low`, `high`, `unable-to-assess`.
    pub criticality: Option<String>,
    /// `food`, `medication`, `environment`, `biologic`.
    pub categories: Vec<String>,
    /// What happens.
    pub reactions: Vec<Concept>,
    /// When it began.
    pub onset: Option<FuzzyDate>,
}

/// A number with its unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantity {
    /// The number as written by the source, so that no digit is lost or added.
    pub value: Option<String>,
    /// `<`, `<=`, `>=`, `>`.
    pub comparator: Option<String>,
    /// The unit as one reads it.
    pub unit: Option<String>,
    /// The unit's UCUM code.
    pub code: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum ObservationValue {
    /// A measured number.
    Quantity(Quantity),
    /// A coded answer.
    Concept(Concept),
    /// Anything else, in words: text, yes or no, a range, a ratio, a time.
    Text(String),
}

/// One part of an observation that has several, such as the two numbers of a blood pressure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Component {
    /// What was observed.
    pub code: Option<Concept>,
    /// What was found.
    pub value: Option<ObservationValue>,
    /// Normal, high, low, …
    pub interpretation: Option<Concept>,
    /// Reference range, in words.
    pub range: Option<String>,
    /// Why there is no value.
    pub absent: Option<Concept>,
}

/// A measurement, result or answer.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// What was observed.
    pub code: Option<Concept>,
    /// HL7 observation-status code: `registered`, `preliminary`, `final`, `amended`, `corrected`, …
    pub status: Option<String>,
    /// HL7 observation-category concepts.
    pub categories: Vec<Concept>,
    /// What was found.
    pub value: Option<ObservationValue>,
    /// Why there is no value.
    pub absent: Option<Concept>,
    /// Normal, high, low, …
    pub interpretation: Option<Concept>,
    /// Reference range, in words.
    pub range: Option<String>,
    /// When it was true of the patient.
    pub taken: Option<FuzzyDate>,
    /// When this version was issued.
    pub issued: Option<FuzzyDate>,
    /// Its parts.
    pub components: Vec<Component>,
    /// Where in the body.
    pub body_site: Option<Concept>,
    /// The specimen's reference, in its source.
    pub specimen: Option<String>,
}

/// A vaccination.
#[derive(Clone, Debug, Default)]
pub struct Immunization {
    /// Which vaccine.
    pub vaccine: Option<Concept>,
    /// `completed`, `not-done`.
    pub status: Option<String>,
    /// When it was given.
    pub given: Option<FuzzyDate>,
    /// Lot number.
    pub lot: Option<String>,
    /// Which dose of the series, in words.
    pub dose: Option<String>,
    /// Who gave it.
    pub performer: Option<String>,
    /// Why it was not given.
    pub status_reason: Option<Concept>,
}

/// A procedure.
#[derive(Clone, Debug, Default)]
pub struct Procedure {
    /// What was done.
    pub code: Option<Concept>,
    /// HL7 event-status code: `completed`, `in-progress`, `not-done`, …
    pub status: Option<String>,
    /// When it began.
    pub start: Option<FuzzyDate>,
    /// When it ended.
    pub end: Option<FuzzyDate>,
    /// Why.
    pub reasons: Vec<Concept>,
    /// Who did it.
    pub performer: Option<String>,
    /// Where in the body.
    pub body_site: Option<Concept>,
    /// What came of it.
    pub outcome: Option<Concept>,
}

/// A visit or stay.
#[derive(Clone, Debug, Default)]
pub struct Encounter {
    /// HL7 v3-ActCode of its class: `AMB`, `EMER`, `IMP`, …
    pub class: Option<String>,
    /// HL7 encounter-status code: `planned`, `in-progress`, `finished`, …
    pub status: Option<String>,
    /// What kind of visit.
    pub types: Vec<Concept>,
    /// When it began.
    pub start: Option<FuzzyDate>,
    /// When it ended.
    pub end: Option<FuzzyDate>,
    /// Why.
    pub reasons: Vec<Concept>,
    /// Where.
    pub facility: Option<String>,
    /// Who saw the patient.
    pub practitioner: Option<String>,
    /// Where the patient went afterwards.
    pub disposition: Option<Concept>,
}

/// A booking.
#[derive(Clone, Debug, Default)]
pub struct Appointment {
    /// HL7 appointmentstatus code: `booked`, `cancelled`, `noshow`, …
    pub status: Option<String>,
    /// What for.
    pub service: Option<Concept>,
    /// When it begins.
    pub start: Option<FuzzyDate>,
    /// When it ends.
    pub end: Option<FuzzyDate>,
    /// Why.
    pub reasons: Vec<Concept>,
    /// With whom.
    pub practitioner: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// What the booking says in words.
    pub description: Option<String>,
}

/// A document or note.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// What kind of document.
    pub kind: Option<Concept>,
    /// HL7 document-reference-status code: `current`, `superseded`.
    pub status: Option<String>,
    /// When it was made.
    pub date: Option<FuzzyDate>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Its title or description.
    pub title: Option<String>,
    /// MIME type of its content.
    pub content_type: Option<String>,
    /// The text of its content, when the source sends plain text along.
    pub text: Option<String>,
    /// A hash of the content as the source gives it.
    pub hash: Option<String>,
}

/// Insurance cover.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// `active`, `cancelled`, `draft`.
    pub status: Option<String>,
    /// What kind of cover.
    pub kind: Option<Concept>,
    /// Who pays.
    pub payer: Option<String>,
    /// The member's number.
    pub member_id: Option<String>,
    /// The plan's name.
    pub plan: Option<String>,
    /// From when.
    pub start: Option<FuzzyDate>,
    /// Until when.
    pub end: Option<FuzzyDate>,
}
