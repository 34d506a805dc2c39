//! Errors tell where and what of the schema, and never a word of what was sent; what a role may ask of the schema.

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::gateway::{run, shared};

const CANARY: &str = "Xq1962x03x04";

#[test]
fn no_error_repeats_what_was_sent() {
    run(async {
        let gateway = shared().await;
        let documents = [
            format!("{{ patients(search: \"{CANARY}\" ?) {{ totalCount }} }}"),
            format!("{{ patients(search: \"{CANARY}) {{ totalCount }} }}"),
            format!("{{ patients(first: \"{CANARY}\") {{ totalCount }} }}"),
            format!("{{ patients(first: {CANARY}) {{ totalCount }} }}"),
            format!("{{ patients({CANARY}: 1) {{ totalCount }} }}"),
            format!("{{ {CANARY} }}"),
            format!("{{ patients(after: \"{CANARY}\") {{ totalCount }} }}"),
            format!("{{ patient(id: \"{CANARY}\") {{ id }} }}"),
            format!("{{ patient(identifier: {{system: \"{CANARY}\"}}) {{ id }} }}"),
            format!(
                "{{ patient(identifier: {{system: \"a\", value: \"b\", {CANARY}: 1}}) {{ id }} }}"
            ),
            format!("{{ me {{ ... on {CANARY} {{ role }} }} }}"),
            format!("{{ me {{ ...{CANARY} }} }}"),
            format!("{{ me {{ role @{CANARY} }} }}"),
            format!("query(${CANARY}: Int) {{ me {{ role }} }}"),
            format!("query(${CANARY}: {CANARY}) {{ me {{ role }} }}"),
            format!("{{ me {{ role @include(if: ${CANARY}) }} }}"),
            format!("query {CANARY} {{ me {{ role }} }} query {CANARY} {{ me {{ role }} }}"),
            format!(
                "mutation {{ recordConsent(input: {{patient: \"{CANARY}\", decision: PERMIT, basis: \"x\", from: \"{CANARY}\"}}) {{ id }} }}"
            ),
            format!("mutation {{ revokeConsent(id: \"{CANARY}\") {{ id }} }}"),
        ];
        for document in documents {
            let answer = gateway.ask(Role::PrimaryCare, &document, Value::Null).await;
            assert!(!answer.codes().is_empty(), "{document}: {}", answer.text);
            assert!(!answer.text.contains(CANARY), "{document}: {}", answer.text);
        }
        let query = "query($n: Int, $ids: [ID!], $of: IdentifierInput, $s: String) { patients(first: $n, search: $s) { totalCount } nodes(ids: [\"a\"]) { id } b: patient(identifier: $of) { id } }";
        for variables in [
            json!({ "n": CANARY }),
            json!({ "of": CANARY }),
            json!({ "of": { "system": CANARY, CANARY: 1 } }),
            json!({ "s": [CANARY] }),
        ] {
            let query = query.replace(", $ids: [ID!]", "");
            let answer = gateway.ask(Role::PrimaryCare, &query, variables.clone()).await;
            assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{variables}: {}", answer.text);
            assert!(!answer.text.contains(CANARY), "{variables}: {}", answer.text);
        }
    });
}

#[test]
fn the_schema_is_told_to_those_whose_role_may_ask_for_it() {
    run(async {
        let gateway = shared().await;
        let patient = gateway.patient(0).await;
        let mut refusals = Vec::new();
        for role in [Role::Patient, Role::Caregiver, Role::CommunityWorker] {
            let token = gateway.token_for(role, &patient);
            for query in [
                "{ __schema { types { name } } }",
                "{ me { role } ...F } fragment F on Query { __type(name: \"Patient\") { name } }",
                "{ __schema { nothing } }",
            ] {
                let answer = gateway.ask_with(&token, query, Value::Null).await;
                assert_eq!(answer.codes(), ["FORBIDDEN"], "{query}");
                refusals.push(answer.text);
            }
            let names =
                gateway.ask_with(&token, "{ __typename me { __typename } }", Value::Null).await;
            assert_eq!(names.data()["me"]["__typename"], "Viewer");
        }
        refusals.dedup();
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        for role in [Role::Coordinator, Role::Auditor, Role::Admin, Role::Partner] {
            let answer =
                gateway.ask(role, "{ __schema { queryType { name } } }", Value::Null).await;
            assert_eq!(answer.data()["__schema"]["queryType"]["name"], "Query");
        }
        let text = gateway.get("/graphiql/schema.graphql").await.text;
        assert!(text.contains("type Patient"), "{text:.100}");
    });
}

#[test]
fn an_error_at_one_field_does_not_blank_those_beside_it() {
    run(async {
        let gateway = shared().await;
        let query = "{ me { role } nobody: patient(id: \"nobody\") { id } }";
        let answer = gateway.ask(Role::PrimaryCare, query, Value::Null).await;
        assert_eq!(
            answer.json()["data"],
            json!({ "me": { "role": "PRIMARY_CARE" }, "nobody": null })
        );
        assert_eq!(answer.json()["errors"][0]["path"], json!(["nobody"]));
        assert_eq!(answer.codes(), ["NOT_FOUND"]);
        // A variable that is not given leaves the argument to its own default.
        let query = "query($n: Int) { patients(first: $n) { nodes { id } } }";
        let answer = gateway.ask(Role::PrimaryCare, query, Value::Null).await;
        assert_eq!(answer.data()["patients"]["nodes"].as_array().map(Vec::len), Some(20));
    });
}
