//! Connectors that come and go while the gateway runs.

mod command;
mod examples;
mod life;
mod locked;
mod looked_up;
mod rights;
mod rotating;
mod secrets;
mod shadow;
mod try_it;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use caregraph_sandbox::{Fault, Role, TokenSpec};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::config::Shape;
use crate::gateway::{TestGateway, run, until};
use crate::pair::Shared;

const WHOLE: &str = "connector { id kind state version sections } mistakes { line column path message } \
                     setup { waiting { number report { passed findings { check passed message remedy } } } \
                     history { change version by reason } versions { number approvedBy } }";
const MEDICATIONS: &str = "query($id: ID!) { patient(id: $id) { \
    medications(first: 100) { completeness { state } nodes { provenance { records { source { id name } } } } } \
    sources { source { name connector { state version } } state message } } }";

/// Partners of these tests are on this machine.
const EGRESS: &str =
    "\n[egress]\nallow_private = [\"127.0.0.0/8\"]\nallow_ports = [\"1024-65535\"]\n";

/// Does not know the pharmacy yet.
pub(super) fn without_pharmacy(shape: &mut Shape) {
    shape.systems = vec!["lakeside", "northgate", "stmary", "harbor", "commons"];
    shape.extra = EGRESS.to_owned();
}

/// A gateway that does not know the pharmacy yet.
pub(super) async fn before() -> TestGateway {
    TestGateway::builder().patients(8).shape(without_pharmacy).start().await
}

pub(super) fn manifest(gateway: &TestGateway) -> String {
    let pharmacy = gateway.sandbox.system("cornerstone").expect("it runs");
    format!(
        "id = \"cornerstone\"\nname = \"Cornerstone Pharmacy\"\ncategory = \"PHARMACY\"\nkind = \"fhir-r4\"\n\
         base_url = {:?}\ntimeout_ms = 15000\n",
        pharmacy.base_url()
    )
}

pub(super) async fn partner(gateway: &TestGateway, mutation: &str, variables: Value) -> Answer {
    gateway.ask(Role::Partner, mutation, variables).await
}

pub(super) fn admin(gateway: &TestGateway, subject: &str) -> String {
    let subject = Some(subject.to_owned());
    gateway.sandbox.issuer().token(&TokenSpec { subject, ..TokenSpec::new(Role::Admin) })
}

pub(super) async fn register(gateway: &TestGateway, manifest: &str) -> Answer {
    let mutation = format!(
        "mutation($input: ConnectorInput!) {{ registerConnector(input: $input) {{ {WHOLE} }} }}"
    );
    let answer = partner(gateway, &mutation, json!({ "input": { "manifest": manifest } })).await;
    let body = answer.json();
    let report = &body["data"]["registerConnector"]["setup"]["waiting"]["report"];
    assert_ne!(report["passed"], false, "{report:#}");
    answer
}

/// What an administrator, or the partner, does with a connector.
pub(super) async fn act(
    gateway: &TestGateway,
    token: &str,
    what: &str,
    id: &str,
    rest: &str,
) -> Answer {
    let mutation = format!("mutation($id: ID!) {{ {what}(id: $id{rest}) {{ {WHOLE} }} }}");
    gateway.ask_with(token, &mutation, json!({ "id": id })).await
}

/// The sources of which a patient's medicines are shown, and how the pharmacy stands.
pub(super) async fn shown(gateway: &TestGateway, patient: &str) -> (usize, Value) {
    let data = gateway.data(MEDICATIONS, json!({ "id": patient })).await;
    let of_pharmacy = items(&data["patient"]["medications"]["nodes"])
        .iter()
        .flat_map(|node| items(&node["provenance"]["records"]).to_vec())
        .filter(|record| record["source"]["name"] == "Cornerstone Pharmacy")
        .count();
    let sources = items(&data["patient"]["sources"]).to_vec();
    let pharmacy = sources.into_iter().find(|it| it["source"]["name"] == "Cornerstone Pharmacy");
    (of_pharmacy, pharmacy.unwrap_or(Value::Null))
}

/// Somebody of whom the pharmacy knows something.
pub(super) async fn customer(gateway: &TestGateway) -> String {
    for (number, truth) in (0..).zip(gateway.sandbox.truths()) {
        if truth.record("cornerstone").is_some() && truth.record("lakeside").is_some() {
            return gateway.patient(number).await;
        }
    }
    panic!("nobody is known to both")
}

/// Where what the pharmacy says of a patient's medicines stands.
pub(super) async fn references(gateway: &TestGateway, patient: &str) -> BTreeSet<String> {
    let query = "query($id: ID!) { patient(id: $id) { medications(first: 100) { nodes { provenance { records { \
                 source { name } reference } } } } } }";
    let data = gateway.data(query, json!({ "id": patient })).await;
    items(&data["patient"]["medications"]["nodes"])
        .iter()
        .flat_map(|node| items(&node["provenance"]["records"]).to_vec())
        .filter(|record| record["source"]["name"] == "Cornerstone Pharmacy")
        .map(|record| text(&record["reference"]))
        .collect()
}
