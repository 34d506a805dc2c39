//! What of a service arrives in the model, over our fixtures and the examples of the specification.

use std::io::Read as _;
use std::path::Path;

use super::super::lenient::{object, read};
use super::super::page::page;
use super::*;

fn fixture() -> ServiceRecord {
    let body = include_bytes!("../fixtures/hsds-3/service.json");
    record(&object(body).unwrap()).unwrap()
}

#[test]
fn a_full_service_arrives_with_all_its_parts() {
    let service = fixture();
    assert_eq!(service.name, "Riverside Food Pantry");
    assert_eq!(service.description.unwrap(), "Groceries for a week, packed for your household.");
    assert_eq!(service.organization.unwrap(), "Riverside Mutual Aid");
    assert_eq!(service.wait_time.unwrap(), "15");
    assert_eq!((service.minimum_age, service.maximum_age), (Some(18.0), None));
    assert_eq!(
        service.cost.unwrap(),
        "Free of charge. · Delivery: 3.5 USD per box (from 2026-01-01)"
    );
    assert_eq!(service.documents, ["Proof of address"]);
    assert_eq!(service.languages, ["Spanish", "English", "vi"]);
    assert_eq!(service.categories, ["Food Pantries", "NL-6000"]);
    assert_eq!(service.areas, ["Linn County: All of Linn County", "Postcodes 52401 to 52499"]);
    assert_eq!(service.assured.unwrap().as_str(), "2026-01-15");
    assert_eq!(service.updated.unwrap().as_str(), "2026-02-03T09:15:00.250");
}

#[test]
fn phones_are_told_once_and_the_organisations_only_in_need() {
    let service = fixture();
    assert_eq!(service.phones, ["+1 555 0100 ext. 100", "5550101 (fax)", "+1 555 0102"]);
    let body =
        br#"{"id": 1, "name": "x", "organization": {"phones": [{"number": "+1 555 0199"}]}}"#;
    assert_eq!(record(&object(body).unwrap()).unwrap().phones, ["+1 555 0199"]);
}

#[test]
fn hours_name_the_place_when_there_are_several() {
    assert_eq!(
        fixture().schedules,
        ["Tue, Thu 10:00–14:00 (UTC-5)", "Old Mill: 1st Sat 09:00–12:00"]
    );
}

#[test]
fn places_have_the_address_one_goes_to_and_a_position_that_exists() {
    let [mill, van] = <[ServiceLocation; 2]>::try_from(fixture().locations).unwrap();
    assert_eq!(mill.address.unwrap(), "12 River Street, Cedar Rapids, IA 52401, US");
    assert_eq!(mill.postal_code.unwrap(), "52401");
    assert_eq!((mill.latitude, mill.longitude), (Some(41.9779), Some(-91.6656)));
    assert_eq!((van.latitude, van.longitude, van.address), (None, None, None));
}

#[test]
fn a_service_needs_an_id_and_a_name() {
    for body in [r#"{"id": "x"}"#, r#"{"name": "x"}"#, r#"{"id": "x", "name": " "}"#, "{}"] {
        assert_eq!(record(&object(body.as_bytes()).unwrap()), None, "{body}");
    }
}

#[test]
fn fields_of_the_wrong_type_count_as_missing() {
    let body = br#"{"id": "x", "name": "X", "description": {"en": "no"}, "minimum_age": "old",
        "phones": "none", "schedules": {"byday": "MO"}, "organization": 7, "languages": [["en"]],
        "attributes": [7, {"taxonomy_term": []}], "service_at_locations": {"location": null}}"#;
    let service = record(&object(body).unwrap()).unwrap();
    let expected = ServiceRecord {
        id: "x".into(),
        name: "X".into(),
        schedules: vec!["Mon".into()],
        ..ServiceRecord::default()
    };
    assert_eq!(service, expected);
}

#[test]
fn long_texts_and_lists_are_cut() {
    let phones = vec![serde_json::json!({"number": "1"}); 3];
    let areas: Vec<_> = (0..500).map(|n| serde_json::json!({"name": n})).collect();
    let body = serde_json::json!({"id": "x", "name": "n".repeat(9_000), "phones": phones,
        "description": "d".repeat(90_000), "service_areas": areas});
    let service = record(&read(body).unwrap()).unwrap();
    assert_eq!(service.name.chars().count(), NAME);
    assert_eq!(service.description.unwrap().chars().count(), PROSE);
    assert_eq!((service.areas.len(), service.phones.len()), (LINES, 1));
}

#[test]
fn the_list_fills_what_the_detail_leaves_out() {
    let list = page(include_bytes!("../fixtures/hsds-3/list.json")).unwrap();
    let listed: Vec<ServiceRecord> =
        list.entries.into_iter().filter_map(|entry| record(&read(entry)?)).collect();
    let ids: Vec<&str> = listed.iter().map(|service| service.id.as_str()).collect();
    assert_eq!(ids, ["svc-pantry", "4711", "svc-closed"]);
    let detail = record(&object(br#"{"id": "svc-closed", "name": "Shelter"}"#).unwrap()).unwrap();
    let service = completed(detail, &listed[2]);
    assert_eq!(service.name, "Shelter");
    assert_eq!(service.organization.as_deref(), Some("Hearth House"));
    assert_eq!(service.status.as_deref(), Some("defunct"));
}

/// The examples that the specification publishes, where they are at hand.
fn example(name: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/hsds");
    let packed = std::fs::read(folder.join(name)).ok()?;
    let mut body = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut body).unwrap();
    Some(body)
}

#[test]
fn the_published_service_is_read_whole() {
    let Some(body) = example("service_full.json.gz") else { return };
    let service = record(&object(&body).unwrap()).unwrap();
    assert_eq!(service.name, "Community Counselling");
    assert_eq!(service.phones, ["+44 1234 234567 ext. 100"]);
    assert_eq!(service.languages, ["Urdu"]);
    assert_eq!(service.categories, ["name"]);
    assert_eq!((service.documents.len(), service.areas.len(), service.locations.len()), (1, 1, 1));
    assert_eq!((service.minimum_age, service.maximum_age), (Some(12.0), Some(100.0)));
    assert!(
        service.cost.unwrap().ends_with(
            "Under 18s and Over 60s: 35 GBP per 1 hour session (2020-01-01 to 2022-12-31)"
        )
    );
    assert!(
        service.schedules[0]
            .starts_with("Thu, Fri in week 41, 42 10:00–18:00 (UTC+3; 3 times; valid")
    );
    assert_eq!(service.locations[0].city.as_deref(), Some("MyCity"));
    assert_eq!(service.locations[0].latitude, None);
    assert_eq!(service.updated.unwrap().as_str(), "2023-03-15T10:30:45.123Z");
}

#[test]
fn every_published_example_is_read_without_harm() {
    let lists = ["service", "organization", "service_at_location", "taxonomy", "taxonomy_term"];
    for name in lists {
        let Some(body) = example(&format!("{name}_list.json.gz")) else { continue };
        let page = page(&body).unwrap();
        assert_eq!((page.entries.len(), page.last, page.total), (1, false, Some(10)), "{name}");
    }
    let objects = ["base", "location", "organization_full", "service_at_location_full", "tabular"];
    for name in objects.into_iter().chain(["taxonomy", "taxonomy_term"]) {
        let Some(body) = example(&format!("{name}.json.gz")) else { continue };
        let service: Service = object(&body).unwrap();
        // Only what has a name and an id can pass for a service.
        assert_eq!(record(&service).is_some(), service.name.0.is_some(), "{name}");
    }
}
