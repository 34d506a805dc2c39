//! Limits on one viewer: requests by the minute, distinct patients by the hour.

use caregraph_sandbox::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, run};

async fn gateway(limits: &str) -> TestGateway {
    let extra = format!("\n[limits]\n{limits}\n");
    TestGateway::builder().patients(10).shape(|shape| shape.extra = extra).start().await
}

/// Every patient of the gateway, seen by somebody whose limit is not tried.
async fn everybody(gateway: &TestGateway) -> Vec<String> {
    let mut ids = Vec::new();
    for person in 0..5 {
        ids.push(gateway.patient(person).await);
    }
    ids
}

const ONE: &str = "query($id: ID!) { patient(id: $id) { id } }";

#[test]
fn whoever_sends_too_many_requests_is_told_when_to_come_back() {
    run(async {
        let gateway = gateway("requests_per_minute = 3").await;
        for _ in 0..3 {
            let taken = gateway.ask(Role::Coordinator, "{ me { role } }", Value::Null).await;
            assert_eq!(taken.status, StatusCode::OK);
        }
        let refused = gateway.ask(Role::Coordinator, "{ me { role } }", Value::Null).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.codes(), ["RATE_LIMITED"]);
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=21).contains(&wait), "{wait}");
        gateway.stop().await;
    });
}

#[test]
fn patients_beyond_the_budget_are_refused_alike_and_those_before_are_read_on() {
    run(async {
        let gateway = gateway("patients_per_hour = 5").await;
        let ids = everybody(&gateway).await;
        // Those five were opened by a clinician; a coordinator has not opened anybody yet.
        let ask = async |id: &str| gateway.ask(Role::Coordinator, ONE, json!({ "id": id })).await;
        for id in &ids[..4] {
            assert_eq!(ask(id).await.data()["patient"]["id"], json!(id));
        }
        let both =
            "query($a: ID!, $b: ID!) { x: patient(id: $a) { id } y: patient(id: $b) { id } }";
        let sixth = gateway
            .ask(Role::PrimaryCare, "{ patients(first: 10) { nodes { id } } }", Value::Null)
            .await;
        assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(ask(&ids[4]).await.data()["patient"]["id"], json!(ids[4]));
        let search = "{ patients(first: 10) { nodes { id } } }";
        let refused = gateway.ask(Role::Coordinator, search, Value::Null).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.codes(), ["RATE_LIMITED"]);
        assert!(refused.json().get("data").is_none(), "{}", refused.text);
        // Nobody, somebody who is not there, and somebody who is: not one byte differs.
        for (query, variables) in [
            (ONE, json!({ "id": "nobody" })),
            ("{ patients(search: \"Qqqqqq\") { nodes { id } } }", Value::Null),
            ("{ patient(identifier: {system: \"a\", value: \"b\"}) { id } }", Value::Null),
            (both, json!({ "a": ids[0], "b": "nobody" })),
        ] {
            let answer = gateway.ask(Role::Coordinator, query, variables).await;
            assert_eq!(answer.text, refused.text, "{query}");
        }
        for id in &ids {
            assert_eq!(ask(id).await.data()["patient"]["id"], json!(id));
        }
        gateway.stop().await;
    });
}
