//! What is asked, and what of an answer must be the same.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::chart::{LISTS, PLAIN};
use caregraph_sandbox::Section;

const ORIGIN: &str = "provenance { records { source { name } reference recordedAt fetchedAt freshness } conflicts { field claims { value } } }";
const STATUS: &str = "source { name } state asOf latencyMs message withdrawn";

/// One list, with the fields that roles see differently.
fn list(section: Section) -> String {
    let section = section.as_str();
    let more = match section {
        "conditions" => "code { text codings { code } } status onset",
        "medications" => "drug { text } status orders { status } fills { status }",
        "observations" => {
            "code { text } value { ... on Quantity { value unit } ... on TextValue { text } } components { code { text } }"
        }
        "documents" => "title text",
        _ => "",
    };
    format!(
        "{section}(first: 100) {{ totalCount completeness {{ state sources {{ {STATUS} }} }} nodes {{ id {more} {ORIGIN} }} }} "
    )
}

fn plain_list(section: Section) -> String {
    format!("{} {{ id {ORIGIN} }} ", section.as_str())
}

fn about(parts: &str) -> String {
    format!("query($id: ID!) {{ patient(id: $id) {{ id {parts} }} }}")
}

const WHO: &str =
    "name { text } birthDate ageBand identifiers { value } addresses { line } telecom { value }";

/// The whole chart.
pub(crate) fn whole() -> String {
    let lists = LISTS.map(list).concat();
    let plain = PLAIN.map(plain_list).concat();
    about(&format!("{WHO} sources {{ {STATUS} }} {lists} {plain}"))
}

/// Questions that share sections with each other.
pub(super) fn questions() -> Vec<String> {
    let of = |sections: &[Section]| sections.iter().copied().map(list).collect::<String>();
    vec![
        about(&format!("{WHO} sources {{ {STATUS} }} {}", of(&[Section::Allergies]))),
        about(&of(&[Section::Conditions, Section::Medications])),
        about(&format!("{WHO} {}", of(&[Section::Medications, Section::Allergies]))),
        about(&format!("{} {}", of(&[Section::Conditions]), PLAIN.map(plain_list).concat())),
        about(&of(&[Section::Encounters, Section::Immunizations, Section::Conditions])),
        about(&of(&[Section::Documents, Section::CareTeam])),
    ]
}

/// An answer without what says how fresh it is.
pub(super) fn plain(answer: &Answer) -> Value {
    let mut json = answer.json();
    strip(&mut json);
    json
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match name.as_str() {
                    "asOf" | "fetchedAt" if field.is_string() => *field = json!("then"),
                    "latencyMs" => *field = Value::Null,
                    "state" if field == "CACHED" => *field = json!("OK"),
                    "freshness" if field == "CACHED" => *field = json!("LIVE"),
                    _ => strip(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
