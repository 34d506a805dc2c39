//! Clients that would rather have nothing than nulls: `X-Access-Mode: reject`.

use caregraph_sandbox::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::gateway::{TestGateway, run, shared};

async fn ask(gateway: &TestGateway, role: Role, mode: &str, query: &str, id: &str) -> Answer {
    let body = json!({ "query": query, "variables": { "id": id } }).to_string();
    let request = gateway.client.post(gateway.url("/graphql")).bearer_auth(gateway.token(role));
    let request = request.header("content-type", "application/json").header("x-access-mode", mode);
    let request = request.header("accept", "application/graphql-response+json").body(body);
    Answer::of(request.send().await.expect("the gateway answers")).await
}

#[test]
fn a_strict_request_is_refused_whole_when_it_selects_what_is_hidden() {
    run(async {
        let gateway = shared().await;
        let id = gateway.patient(0).await;
        for query in [
            "query($id: ID!) { patient(id: $id) { name { text } identifiers { value } } }",
            "query($id: ID!) { me { role } patient(id: $id) { ...hidden } } fragment hidden on Patient { identifiers { value } }",
            "query($id: ID!) { node(id: $id) { ... on Patient { identifiers { value } } } }",
            "query($id: ID!) { patients(first: 1) { nodes { identifiers { value } } } services { totalCount } node(id: $id) { id } }",
        ] {
            let refused = ask(gateway, Role::Coordinator, "reject", query, &id).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
            assert_eq!(refused.codes(), ["FORBIDDEN"], "{}", refused.text);
            assert!(refused.text.contains("identifiers"), "{}", refused.text);
            assert!(refused.json().get("data").is_none(), "{}", refused.text);
            let nulls = ask(gateway, Role::Coordinator, "null", query, &id).await;
            assert!(nulls.json()["data"].is_object() && !nulls.redactions().is_empty());
            let whole = ask(gateway, Role::PrimaryCare, "reject", query, &id).await;
            assert_eq!(whole.json()["errors"], Value::Null, "{}", whole.text);
        }
    });
}

#[test]
fn a_mode_that_is_none_is_refused() {
    run(async {
        let gateway = shared().await;
        for mode in ["", "Reject", "yes"] {
            let answer = ask(gateway, Role::Coordinator, mode, "{ me { role } }", "").await;
            assert_eq!(
                (answer.status, answer.codes()),
                (StatusCode::BAD_REQUEST, vec!["BAD_USER_INPUT".to_owned()]),
                "{mode:?}"
            );
        }
    });
}
