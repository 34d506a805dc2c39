//! Documents: a description of each, and a few lines of text.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use time::Date;

use super::{Chart, Entry, clinical, concept, marks, staff};
use crate::{
    day,
    health::{Health, visit::Class},
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::{Code, LOINC},
};

const CATEGORY: &str = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category";
const DISCHARGE: Code = ("18842-5", "Discharge summary");
const CONSULT: Code = ("11488-4", "Consult note");
const PROGRESS: Code = ("11506-3", "Progress note");
const SUMMARY: Code = ("34133-9", "Summary of episode note");

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let stay = health.visits.iter().find(|visit| visit.class == Class::Inpatient);
    if let Some(stay) = stay.filter(|_| matches!(chart.site, Site::Stmary | Site::Lakeside)) {
        let text = "Admitted through the emergency department. Treated, improved, sent home in stable condition. \
                    See the practice within seven days; repeat blood tests then. Results pending at discharge: none.";
        // The practice keeps the copy that it was sent.
        write_document(chart, "document/discharge", DISCHARGE, stay.end.date(), text);
    }
    let mut dice = chart.dice("documents");
    let (code, text) = match chart.site {
        Site::Northgate => {
            (CONSULT, "Seen in consultation. Recommendations were sent to the practice.")
        }
        Site::Harbor => {
            (PROGRESS, "Session held. Goals reviewed with the client; next session agreed.")
        }
        _ => (SUMMARY, "Problems, drugs and allergies were reviewed with the patient."),
    };
    for place in 0..dice.between(i64::from(chart.person.featured()), 2) {
        let day = day::days_after(chart.person.horizon, -dice.between(10, 500));
        write_document(chart, &format!("document/{}-{place}", chart.site.id()), code, day, text);
    }
}

fn write_document(chart: &mut Chart<'_>, key: &str, code: Code, day: Date, text: &str) {
    let mut dice = chart.dice(key);
    let bytes = BASE64_STANDARD.encode(text);
    let at = clinical::during(day.max(chart.person.birth));
    let body = json!({
        "status": "current",
        "docStatus": if dice.percent(90) { "final" } else { "preliminary" },
        "type": concept::coded(LOINC, code),
        "category": [concept::coded(CATEGORY, ("clinical-note", "Clinical Note"))],
        "subject": chart.subject(&mut dice),
        "date": clinical::instant(at, &mut dice),
        "author": [chart.clinician(key)],
        "custodian": staff::organization(chart.ids, chart.site),
        "description": code.1,
        "content": [{
            "attachment": { "contentType": "text/plain", "data": bytes, "size": text.len(), "title": code.1 },
        }],
    });
    let sensitivity = marks::of_site(chart.site);
    let (kind, section) = (ResourceType::DocumentReference, Section::Documents);
    chart.file(Entry { kind, section, key: key.to_owned(), at, sensitivity, body });
}
