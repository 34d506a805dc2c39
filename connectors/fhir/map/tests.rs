//! The variations that FHIR allows, one test a variation.

use serde_json::{Value, json};

use crate::fhir::medication::Medications;
use crate::fhir::search::Resource;
use crate::record::{Fact, ObservationValue, Record};

/// Reads a resource as if a server had sent it.
fn read(resource: &Value) -> Result<Option<Record>, ()> {
    let head = serde_json::from_value(resource.clone()).expect("a head");
    let kind = resource["resourceType"].as_str().unwrap();
    let reference = format!("{kind}/{}", resource["id"].as_str().unwrap_or("1"));
    let json = serde_json::to_vec(resource).unwrap().into();
    super::record(kind, &Resource { reference, head, json, home: None }, &Medications::default())
}

fn fact(resource: &Value) -> Fact {
    read(resource).expect("readable").expect("not withdrawn").fact
}

macro_rules! stated {
    ($resource:expr, $kind:ident) => {
        match fact(&$resource) {
            Fact::$kind(fact) => fact,
            other => panic!("{other:?}"),
        }
    };
}

#[test]
fn a_condition_by_words_alone_is_a_condition() {
    let condition = stated!(
        json!({"resourceType": "Condition", "id": "1", "code": {"text": "Bad back"}}),
        Condition
    );
    assert_eq!(condition.code.unwrap().words(), Some("Bad back"));
    assert_eq!(
        (condition.clinical_status, condition.verification, condition.onset),
        (None, None, None)
    );
}

#[test]
fn every_onset_that_is_a_date_is_read_and_no_other_is_guessed() {
    for (field, value, expected) in [
        ("onsetDateTime", json!("2019"), Some("2019")),
        ("onsetDateTime", json!("2019-03"), Some("2019-03")),
        ("onsetDateTime", json!("2019-03-07T08:00:00+01:00"), Some("2019-03-07T08:00:00+01:00")),
        ("onsetPeriod", json!({"start": "2018-01-02"}), Some("2018-01-02")),
        ("onsetAge", json!({"value": 52, "unit": "years"}), None),
        ("onsetString", json!("as a child"), None),
        ("onsetDateTime", json!("some day"), None),
    ] {
        let condition =
            stated!(json!({"resourceType": "Condition", "id": "1", field: value}), Condition);
        assert_eq!(
            condition.onset.as_ref().map(crate::record::FuzzyDate::as_str),
            expected,
            "{field}"
        );
    }
}

#[test]
fn every_value_of_an_observation_keeps_what_was_written() {
    let quantity = |text: &str| Some(text.to_owned());
    for (field, value, expected) in [
        ("valueQuantity", json!({"value": 6.50, "unit": "%"}), quantity("6.5")),
        ("valueInteger", json!(3), quantity("3")),
        ("valueString", json!("cloudy"), quantity("cloudy")),
        ("valueBoolean", json!(true), quantity("yes")),
        ("valueCodeableConcept", json!({"text": "Never smoker"}), quantity("Never smoker")),
        ("valueRange", json!({"low": {"value": 1}, "high": {"value": 2}}), quantity("1 - 2")),
        (
            "valueRatio",
            json!({"numerator": {"value": 1}, "denominator": {"value": 128}}),
            quantity("1 : 128"),
        ),
        ("valueDateTime", json!("2019-03"), quantity("2019-03")),
        ("valuePeriod", json!({"start": "2019"}), quantity("2019 to …")),
        ("dataAbsentReason", json!({"text": "Not performed"}), None),
    ] {
        let observation =
            stated!(json!({"resourceType": "Observation", "id": "1", field: value}), Observation);
        let said = observation.value.map(|value| match value {
            ObservationValue::Quantity(quantity) => quantity.value.unwrap(),
            ObservationValue::Concept(concept) => concept.words().unwrap().to_owned(),
            ObservationValue::Text(text) => text,
        });
        assert_eq!(said, expected, "{field}");
    }
}

