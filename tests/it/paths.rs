//! Every way to a field that is hidden: aliases, fragments, interfaces, `node`, `nodes`, edges.

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::gateway::{TestGateway, run, shared};
use crate::matrix::Matrix;
use crate::roles::{Expectation, SEEING, ask_as, is_withheld};
use crate::sdl::Sdl;

/// The sections of the patient, and the type of their things.
pub(crate) const THINGS: [(&str, &str); 14] = [
    ("conditions", "Condition"),
    ("allergies", "Allergy"),
    ("medications", "Medication"),
    ("observations", "Observation"),
    ("immunizations", "Immunization"),
    ("procedures", "Procedure"),
    ("encounters", "Encounter"),
    ("appointments", "Appointment"),
    ("documents", "Document"),
    ("carePlans", "CarePlan"),
    ("goals", "Goal"),
    ("careTeam", "CareTeamMember"),
    ("referrals", "Referral"),
    ("coverage", "Coverage"),
];

/// The id of the first thing of each section.
pub(crate) async fn ids(gateway: &TestGateway, patient: &str) -> Vec<String> {
    let lists = THINGS
        .iter()
        .map(|(section, _)| match *section {
            "careTeam" | "coverage" => format!("{section} {{ id }} "),
            _ => format!("{section}(first: 1) {{ nodes {{ id }} }} "),
        })
        .collect::<Vec<_>>()
        .concat();
    let query = format!("query($id: ID!) {{ patient(id: $id) {{ {lists} }} }}");
    let data = gateway.data(&query, json!({ "id": patient })).await;
    let first = |section: &str| {
        let list = &data["patient"][section];
        let list = if list.is_array() { list } else { &list["nodes"] };
        text(&items(list)[0]["id"])
    };
    THINGS.iter().map(|(section, _)| first(section)).collect()
}

#[test]
fn node_shows_no_more_than_the_section_does() {
    run(async {
        let (gateway, sdl, matrix) = (shared().await, Sdl::ours(), Matrix::committed());
        let patient = gateway.patient(0).await;
        let ids = ids(gateway, &patient).await;
        for ((section, kind), id) in THINGS.into_iter().zip(ids) {
            let all = sdl.everything(kind);
            let query = format!(
                "query($id: ID!) {{ node(id: $id) {{ ...All }} nodes(ids: [$id]) {{ ... on Node {{ ... on {kind} {{ {all} }} }} }} }} fragment All on {kind} {{ {all} }}"
            );
            let full = gateway.data(&query, json!({ "id": id })).await;
            assert_eq!(full["node"]["id"], json!(id), "{kind}");
            for role in SEEING {
                let answer = ask_as(gateway, role, &patient, &query, json!({ "id": id })).await;
                let data = answer.data();
                let name = role.as_str();
                if !matrix.shows(name, "Patient", section) {
                    assert_eq!(data, json!({ "node": null, "nodes": [null] }), "{name} {kind}");
                    continue;
                }
                let expectation = Expectation { sdl: &sdl, matrix: &matrix, role: name };
                expectation.object(kind, &full["node"], &data["node"], "node");
                expectation.object(kind, &full["nodes"][0], &data["nodes"][0], "nodes");
                let mut expected = matrix.redactions(&sdl, name, kind, "node");
                expected.extend(matrix.redactions(&sdl, name, kind, "nodes"));
                assert_eq!(answer.redactions(), Vec::from_iter(expected), "{name} {kind}");
            }
        }
    });
}

/// A way to a field that a role does not see, where it leads, and what must be told.
struct Way {
    role: Role,
    query: &'static str,
    to: &'static str,
    path: &'static str,
}

const fn way(role: Role, query: &'static str, to: &'static str, path: &'static str) -> Way {
    Way { role, query, to, path }
}

