//! What an `AuditEvent` of FHIR R4 may hold: elements, cardinalities and types of its definition (4.0.1).

use serde_json::Value;

use crate::answer::items;

/// One element: name, type, whether it must be there, whether it repeats.
type Element = (&'static str, &'static str, bool, bool);

const ELEMENTS: [(&str, &[Element]); 9] = [
    (
        "AuditEvent",
        &[
            ("resourceType", "code", true, false),
            ("id", "id", false, false),
            ("type", "Coding", true, false),
            ("subtype", "Coding", false, true),
            ("action", "action", false, false),
            ("recorded", "instant", true, false),
            ("outcome", "outcome", false, false),
            ("outcomeDesc", "string", false, false),
            ("purposeOfEvent", "CodeableConcept", false, true),
            ("agent", "Agent", true, true),
            ("source", "Source", true, false),
            ("entity", "Entity", false, true),
        ],
    ),
    (
        "Agent",
        &[
            ("type", "CodeableConcept", false, false),
            ("role", "CodeableConcept", false, true),
            ("who", "Reference", false, false),
            ("requestor", "boolean", true, false),
            ("purposeOfUse", "CodeableConcept", false, true),
        ],
    ),
    ("Source", &[("observer", "Reference", true, false), ("type", "Coding", false, true)]),
    (
        "Entity",
        &[
            ("what", "Reference", false, false),
            ("type", "Coding", false, false),
            ("role", "Coding", false, false),
            ("description", "string", false, false),
            ("query", "base64Binary", false, false),
            ("detail", "Detail", false, true),
        ],
    ),
    ("Detail", &[("type", "string", true, false), ("valueString", "string", true, false)]),
    (
        "Reference",
        &[("identifier", "Identifier", false, false), ("display", "string", false, false)],
    ),
    ("Identifier", &[("system", "uri", false, false), ("value", "string", false, false)]),
    ("CodeableConcept", &[("coding", "Coding", false, true), ("text", "string", false, false)]),
    (
        "Coding",
        &[
            ("system", "uri", false, false),
            ("code", "code", false, false),
            ("display", "string", false, false),
        ],
    ),
];

/// Checks one line of an export; tells the resource.
pub(crate) fn check(line: &str) -> Value {
    let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(event["resourceType"], "AuditEvent");
    is(&event, "AuditEvent", "AuditEvent");
    let requestors = items(&event["agent"]).iter().filter(|agent| agent["requestor"] == true);
    assert_eq!(requestors.count(), 1, "{line}");
    event
}

fn is(value: &Value, kind: &str, path: &str) {
    if let Some((_, elements)) = ELEMENTS.iter().find(|(name, _)| *name == kind) {
        let object = value.as_object().unwrap_or_else(|| panic!("{path} is no object"));
        assert!(!object.is_empty(), "{path} is empty");
        for name in object.keys() {
            assert!(elements.iter().any(|(known, ..)| known == name), "{path}.{name} is unknown");
        }
        for (name, kind, needed, repeats) in *elements {
            let here = format!("{path}.{name}");
            match (object.get(*name), repeats) {
                (None, _) => assert!(!needed, "{here} is missing"),
                (Some(Value::Array(list)), true) => {
                    assert!(!list.is_empty(), "{here} is empty");
                    for item in list {
                        is(item, kind, &here);
                    }
                }
                (Some(value), false) => is(value, kind, &here),
                (Some(_), true) => panic!("{here} must be a list"),
            }
        }
        return;
    }
    let text = value.as_str().unwrap_or_default();
    let fits = match kind {
        "boolean" => value.is_boolean(),
        "action" => ["C", "R", "U", "D", "E"].contains(&text),
        "outcome" => ["0", "4", "8", "12"].contains(&text),
        "instant" => text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T',
        "id" => {
            text.len() <= 64
                && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-.".contains(&it))
                && !text.is_empty()
        }
        "code" => !text.is_empty() && text.trim() == text && !text.contains("  "),
        "uri" => text.contains(':') && !text.contains(' '),
        "base64Binary" => !text.is_empty() && text.len().is_multiple_of(4),
        _ => !text.trim().is_empty(),
    };
    assert!(fits, "{path} is no {kind}: {value}");
}
