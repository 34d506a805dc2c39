//! How a site writes a coded thing: with one code system, with several, or in words alone.

use serde_json::{Value, json};

use crate::{
    dice::Dice,
    site::Site,
    terms::{Code, ICD10, SNOMED, problems::ProblemTerm},
};

pub(super) const CONDITION_CLINICAL: &str =
    "http://terminology.hl7.org/CodeSystem/condition-clinical";
pub(super) const CONDITION_VERIFICATION: &str =
    "http://terminology.hl7.org/CodeSystem/condition-ver-status";
pub(super) const ALLERGY_CLINICAL: &str =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
pub(super) const ALLERGY_VERIFICATION: &str =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";

/// A concept of one code and nothing else.
pub(super) fn status(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code }] })
}

/// A concept of one code, with its display and the same as text.
pub(super) fn coded(system: &str, code: Code) -> Value {
    let text = without_tag(code.1);
    json!({ "coding": [coding(system, code)], "text": text })
}

/// A concept in words.
pub(super) fn text(words: &str) -> Value {
    json!({ "text": words })
}

pub(super) fn coding(system: &str, (code, display): Code) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

/// A diagnosis as a site writes it.
pub(super) fn diagnosis(term: &ProblemTerm, site: Site, dice: &mut Dice) -> Value {
    let (snomed, icd10) = (coding(SNOMED, term.snomed), coding(ICD10, term.icd10));
    // Of a hundred: both codes, SNOMED, ICD-10-CM; the rest is text.
    let (both, one, other) = match site {
        Site::Lakeside => (60, 15, 12),
        Site::Northgate => (15, 0, 70),
        Site::Stmary => (20, 65, 10),
        Site::Harbor | Site::Cornerstone | Site::Clearview => (45, 5, 35),
    };
    match dice.below(100) {
        at if at < both => json!({ "coding": [snomed, icd10], "text": without_tag(term.snomed.1) }),
        at if at < both + one => json!({ "coding": [snomed], "text": without_tag(term.snomed.1) }),
        at if at < both + one + other => json!({ "coding": [icd10], "text": term.icd10.1 }),
        at if at % 2 == 0 => text(without_tag(term.snomed.1)),
        _ => text(term.plain),
    }
}

/// The display of SNOMED without the kind of thing in brackets.
pub(super) fn without_tag(display: &str) -> &str {
    display
        .rsplit_once(" (")
        .filter(|(_, tag)| tag.ends_with(')'))
        .map_or(display, |(name, _)| name)
}