const WAYS: [Way; 12] = [
    way(
        Role::Coordinator,
        "{ patient(id: $id) { observations { nodes { value { __typename } } } } }",
        "/patient/observations/nodes/0/value",
        "patient.observations.nodes.value",
    ),
    way(
        Role::Coordinator,
        "{ patient(id: $id) { o: observations { n: nodes { code: value { __typename } } } } }",
        "/patient/o/n/0/code",
        "patient.observations.nodes.value",
    ),
    way(
        Role::Coordinator,
        "{ p: patient(id: $id) { observations { edges { node { value { ... on Quantity { value } } } } } } }",
        "/p/observations/edges/0/node/value",
        "patient.observations.edges.node.value",
    ),
    way(
        Role::Coordinator,
        "{ patient(id: $id) { ... on Patient { observations { nodes { ... on Node { ... on Observation { value { __typename } } } } } } } }",
        "/patient/observations/nodes/0/value",
        "patient.observations.nodes.value",
    ),
    way(
        Role::Coordinator,
        "{ patient(id: $id) { ...A } } fragment A on Patient { observations { nodes { ...B } } } fragment B on Observation { value { __typename } id }",
        "/patient/observations/nodes/0/value",
        "patient.observations.nodes.value",
    ),
    way(
        Role::Coordinator,
        "{ node(id: $id) { ... on Patient { identifiers { value } } } }",
        "/node/identifiers",
        "node.identifiers",
    ),
    way(
        Role::Coordinator,
        "{ nodes(ids: [$id]) { id ... on Patient { x: identifiers { value } } } }",
        "/nodes/0/x",
        "nodes.identifiers",
    ),
    way(
        Role::Coordinator,
        "{ patients { nodes { identifiers { value } } } }",
        "/patients/nodes/0/identifiers",
        "patients.nodes.identifiers",
    ),
    way(
        Role::Coordinator,
        "{ patients { edges { node { name: identifiers { value } } } } }",
        "/patients/edges/0/node/name",
        "patients.edges.node.identifiers",
    ),
    way(
        Role::Pharmacist,
        "{ patient(id: $id) { d: documents { totalCount nodes { id } edges { cursor } } } }",
        "/patient/d",
        "patient.documents",
    ),
    way(
        Role::Pharmacist,
        "{ patient(id: $id) { l: links { id } } }",
        "/patient/l",
        "patient.links",
    ),
    way(
        Role::Specialist,
        "{ patient(id: $id) { documents @include(if: true) { nodes { text } } } }",
        "/patient/documents/nodes/0/text",
        "patient.documents.nodes.text",
    ),
];

#[test]
fn no_way_leads_to_a_hidden_field() {
    run(async {
        let gateway = shared().await;
        let patient = gateway.patient(0).await;
        for Way { role, query, to, path } in WAYS {
            let query = if query.contains("$id") {
                format!("query($id: ID!) {query}")
            } else {
                query.to_owned()
            };
            let variables = json!({ "id": patient });
            let open = gateway.data(&query, variables.clone()).await;
            let opened = open.pointer(to).unwrap_or_else(|| panic!("{query} leads nowhere"));
            assert!(!is_withheld(opened), "{query} shows nothing even when it may");
            let answer = gateway.ask(role, &query, variables).await;
            let data = answer.data();
            assert!(data.pointer(to).is_some_and(is_withheld), "{role}: {query}: {data}");
            assert_eq!(answer.redactions(), [path], "{role}: {query}");
        }
    });
}

#[test]
fn what_is_hidden_is_not_asked_for_either() {
    run(async {
        let gateway = TestGateway::builder().patients(2).start().await;
        let patient = gateway.patient(0).await;
        let ids = ids(&gateway, &patient).await;
        let documents = || {
            let systems = gateway.sandbox.systems().iter();
            systems.map(|system| system.requests().of("DocumentReference?")).sum::<u64>()
        };
        let before = documents();
        assert!(before > 0);
        let document = json!({ "id": ids[8], "patient": patient });
        for query in [
            "query($patient: ID!) { patient(id: $patient) { documents { nodes { id } } } }",
            "query($id: ID!) { node(id: $id) { ... on Document { title } } }",
        ] {
            let answer = gateway.ask(Role::Pharmacist, query, document.clone()).await;
            assert_ne!(answer.json()["data"], Value::Null, "{}", answer.text);
            assert_eq!(documents(), before, "{query}");
        }
        gateway.stop().await;
    });
}
