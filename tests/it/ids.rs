//! Ids: what they name, and for how long.

use std::collections::BTreeMap;

use caregraph_sandbox::{Fault, Role};
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::chart::{self, Chart, Shown};
use crate::gateway::{TestGateway, run, shared, until};

/// Every type that stands in a chart.
const THINGS: [&str; 14] = [
    "Condition",
    "Allergy",
    "Medication",
    "Observation",
    "Immunization",
    "Procedure",
    "Encounter",
    "Appointment",
    "Document",
    "CarePlan",
    "Goal",
    "CareTeamMember",
    "Referral",
    "Coverage",
];

/// What stands behind ids, by id; nothing for those that name nothing.
async fn find(gateway: &TestGateway, ids: &[String]) -> BTreeMap<String, Value> {
    let origin = "provenance { records { source { name } reference } }";
    let parts =
        THINGS.iter().map(|of| format!("... on {of} {{ {origin} }} ")).collect::<Vec<_>>().concat();
    let query = format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id {parts} }} }}");
    let mut found = BTreeMap::new();
    for ids in ids.chunks(100) {
        let data = gateway.data(&query, json!({ "ids": ids })).await;
        assert_eq!(items(&data["nodes"]).len(), ids.len());
        let nodes = items(&data["nodes"]).iter().cloned();
        found.extend(ids.iter().cloned().zip(nodes).filter(|(_, node)| !node.is_null()));
    }
    found
}

fn all(chart: &Chart) -> Vec<Shown> {
    chart.values().flatten().cloned().collect()
}

#[test]
fn node_finds_again_what_a_section_showed() {
    run(async {
        let gateway = shared().await;
        let patient = gateway.patient(0).await;
        let things = all(&chart::read(gateway, &patient, 100).await);
        let ids: Vec<String> = things.iter().map(|thing| thing.id.clone()).collect();
        let found = find(gateway, &ids).await;
        let kinds: std::collections::BTreeSet<_> =
            found.values().map(|node| text(&node["__typename"])).collect();
        assert_eq!(kinds.len(), THINGS.len(), "{kinds:?}");
        for thing in things {
            let node = found.get(&thing.id).unwrap_or_else(|| panic!("{thing:?} is lost"));
            assert_eq!(chart::shown(&gateway.sandbox, &json!([node])), [thing]);
        }
        let data = gateway
            .data("query($id: ID!) { node(id: $id) { id __typename } }", json!({ "id": patient }))
            .await;
        assert_eq!(data["node"], json!({ "id": patient, "__typename": "Patient" }));
    });
}

#[test]
fn every_source_connector_and_service_is_found_by_its_id() {
    run(async {
        let gateway = shared().await;
        let query = "{ sources { id connector { id } } services(first: 5) { nodes { id } } }";
        let mut data = Value::Null;
        for _ in 0..500 {
            data = gateway.data(query, Value::Null).await;
            if !items(&data["services"]["nodes"]).is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let sources = items(&data["sources"]).iter();
        let mut wanted: Vec<(String, &str)> =
            sources.clone().map(|source| (text(&source["id"]), "Source")).collect();
        wanted.extend(sources.map(|source| (text(&source["connector"]["id"]), "Connector")));
        let services = items(&data["services"]["nodes"]).iter();
        wanted.extend(services.map(|service| (text(&service["id"]), "CommunityService")));
        assert_eq!(wanted.len(), 6 + 6 + 5);
        let ids: Vec<String> = wanted.iter().map(|(id, _)| id.clone()).collect();
        let found = find(gateway, &ids).await;
        for (id, kind) in wanted {
            assert_eq!(found[&id]["__typename"], kind);
        }
    });
}

/// All sections as they are shown, whole or not.
async fn shown_now(gateway: &TestGateway, patient: &str) -> Vec<Shown> {
    let origin = "id provenance { records { source { name } reference } }";
    let lists = chart::LISTS
        .iter()
        .map(|section| format!("{}(first: 100) {{ nodes {{ {origin} }} }} ", section.as_str()))
        .collect::<Vec<_>>()
        .concat();
    let query = format!("query($id: ID!) {{ patient(id: $id) {{ {lists} }} }}");
    let data = gateway.data(&query, json!({ "id": patient })).await;
    let lists = data["patient"].as_object().expect("the patient is shown").values();
    lists.flat_map(|list| chart::shown(&gateway.sandbox, &list["nodes"])).collect()
}

#[test]
fn ids_outlive_the_absence_of_a_source() {
    run(async {
        let gateway = TestGateway::builder().patients(3).start().await;
        let patient = gateway.patient(0).await;
        let before = shown_now(&gateway, &patient).await;
        for system in ["lakeside", "stmary", "cornerstone"] {
            let source = gateway.sandbox.system(system).unwrap();
            source.set_fault(Fault::Dead);
            let during = shown_now(&gateway, &patient).await;
            source.set_fault(Fault::None);
            let whole = || async { shown_now(&gateway, &patient).await == before };
            until("everything is shown again, under the same ids", whole).await;
            let touched = |thing: &Shown| thing.records.iter().any(|(of, _)| of == system);
            assert!(before.iter().any(touched) && !during.iter().any(touched), "{system}");
            for thing in before.iter().filter(|thing| !touched(thing)) {
                // What only vaguely was the same may stand with other company, but what stands, stands under its id.
                let stays = during.iter().filter(|other| other.records == thing.records);
                assert!(stays.into_iter().all(|other| other.id == thing.id), "{thing:?}");
            }
            let ids: Vec<String> = during.iter().map(|thing| thing.id.clone()).collect();
            let found = find(&gateway, &ids).await;
            for thing in &during {
                let node = &found[&thing.id];
                let now = chart::shown(&gateway.sandbox, &json!([node])).remove(0);
                let kept = thing.records.iter().filter(|record| now.records.contains(record));
                assert!(kept.count() > 0, "{thing:?} is now {now:?}");
            }
        }
        gateway.stop().await;
    });
}

#[test]
fn a_thing_of_a_dead_source_is_not_said_not_to_exist() {
    run(async {
        let gateway = TestGateway::builder().patients(2).start().await;
        let patient = gateway.patient(0).await;
        let before = shown_now(&gateway, &patient).await;
        let alone = |thing: &&Shown| thing.records.iter().all(|(system, _)| system == "stmary");
        let thing = before.iter().find(alone).expect("the hospital alone knows something");
        gateway.sandbox.system("stmary").unwrap().set_fault(Fault::Dead);
        let query = "query($id: ID!) { node(id: $id) { id } }";
        let answer = gateway.ask(Role::PrimaryCare, query, json!({ "id": thing.id })).await;
        assert_eq!(answer.codes(), ["SOURCE_UNAVAILABLE"], "{}", answer.text);
        gateway.stop().await;
    });
}
