//! The messages of the protocol as JSON Schema, in one document.

use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

use super::settings::of_patients;
use super::wire::{
    Capabilities, Change, FetchAnswer, FetchRequest, Health, ProblemDetails, Ready, RosterPage,
    ServicesPage,
};
use crate::record::Section;
use crate::record::schema::closed;

/// Every message, each under its name in `$defs`.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "its schema is all that it is for")]
struct Messages<'a> {
    /// `GET capabilities`, answer.
    capabilities: Capabilities,
    /// `POST fetch`, request.
    fetch_request: FetchRequest<'a>,
    /// `POST fetch`, answer.
    fetch_answer: FetchAnswer<'a>,
    /// `GET roster`, answer.
    roster_page: RosterPage<'a>,
    /// `GET services`, answer.
    services_page: ServicesPage<'a>,
    /// `GET events`, data of the event `ready`.
    ready: Ready,
    /// `GET events`, data of the event `change`.
    change: Change,
    /// `GET health`, answer.
    health: Health,
    /// Every error.
    problem_details: ProblemDetails,
}

/// What a partner that keeps the protocol is asked and answers. The root fits nothing: a message is checked against its own
/// definition, such as `#/$defs/FetchAnswer`.
pub fn of_messages() -> Value {
    let mut schema = closed(&schema_for!(Messages<'_>).to_value());
    let sections: Vec<&str> = of_patients().map(Section::name).collect();
    schema["$defs"]["FetchRequest"]["properties"]["section"]["enum"] = json!(sections);
    schema["$defs"]["FetchRequest"]["properties"]["patients"]["minItems"] = json!(1);
    // It must be there, and may be nothing.
    for page in ["RosterPage", "ServicesPage"] {
        schema["$defs"][page]["properties"]["next"]["type"] = json!(["string", "null"]);
    }
    schema["title"] = json!("caregraph remote protocol, version 1");
    if let Some(root) = schema.as_object_mut() {
        for key in ["type", "required", "properties"] {
            root.remove(key);
        }
        root.insert("not".to_owned(), json!({}));
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_and_every_property_says_what_it_is() {
        let schema = of_messages();
        let types = schema["$defs"].as_object().unwrap();
        for name in [
            "Capabilities",
            "FetchRequest",
            "FetchAnswer",
            "Row",
            "Statement",
            "Record",
            "RosterPage",
            "Entry",
            "ServicesPage",
            "ServiceRecord",
            "Person",
            "Ready",
            "Change",
            "Health",
            "ProblemDetails",
        ] {
            assert!(types.contains_key(name), "{name} in {:?}", types.keys());
            for (field, property) in types[name]["properties"].as_object().into_iter().flatten() {
                assert!(property["description"].is_string(), "{name}.{field}");
            }
        }
        assert!(
            schema["$defs"]["RosterPage"]["required"].as_array().unwrap().contains(&json!("next"))
        );
    }
}
