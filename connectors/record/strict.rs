//! Whether what was read in the public form says only what its schema lets it say: codes of closed sets, numbers that are
//! numbers. The structs hold texts, so reading alone does not tell.

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;

use super::schema::{of_person, of_record, of_service};
use super::{Fact, Person, Record, Section, ServiceRecord};

static RECORD: LazyLock<Value> = LazyLock::new(of_record);
static PERSON: LazyLock<Value> = LazyLock::new(of_person);
static SERVICE: LazyLock<Value> = LazyLock::new(of_service);

impl Record {
    /// True when every code is one of its set and every number a number.
    pub fn is_strict(&self) -> bool {
        fits_whole(&RECORD, self)
    }
}

impl Person {
    /// True when every code is one of its set.
    pub fn is_strict(&self) -> bool {
        fits_whole(&PERSON, self)
    }
}

impl ServiceRecord {
    /// True when every code is one of its set.
    pub fn is_strict(&self) -> bool {
        fits_whole(&SERVICE, self)
    }
}

impl Fact {
    /// The section in which it stands.
    pub fn section(&self) -> Section {
        match self {
            Self::Person(_) => Section::Demographics,
            Self::Condition(_) => Section::Conditions,
            Self::Allergy(_) => Section::Allergies,
            Self::Order(_) | Self::Report(_) | Self::Fill(_) => Section::Medications,
            Self::Observation(_) => Section::Observations,
            Self::Immunization(_) => Section::Immunizations,
            Self::Procedure(_) => Section::Procedures,
            Self::Encounter(_) => Section::Encounters,
            Self::Appointment(_) => Section::Appointments,
            Self::Document(_) => Section::Documents,
            Self::CarePlan(_) => Section::CarePlans,
            Self::Goal(_) => Section::Goals,
            Self::CareTeam(_) => Section::CareTeam,
            Self::Referral(_) => Section::Referrals,
            Self::Coverage(_) => Section::Coverage,
        }
    }
}

fn fits_whole(root: &Value, it: &impl Serialize) -> bool {
    serde_json::to_value(it).is_ok_and(|value| fits(root, root, &value))
}

/// Looks at sets and patterns alone: the rest was decided when the value was read.
fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(at) = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#')) {
        return root.pointer(at).is_some_and(|schema| fits(root, schema, value));
    }
    if let Some(choices) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return choices.iter().any(|it| is_meant(it, value) && fits(root, it, value));
    }
    if schema["enum"].as_array().is_some_and(|codes| !codes.contains(value)) {
        return false;
    }
    if schema["pattern"].is_string() && value.as_str().is_some_and(|text| !is_number(text)) {
        return false;
    }
    match value {
        Value::Object(fields) => {
            let known = |(name, value): (&String, &Value)| {
                let of = schema["properties"].get(name);
                of.is_none_or(|of| fits(root, of, value))
            };
            fields.iter().all(known)
        }
        Value::Array(items) => items.iter().all(|item| fits(root, &schema["items"], item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// True for the one of several choices that a value can be.
fn is_meant(choice: &Value, value: &Value) -> bool {
    let needed = choice["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let is_nothing = choice["type"] == "null";
    is_nothing == value.is_null() && needed.into_iter().all(|name| value.get(name).is_some())
}

/// What the one pattern of the schema means: digits, and a fraction and an exponent if there is one.
fn is_number(text: &str) -> bool {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let unsigned = |text: &str| text.strip_prefix(['-', '+']).unwrap_or(text).to_owned();
    are_digits(whole)
        && fraction.is_none_or(are_digits)
        && exponent.is_none_or(|text| are_digits(&unsigned(text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::codes::{DECIMALS, SETS};

    fn record(fact: &Value) -> Record {
        serde_json::from_value(json!({"reference": "x/1", "fact": fact})).expect("it is a record")
    }

    #[test]
    fn a_code_that_is_none_of_its_set_does_not_pass_wherever_it_stands() {
        let observation = json!({"observation": {"code": {"text": "Potassium"}, "status": "final",
            "value": {"quantity": {"value": "4.1e0", "comparator": "<"}},
            "components": [{"value": {"quantity": {"value": "-1.50"}}}]}});
        assert!(record(&observation).is_strict());
        assert!(record(&json!({"goal": {"description": {"text": "walk"}}})).is_strict());
        for (path, value) in [
            ("/observation/status", json!("Entered-In-Error")),
            ("/observation/value/quantity/value", json!("high")),
            ("/observation/value/quantity/comparator", json!("≤")),
            ("/observation/components/0/value/quantity/value", json!("1.")),
        ] {
            let mut wrong = observation.clone();
            *wrong.pointer_mut(path).expect(path) = value;
            assert!(!record(&wrong).is_strict(), "{path}");
        }
        let listed =
            json!({"allergy": {"substance": {"text": "Nuts"}, "categories": ["food", "air"]}});
        assert!(!record(&listed).is_strict());
        let sex = |sex| serde_json::from_value::<Person>(json!({"sex": sex})).unwrap().is_strict();
        assert!(sex("female") && !sex("F"));
    }

    #[test]
    fn numbers_are_those_of_the_schema() {
        for good in ["0", "-1", "12.50", "1e3", "1.5E-7", "2e+4"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "-", ".5", "1.", "+1", "1e", "1e-", "1,5", "NaN", "1.2.3", "١", "1e++1"] {
            assert!(!is_number(bad), "{bad}");
        }
        assert_eq!(DECIMALS.len(), 1);
        assert!(SETS.len() > 20);
    }
}
