//! Those who may see one patient only, and those who may see none.

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::items;
use crate::gateway::{TestGateway, run, shared};
use crate::roles::ask_as;

const BOUND: [Role; 2] = [Role::Patient, Role::Caregiver];
const NONE: [Role; 4] = [Role::CommunityWorker, Role::Partner, Role::Auditor, Role::Admin];

/// Ways to ask for a patient, by id and by identifier.
const QUERIES: [&str; 7] = [
    "query($id: ID!) { patient(id: $id) { id } }",
    "query($of: IdentifierInput!) { patient(identifier: $of) { name { text } conditions { totalCount nodes { id } } } }",
    "query($id: ID!) { node(id: $id) { id } }",
    "query($id: ID!) { nodes(ids: [$id]) { id ... on Patient { sources { state } } } }",
    "query($name: String) { patients(search: $name) { totalCount nodes { id name { text } } pageInfo { hasNextPage endCursor } } }",
    "query($id: ID!) { a: patient(id: $id) { observations { nodes { value { __typename } } } } b: node(id: $id) { __typename } }",
    "query($id: ID!, $thing: ID!) { nodes(ids: [$id, $thing]) { id } }",
];

/// An id that has the form of a patient's and names nobody.
const NOBODY: &str = "AQAAAAAAAECAgAAAAAAAAAA";

/// What stands for one person in the variables of [`QUERIES`].
async fn known(gateway: &TestGateway, person: u64) -> Value {
    let record = gateway.sandbox.truth(person).records.remove(0);
    let id = gateway.patient(person).await;
    let query = "query($id: ID!) { patient(id: $id) { name { text } conditions(first: 1) { nodes { id } } } }";
    let data = gateway.data(query, json!({ "id": id })).await;
    let patient = &data["patient"];
    json!({
        "id": id,
        "of": gateway.record_number(record.system, &record.id).await,
        "name": patient["name"]["text"],
        "thing": patient["conditions"]["nodes"][0]["id"],
    })
}

fn unknown() -> Value {
    json!({
        "id": NOBODY,
        "of": { "system": "urn:example:record-number", "value": "0000-0000" },
        "name": "Nobody Whosoever",
        "thing": NOBODY,
    })
}

#[test]
fn a_known_patient_and_an_unknown_one_are_the_same_bytes_to_strangers() {
    run(async {
        let gateway = shared().await;
        let (known, unknown) = (known(gateway, 0).await, unknown());
        for role in NONE {
            for query in QUERIES {
                let one = gateway.ask(role, query, known.clone()).await;
                let other = gateway.ask(role, query, unknown.clone()).await;
                assert_eq!(one.text, other.text, "{role}: {query}");
                assert_eq!(one.status, other.status, "{role}: {query}");
            }
        }
    });
}

#[test]
fn the_bound_do_not_see_anybody_else() {
    run(async {
        let gateway = shared().await;
        let (other, nobody) = (known(gateway, 1).await, unknown());
        let own = gateway.patient(0).await;
        for role in BOUND {
            for query in QUERIES.into_iter().filter(|query| !query.contains("patients(")) {
                let one = ask_as(gateway, role, &own, query, other.clone()).await;
                let two = ask_as(gateway, role, &own, query, nobody.clone()).await;
                assert_eq!(one.text, two.text, "{role}: {query}");
            }
        }
    });
}

#[test]
fn the_bound_see_their_patient() {
    run(async {
        let gateway = shared().await;
        let own = gateway.patient(0).await;
        for role in BOUND {
            let by_id = "query($id: ID!) { patient(id: $id) { id } node(id: $id) { id } }";
            let data = ask_as(gateway, role, &own, by_id, json!({ "id": own })).await.data();
            assert_eq!(data, json!({ "patient": { "id": own }, "node": { "id": own } }), "{role}");
            let all =
                ask_as(gateway, role, &own, "{ patients { nodes { id } } }", Value::Null).await;
            assert_eq!(all.data()["patients"]["nodes"], json!([{ "id": own }]), "{role}");
        }
    });
}

#[test]
fn a_bound_token_without_a_patient_sees_nobody() {
    run(async {
        let gateway = shared().await;
        let own = known(gateway, 0).await;
        for role in BOUND {
            let token = gateway.token(role);
            let query = "query($id: ID!) { patient(id: $id) { id } }";
            let answer = gateway.ask_with(&token, query, own.clone()).await;
            assert_eq!(answer.codes(), ["NOT_FOUND"], "{role}");
            let all = gateway.ask_with(&token, "{ patients { nodes { id } } }", Value::Null).await;
            assert!(items(&all.data()["patients"]["nodes"]).is_empty(), "{role}");
        }
    });
}

#[test]
fn purposes_that_a_role_may_not_have_are_refused() {
    run(async {
        let gateway = shared().await;
        for (role, purpose, status) in [
            (Role::Coordinator, "TREAT", 200),
            (Role::Coordinator, "CAREMGT", 200),
            (Role::Coordinator, "ETREAT", 400),
            (Role::Patient, "TREAT", 400),
            (Role::Pharmacist, "treat", 400),
            (Role::Pharmacist, "", 400),
        ] {
            let request =
                gateway.client.post(gateway.url("/graphql")).bearer_auth(gateway.token(role));
            let request = request.header("content-type", "application/json");
            let request =
                request.header("x-purpose-of-use", purpose).body(r#"{"query":"{me{purpose}}"}"#);
            let answer = crate::answer::Answer::of(request.send().await.unwrap()).await;
            assert_eq!(answer.status, status, "{role} {purpose}");
            if status == 200 {
                assert_eq!(answer.data()["me"]["purpose"], purpose);
            }
        }
    });
}
