//! Access is decided at every event: what is not allowed any more is gone from the next one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use caregraph::access::Policy;
use caregraph_sandbox::{Change, Fault, Novelty, Role, TokenSpec};
use serde_json::{Value, json};

use super::client::Socket;
use super::{CONDITIONS, conditions, is_complete, with_records};
use crate::answer::{items, text};
use crate::gateway::{TestGateway, run};
use crate::home::Home;
use crate::issuer::{Key, TestIssuer, now};
use crate::proof;

const CONSENT: &str = "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";
const REVOKE: &str = "mutation($id: ID!) { revokeConsent(id: $id) { id } }";
const RELATE: &str =
    "mutation($input: RelationshipInput!) { recordRelationship(input: $input) { id } }";
const END: &str = "mutation($id: ID!) { endRelationship(id: $id) { id } }";

fn count(event: &Value) -> usize {
    items(&conditions(event)["nodes"]).len()
}

/// Tells how long after a change nothing was shown any more that it closes.
fn tell(what: &str, since: Instant) {
    proof::remark(&format!("streams: {what} took effect after {:.0?}", since.elapsed()));
}

async fn open(gateway: &TestGateway, token: &str, id: &str) -> Socket {
    let mut socket = Socket::of(gateway, token).await;
    socket.subscribe("1", CONDITIONS, json!({ "id": id })).await;
    let events = socket.until(is_complete).await;
    assert!(count(events.last().unwrap()) > 0, "there is something to hide");
    socket
}

#[test]
fn what_a_patient_closes_is_gone_from_the_next_event_and_comes_back_with_the_revocation() {
    run(async {
        let gateway = TestGateway::builder().patients(4).start().await;
        let id = gateway.patient(0).await;
        let mut socket = open(&gateway, &gateway.token(Role::PrimaryCare), &id).await;
        let mut other = open(&gateway, &gateway.token(Role::Specialist), &id).await;
        let patient = gateway.token_for(Role::Patient, &id);
        let input = json!({ "patient": id, "basis": "form 17", "decision": "DENY", "classes": ["CONDITIONS"], "roles": ["PRIMARY_CARE"] });
        let made = gateway.ask_with(&patient, CONSENT, json!({ "input": input })).await.data();
        let since = Instant::now();
        let closed = socket.event().await;
        tell("a denial", since);
        assert_eq!(count(&closed), 0, "{closed}");
        assert_eq!(conditions(&closed)["completeness"]["state"], "UNAVAILABLE");
        let redactions = closed["extensions"]["access"]["redactions"].to_string();
        assert!(redactions.contains("patientView.patient.conditions"), "{redactions}");
        assert!(other.is_silent(Duration::from_secs(1)).await, "it is not about them");
        let consent = made["recordConsent"]["id"].clone();
        gateway.ask_with(&patient, REVOKE, json!({ "id": consent })).await.data();
        let open = socket.until(|event| is_complete(event) && count(event) > 0).await;
        assert!(!open.is_empty());
        gateway.stop().await;
    });
}

#[test]
fn whoever_loses_the_patient_gets_the_error_of_a_stranger_and_the_stream_ends() {
    run(async {
        let builder = TestGateway::builder().patients(4);
        let gateway = builder.shape(|shape| shape.relationship = "required").start().await;
        let id = gateway.patient(0).await;
        let spec = |subject: &str, organization: &str| {
            let (subject, organization) = (Some(subject.to_owned()), Some(organization.to_owned()));
            let spec = TokenSpec { subject, organization, ..TokenSpec::new(Role::Coordinator) };
            gateway.sandbox.issuer().token(&spec)
        };
        let doctor = gateway.token(Role::PrimaryCare);
        let input = json!({ "patient": id, "basis": "seen at home", "kind": "CARE_TEAM", "role": "COORDINATOR", "person": "co" });
        let made = gateway.ask_with(&doctor, RELATE, json!({ "input": input })).await.data();
        let coordinator = spec("co", "elsewhere");
        let mut socket = Socket::of(&gateway, &coordinator).await;
        let query = "subscription($id: ID!) { patientView(id: $id) { complete patient { id name { text } } } }";
        socket.subscribe("1", query, json!({ "id": id })).await;
        socket.until(is_complete).await;
        let relation = made["recordRelationship"]["id"].clone();
        gateway.ask_with(&doctor, END, json!({ "id": relation })).await.data();
        let since = Instant::now();
        let last = socket.event().await;
        tell("the end of a relation", since);
        let stranger = "query { patient(id: \"AQAAAAAAAAAAAAAAAAAAAAA\") { id } }";
        let unknown = gateway.ask_with(&coordinator, stranger, Value::Null).await.json();
        assert_eq!(last["data"], Value::Null);
        assert_eq!(last["errors"][0]["message"], unknown["errors"][0]["message"]);
        assert_eq!(last["errors"][0]["extensions"], unknown["errors"][0]["extensions"]);
        assert_eq!(socket.next().await.unwrap(), json!({ "id": "1", "type": "complete" }));
        gateway.stop().await;
    });
}