#[test]
fn digits_of_a_number_are_neither_lost_nor_added() {
    let raw =
        r#"{"resourceType":"Observation","id":"1","valueQuantity":{"value":6.50,"unit":"%"}}"#;
    let head = serde_json::from_str(raw).unwrap();
    let json = raw.as_bytes().to_vec().into();
    let resource = Resource { reference: "Observation/1".to_owned(), head, json, home: None };
    let record = super::record("Observation", &resource, &Medications::default()).unwrap().unwrap();
    let Fact::Observation(observation) = record.fact else { panic!("an observation") };
    assert!(
        matches!(observation.value, Some(ObservationValue::Quantity(quantity)) if quantity.value.as_deref() == Some("6.50"))
    );
}

#[test]
fn components_carry_their_own_values() {
    let part =
        |code: &str, value: u32| json!({"code": {"text": code}, "valueQuantity": {"value": value}});
    let pressure = json!({"resourceType": "Observation", "id": "1", "component": [part("systolic", 140), part("diastolic", 90)]});
    let observation = stated!(pressure, Observation);
    assert_eq!(observation.components.len(), 2);
    assert!(observation.components.iter().all(|component| component.value.is_some()));
}

#[test]
fn a_contained_medication_names_the_drug() {
    let order = stated!(
        json!({
            "resourceType": "MedicationRequest", "id": "1", "status": "active", "intent": "order",
            "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "Lisinopril 10 MG"}}],
            "medicationReference": {"reference": "#m", "display": "something else"}
        }),
        Order
    );
    assert_eq!(order.medication.drug.unwrap().words(), Some("Lisinopril 10 MG"));
}

#[test]
fn a_medication_that_cannot_be_looked_up_keeps_its_words_or_nothing() {
    let with_words = json!({"resourceType": "MedicationRequest", "id": "1", "medicationReference": {"reference": "Medication/9", "display": "Aspirin"}});
    assert_eq!(stated!(with_words, Order).medication.drug.unwrap().words(), Some("Aspirin"));
    let without = json!({"resourceType": "MedicationRequest", "id": "1", "medicationReference": {"reference": "Medication/9"}});
    assert!(stated!(without, Order).medication.drug.is_none());
}

#[test]
fn what_its_source_withdrew_is_left_out() {
    for resource in [
        json!({"resourceType": "Condition", "id": "1", "verificationStatus": {"coding": [{"code": "entered-in-error"}]}}),
        json!({"resourceType": "AllergyIntolerance", "id": "1", "verificationStatus": {"coding": [{"code": "entered-in-error"}]}}),
        json!({"resourceType": "Observation", "id": "1", "status": "entered-in-error"}),
        json!({"resourceType": "Goal", "id": "1", "lifecycleStatus": "entered-in-error"}),
        json!({"resourceType": "Coverage", "id": "1", "status": "entered-in-error"}),
    ] {
        assert!(matches!(read(&resource), Ok(None)), "{resource}");
    }
}

#[test]
fn nulls_in_lists_are_passed_over() {
    let patient = json!({"resourceType": "Patient", "id": "1", "name": [{"family": "Okafor", "given": [null, "Ada"]}], "telecom": null});
    let person = stated!(patient, Person);
    assert_eq!(person.names[0].display().as_deref(), Some("Ada Okafor"));
}

#[test]
fn a_field_of_the_wrong_shape_makes_the_record_unreadable() {
    assert!(read(&json!({"resourceType": "Condition", "id": "1", "code": "diabetes"})).is_err());
}

#[test]
fn every_published_example_is_read() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/fhir-r4-examples/r4-examples.ndjson.gz"
    );
    let Ok(file) = std::fs::File::open(path) else { return };
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(file), &mut text).unwrap();
    let mut readable = 0;
    for line in text.lines() {
        let resource: Value = serde_json::from_str(line).unwrap();
        let kind = resource["resourceType"].as_str().unwrap();
        if super::super::section::TYPES.contains(&kind) && kind != "Medication" {
            assert!(read(&resource).is_ok(), "{kind}/{}", resource["id"]);
            readable += 1;
        }
    }
    assert!(readable > 20, "only {readable} of the examples are of types that we read");
}
