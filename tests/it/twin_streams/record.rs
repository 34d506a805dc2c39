//! Records that appear while somebody follows a patient.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What is followed: a type of records, and where it stands.
pub(super) struct Followed {
    /// The type.
    pub(super) kind: &'static str,
    /// The field of a patient.
    pub(super) list: &'static str,
    /// The section, as the schema names it.
    pub(super) section: &'static str,
    /// The class of the section.
    pub(super) class: &'static str,
    /// The class of a part that not everybody sees who sees the record.
    pub(super) part: Option<&'static str>,
    /// The elements that say of whom and about what it is.
    whose: &'static str,
    pub(super) about: &'static str,
}

/// All that may be followed.
pub(super) const FOLLOWED: [Followed; 6] = [
    Followed {
        kind: "Condition",
        list: "conditions",
        section: "CONDITIONS",
        class: "CONDITIONS",
        part: None,
        whose: "subject",
        about: "code",
    },
    Followed {
        kind: "AllergyIntolerance",
        list: "allergies",
        section: "ALLERGIES",
        class: "ALLERGIES",
        part: None,
        whose: "patient",
        about: "code",
    },
    Followed {
        kind: "Procedure",
        list: "procedures",
        section: "PROCEDURES",
        class: "PROCEDURES",
        part: None,
        whose: "subject",
        about: "code",
    },
    Followed {
        kind: "Immunization",
        list: "immunizations",
        section: "IMMUNIZATIONS",
        class: "IMMUNIZATIONS",
        part: None,
        whose: "patient",
        about: "vaccineCode",
    },
    Followed {
        kind: "Observation",
        list: "observations",
        section: "OBSERVATIONS",
        class: "OBSERVATIONS",
        part: Some("OBSERVATION_VALUES"),
        whose: "subject",
        about: "code",
    },
    Followed {
        kind: "DocumentReference",
        list: "documents",
        section: "DOCUMENTS",
        class: "DOCUMENTS",
        part: Some("DOCUMENT_TEXT"),
        whose: "subject",
        about: "type",
    },
];

/// One record, about something that no other record is about.
pub(super) struct Record {
    pub(super) id: String,
    pub(super) followed: &'static Followed,
    pub(super) source: usize,
    pub(super) serial: usize,
}

impl Record {
    /// As its source holds it, with a code of a security label, and a value where there is one.
    pub(super) fn body(&self, owner: &str, mark: Option<&str>, value: usize) -> Value {
        let day = "2025-02-03";
        let at = format!("{day}T10:00:00Z");
        let text = STANDARD.encode(format!("what stands in version {value}"));
        let mut it = match self.followed.kind {
            "Procedure" => json!({ "status": "completed", "performedDateTime": day }),
            "Immunization" => json!({ "status": "completed", "occurrenceDateTime": day }),
            "Observation" => json!({ "status": "final", "effectiveDateTime": at,
                "valueQuantity": { "value": value, "unit": "mmol/L" } }),
            "DocumentReference" => json!({ "status": "current", "date": at,
                "content": [{ "attachment": { "contentType": "text/plain", "data": text, "hash": text } }] }),
            _ => json!({ "recordedDate": day }),
        };
        it["resourceType"] = json!(self.followed.kind);
        it["id"] = json!(self.id);
        it["meta"] = json!({ "security": [{ "code": mark.unwrap_or("N") }] });
        it[self.followed.whose] = json!({ "reference": format!("Patient/{owner}") });
        let (code, words) = (3_000_000 + self.serial, format!("Topic of {}", self.id));
        it[self.followed.about] = json!({ "text": words, "coding": [
            { "system": "http://snomed.info/sct", "code": code.to_string(), "display": words }] });
        it
    }
}