#[test]
fn another_policy_holds_for_streams_that_are_open() {
    run(async {
        let gateway = TestGateway::builder().patients(4).start().await;
        let id = gateway.patient(0).await;
        let mut socket = open(&gateway, &gateway.token(Role::PrimaryCare), &id).await;
        let row = Policy::DEFAULT.lines().find(|line| line.starts_with("CONDITIONS ")).unwrap();
        let closed = Policy::DEFAULT.replace(row, "CONDITIONS = \"F - F - - F F - - -\"");
        std::fs::write(gateway.home.path().join("policy.toml"), closed).unwrap();
        let since = Instant::now();
        let event = socket.event().await;
        tell("a policy", since);
        assert_eq!(count(&event), 0, "{event}");
        gateway.stop().await;
    });
}

/// A gateway that believes an issuer of the test's own, and how to have tokens.
async fn with_issuer(key: &Key, home: &Arc<Home>) -> (TestGateway, TestIssuer) {
    let issuer = TestIssuer::start(&[key]).await;
    let list = home.path().join("revoked.txt");
    std::fs::write(&list, "# nobody\n").unwrap();
    let (url, path) = (issuer.url().to_owned(), list.display().to_string());
    let builder = TestGateway::builder().patients(2).at_home(home.clone());
    let gateway = builder.shape(|shape| {
        shape.issuer = Some(url);
        shape.auth = format!("revoked = {path:?}\n");
    });
    (gateway.start().await, issuer)
}

#[test]
fn a_token_that_is_over_or_revoked_closes_the_socket() {
    run(async {
        let (key, home) = (Key::new("key-1"), Arc::new(Home::new()));
        let (gateway, issuer) = with_issuer(&key, &home).await;
        let sign = |change: &dyn Fn(&mut Value)| {
            let mut claims = issuer.claims();
            change(&mut claims);
            key.sign(&key.header().to_string(), &claims.to_string())
        };
        let until = now() + 3;
        let short = sign(&|claims| claims["exp"] = json!(until));
        let mut over = Socket::of(&gateway, &short).await;
        let mut revoked =
            Socket::of(&gateway, &sign(&|claims| claims["jti"] = json!("gone"))).await;
        let mut stays = Socket::of(&gateway, &sign(&|_| {})).await;
        assert_eq!(over.closed().await, 4401);
        assert!(now() >= until, "not before its time");
        proof::remark(&format!(
            "streams: a token's end closed its socket {} s after it",
            now() - until
        ));
        let beside = home.path().join("revoked.new");
        std::fs::write(&beside, "jti:gone\n").unwrap();
        std::fs::rename(&beside, home.path().join("revoked.txt")).unwrap();
        let since = Instant::now();
        assert_eq!(revoked.closed().await, 4401);
        tell("a revoked token", since);
        stays.subscribe("1", "{ me { role } }", Value::Null).await;
        assert!(stays.event().await["data"]["me"]["role"].is_string());
        gateway.stop().await;
    });
}

#[test]
fn every_event_that_shows_something_is_in_the_audit_log() {
    run(async {
        let gateway = TestGateway::builder().patients(4).start().await;
        let id = gateway.patient(0).await;
        let spec = TokenSpec {
            subject: Some("dr-stream".to_owned()),
            ..TokenSpec::new(Role::PrimaryCare)
        };
        let token = gateway.sandbox.issuer().token(&spec);
        // Long enough that it is told that a source has not answered yet.
        let source = gateway.sandbox.system("lakeside").unwrap();
        source.set_fault(Fault::Delay(Duration::from_millis(200)));
        let mut socket = Socket::of(&gateway, &token).await;
        let query = with_records();
        socket.subscribe("1", &query, json!({ "id": id })).await;
        let mut shown = socket.until(is_complete).await.len();
        let refresh = "mutation($id: ID!) { refreshPatient(id: $id) { patient } }";
        for _ in 0..2 {
            // Of that it is told, and not of being asked.
            let change = Change::Add { person: 0, what: Novelty::Condition, of: None };
            let added = source.change(&change).expect("it changes").reference;
            gateway.ask(Role::PrimaryCare, refresh, json!({ "id": id })).await.data();
            let is_told = |it: &Value| is_complete(it) && it.to_string().contains(&added);
            shown += socket.until(is_told).await.len();
        }
        assert!(socket.is_silent(Duration::from_millis(600)).await);
        let log = "query($id: ID!) { accessLog(patient: $id, viewer: \"dr-stream\", first: 100) { nodes { event outcome } } }";
        let log = gateway.ask(Role::Auditor, log, json!({ "id": id })).await.data();
        let entries = items(&log["accessLog"]["nodes"]).to_vec();
        assert!(entries.iter().all(|it| text(&it["event"]) == "READ" && it["outcome"] == "DONE"));
        assert_eq!(entries.len(), shown);
        gateway.stop().await;
    });
}
