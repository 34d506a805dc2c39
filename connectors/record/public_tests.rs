//! The public form of a record, beside the one of our own copies.

use serde_json::json;

use super::*;

fn fill() -> serde_json::Value {
    json!({
        "reference": "fill/17",
        "updated": "2026-03",
        "labels": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}],
        "fact": {"fill": {
            "medication": {"drug": {"text": "Metformin 500 mg", "codings": [
                {"system": "http://hl7.org/fhir/sid/ndc", "code": "00093104801"},
            ]}},
            "status": "completed",
            "dispensed": "2026-03-04",
            "quantity": {"value": "60.0", "unit": "tablet"},
        }},
    })
}

#[test]
fn a_record_is_read_from_what_people_write() {
    let record: Record = serde_json::from_value(fill()).unwrap();
    let Fact::Fill(fact) = &record.fact else { panic!("{record:?}") };
    assert_eq!(record.updated.as_ref().unwrap().precision(), Precision::Month);
    assert_eq!(fact.quantity.as_ref().unwrap().value.as_deref(), Some("60.0"));
    assert_eq!(fact.medication.drug.as_ref().unwrap().code_in(systems::NDC), Some("00093104801"));
    // What is written is read again.
    let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&record).unwrap());
}

#[test]
fn what_is_unknown_or_no_date_is_refused() {
    for (path, value) in [
        ("/fact/fill/colour", json!("red")),
        ("/fact/fill/dispensed", json!("03/04/2026")),
        ("/fact/fill/quantity/value", json!(60)),
        ("/owner", json!("p-1")),
        ("/fact/fill/medication/drug/codings/0/version", json!("1")),
    ] {
        let mut wrong = fill();
        let (parent, key) = path.rsplit_once('/').unwrap();
        wrong.pointer_mut(parent).unwrap()[key] = value;
        assert!(serde_json::from_value::<Record>(wrong).is_err(), "{path}");
    }
    let mut nameless = fill();
    nameless.as_object_mut().unwrap().remove("reference");
    assert!(serde_json::from_value::<Record>(nameless).is_err());
}

#[test]
fn that_somebody_died_may_be_dated_or_not() {
    let person = |death| serde_json::from_value::<Person>(json!({"deceased": death})).unwrap();
    assert_eq!(person(json!(true)).deceased, Some(None));
    assert_eq!(person(json!(false)).deceased, None);
    assert_eq!(person(json!(null)).deceased, None);
    let dated = person(json!("2019"));
    assert_eq!(dated.deceased, Some(FuzzyDate::parse("2019")));
    assert_eq!(serde_json::to_value(&dated).unwrap()["deceased"], json!("2019"));
    for death in [None, Some(None), Some(FuzzyDate::parse("2019"))] {
        let person = Person { deceased: death, ..Person::default() };
        let copy = postcard::to_allocvec(&person).unwrap();
        assert!(postcard::from_bytes::<Person>(&copy).unwrap() == person);
    }
}

#[test]
fn our_own_copies_hold_no_names_and_no_texts_of_dates_twice() {
    let record: Record = serde_json::from_value(fill()).unwrap();
    let copy = postcard::to_allocvec(&record).unwrap();
    assert!(!copy.windows(9).any(|part| part == b"dispensed"));
    let again: Record = postcard::from_bytes(&copy).unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&record).unwrap());
    let date = FuzzyDate::parse("2026-03-04").unwrap();
    // The text with its length, how precise it is, and the moment that it begins.
    assert_eq!(postcard::to_allocvec(&date).unwrap().len(), 11 + 1 + 6);
}

#[test]
fn short_names_of_code_systems_are_lower_case() {
    assert_eq!(systems::named("ndc"), Some(systems::NDC));
    assert_eq!(systems::named("NDC"), None);
    assert_eq!(systems::named("none"), None);
    assert!(systems::names().contains(&"snomed".to_owned()));
}
