//! What answers cost the sources.

use std::collections::BTreeMap;

use caregraph_sandbox::System;
use serde_json::{Value, json};

use crate::answer::items;
use crate::gateway::{TestGateway, run};

/// What a system was asked so far, but for its roster.
fn asked(system: &System) -> BTreeMap<String, u64> {
    let requests = system.requests();
    let paths = requests.paths().filter(|(path, _)| *path != "Patient?");
    paths.map(|(path, count)| (path.to_owned(), count)).collect()
}

fn asked_all(gateway: &TestGateway) -> BTreeMap<&'static str, BTreeMap<String, u64>> {
    gateway.sandbox.systems().iter().map(|system| (system.id(), asked(system))).collect()
}

#[test]
fn fifty_patients_do_not_cost_fifty_round_trips() {
    run(async {
        let gateway = TestGateway::builder().patients(60).start().await;
        let query = "{ patients(first: 50) { nodes { conditions { nodes { code { text } } } } } }";
        gateway.data(query, Value::Null).await;
        let before = asked_all(&gateway);
        let data = gateway.data(query, Value::Null).await;
        assert_eq!(items(&data["patients"]["nodes"]).len(), 50);
        let after = asked_all(&gateway);
        for system in ["lakeside", "northgate", "stmary", "harbor"] {
            let count =
                |of: &BTreeMap<&str, BTreeMap<String, u64>>| of[system].values().sum::<u64>();
            let cost = count(&after) - count(&before);
            assert!((1..=10).contains(&cost), "{system} was asked {cost} times");
        }
        gateway.stop().await;
    });
}

#[test]
fn only_what_is_selected_is_asked_for() {
    run(async {
        let gateway = TestGateway::builder().patients(5).start().await;
        let patient = gateway.patient(0).await;
        for (query, path) in [
            (
                "query($id: ID!) { patient(id: $id) { id allergies { totalCount } } }",
                Some("AllergyIntolerance?"),
            ),
            ("query($id: ID!) { patient(id: $id) { links { basis } } }", None),
            (
                "query($id: ID!) { patient(id: $id) { immunizations @skip(if: true) { totalCount } id } }",
                None,
            ),
            ("query($id: ID!) { node(id: $id) { id ... on Condition { code { text } } } }", None),
            (
                "query($id: ID!) { patient(id: $id) { encounters { totalCount } ... on Patient { encounters { nodes { id } } } } }",
                Some("Encounter?"),
            ),
        ] {
            let before = asked_all(&gateway);
            gateway.data(query, json!({ "id": patient })).await;
            for (system, now) in asked_all(&gateway) {
                for (kind, count) in now {
                    let new = count - before[system].get(&kind).copied().unwrap_or(0);
                    // The pharmacy counts what it does not know as something else.
                    let known = kind == "other" && system == "cornerstone";
                    let wanted =
                        path.is_some_and(|path| path == kind || known) && system != "commons";
                    assert!(
                        new == 0 || (wanted && new <= 2),
                        "{system} {kind}: {new} times for {query}"
                    );
                }
            }
        }
        gateway.stop().await;
    });
}

/// How each source stands.
const SOURCES: &str = "sources { source { id } state }";

#[test]
fn how_sources_stand_is_told_although_nothing_else_is_asked_for() {
    run(async {
        let gateway = TestGateway::builder().patients(5).start().await;
        let patient = gateway.patient(0).await;
        for (query, at) in [
            (format!("query($id: ID!) {{ patient(id: $id) {{ {SOURCES} }} }}"), "/patient"),
            (
                format!("query($id: ID!) {{ node(id: $id) {{ ... on Patient {{ {SOURCES} }} }} }}"),
                "/node",
            ),
            (
                format!("query {{ patients(first: 1) {{ nodes {{ {SOURCES} }} }} }}"),
                "/patients/nodes/0",
            ),
        ] {
            let data = gateway.data(&query, json!({ "id": patient })).await;
            let sources = data.pointer(&format!("{at}/sources")).and_then(|it| it.as_array());
            let asked = sources.unwrap().iter().filter(|source| source["state"] == "OK").count();
            assert!(asked > 0, "{query}: {sources:?}");
        }
        gateway.stop().await;
    });
}

#[test]
fn a_source_without_a_record_is_never_asked_about_the_patient() {
    run(async {
        let gateway = TestGateway::builder().patients(40).start().await;
        let clinical = ["lakeside", "northgate", "stmary", "harbor", "cornerstone"];
        let truths = gateway.sandbox.truths();
        let known_alone: Vec<_> = truths
            .filter(|truth| {
                truth.records.len() < 4 && truth.records.iter().all(|record| record.cluster == 0)
            })
            .collect();
        assert!(known_alone.len() > 5);
        let sections = crate::chart::LISTS.map(|section| {
            format!("{} {{ nodes {{ id }} completeness {{ state }} }}", section.as_str())
        });
        let query = format!(
            "query($id: ID!) {{ patient(id: $id) {{ name {{ text }} {} careTeam {{ id }} coverage {{ id }} }} }}",
            sections.join(" ")
        );
        for truth in known_alone.into_iter().take(10) {
            let patient = gateway.patient(truth.person).await;
            let before = asked_all(&gateway);
            let data = gateway.data(&query, json!({ "id": patient })).await;
            assert!(data["patient"].is_object());
            let after = asked_all(&gateway);
            for system in clinical {
                let known = truth.record(system).is_some();
                assert_eq!(
                    before[system] != after[system],
                    known,
                    "{system} and person {}",
                    truth.person
                );
            }
        }
        gateway.stop().await;
    });
}
