//! What is kept of sources' answers: shown as such, to those alone who may see it, and forgotten when it must be.

use std::time::Duration;

use caregraph_sandbox::{Fault, Role, Sandbox};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::gateway::{TestGateway, run, until};

/// Copies that stay fresh as long as any test takes.
pub(crate) const LONG: &str = "sections = { DEMOGRAPHICS = { fresh_s = 1800 }, CONDITIONS = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, \
    ALLERGIES = { fresh_s = 3600, stale_while_revalidate_s = 3600, stale_if_error_s = 3600 }, \
    MEDICATIONS = { fresh_s = 3600, stale_while_revalidate_s = 3600, stale_if_error_s = 3600 }, \
    OBSERVATIONS = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, IMMUNIZATIONS = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, \
    PROCEDURES = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, ENCOUNTERS = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, \
    APPOINTMENTS = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, DOCUMENTS = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, \
    CARE_PLANS = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, GOALS = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, \
    CARE_TEAM = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, REFERRALS = { fresh_s = 3600, stale_while_revalidate_s = 3600 } }";

/// Copies that are shown in place of failures alone.
const ONLY_IF_ERROR: &str = "sections = { ALLERGIES = { fresh_s = 0, stale_while_revalidate_s = 0, stale_if_error_s = 600, negative_s = 0 } }";

const ALLERGIES: &str = "query($id: ID!) { patient(id: $id) { allergies(first: 100) {
    totalCount
    completeness { state sources { source { name } state asOf latencyMs message } }
    nodes { substance { text } provenance { records { fetchedAt freshness source { name } reference } } } } } }";

const REFRESH: &str = "mutation($id: ID!) { refreshPatient(id: $id) { patient since } }";

async fn gateway(cache: &'static str) -> TestGateway {
    let builder = TestGateway::builder().patients(20);
    builder.shape(|shape| shape.cache = cache).start().await
}

/// How Lakeside stands among the allergies.
fn lakeside(answer: &Answer) -> Value {
    let data = answer.data();
    let sources = data["patient"]["allergies"]["completeness"]["sources"].clone();
    let is_it = |it: &&Value| text(&it["source"]["name"]).starts_with("Lakeside");
    items(&sources).iter().find(is_it).expect("Lakeside knows the patient").clone()
}

fn state(answer: &Answer) -> String {
    text(&lakeside(answer)["state"])
}

/// How often Lakeside was asked for allergies.
pub(crate) fn asked(sandbox: &Sandbox) -> u64 {
    sandbox.system("lakeside").unwrap().requests().of("AllergyIntolerance?")
}

async fn ask(gateway: &TestGateway, id: &str) -> Answer {
    gateway.ask(Role::PrimaryCare, ALLERGIES, json!({ "id": id })).await
}

/// Asks for answers of a certain age.
async fn ask_fresh(gateway: &TestGateway, token: &str, id: &str, control: &str) -> Answer {
    let request = gateway.client.post(gateway.url("/graphql")).bearer_auth(token);
    let request = request
        .header("content-type", "application/json")
        .header("cache-control", control)
        .body(json!({ "query": ALLERGIES, "variables": { "id": id } }).to_string());
    Answer::of(request.send().await.expect("the gateway answers")).await
}

#[test]
fn a_copy_is_shown_as_a_copy_with_its_time() {
    run(async {
        let gateway = gateway(LONG).await;
        let id = gateway.patient(0).await;
        let live = ask(&gateway, &id).await;
        let cached = ask(&gateway, &id).await;
        assert_eq!((state(&live), state(&cached)), ("OK".to_owned(), "CACHED".to_owned()));
        assert_eq!(asked(&gateway.sandbox), 1);
        let (was, is) = (lakeside(&live), lakeside(&cached));
        assert!(was["asOf"].is_string() && was["latencyMs"].is_number());
        assert_eq!((&is["asOf"], &is["latencyMs"]), (&was["asOf"], &Value::Null));
        let freshness = |answer: &Answer| {
            let data = answer.data();
            let nodes = items(&data["patient"]["allergies"]["nodes"]).to_vec();
            let of = |node: &Value| items(&node["provenance"]["records"]).to_vec();
            let all: Vec<Value> = nodes.iter().flat_map(of).collect();
            assert!(!all.is_empty());
            all.iter().map(|record| text(&record["freshness"])).collect::<Vec<_>>()
        };
        assert!(freshness(&live).iter().all(|it| it == "LIVE"));
        assert!(freshness(&cached).iter().all(|it| it == "CACHED"));
        gateway.stop().await;
    });
}

#[test]
fn a_hundred_clients_on_a_cold_patient_are_one_question_to_each_source() {
    run(async {
        let gateway = gateway(LONG).await;
        let id = gateway.patient(0).await;
        gateway
            .sandbox
            .system("lakeside")
            .unwrap()
            .set_fault(Fault::Delay(Duration::from_millis(200)));
        let answers = join_all((0..100).map(|_| ask(&gateway, &id))).await;
        assert!(answers.iter().all(|answer| ["OK", "CACHED"].contains(&state(answer).as_str())));
        assert_eq!(asked(&gateway.sandbox), 1);
        gateway.stop().await;
    });
}

#[test]
fn a_copy_stands_in_for_a_dead_source_and_says_so() {
    run(async {
        let gateway = gateway(ONLY_IF_ERROR).await;
        let id = gateway.patient(0).await;
        let fine = ask(&gateway, &id).await;
        let system = gateway.sandbox.system("lakeside").unwrap();
        system.set_fault(Fault::Dead);
        let stale = ask(&gateway, &id).await;
        let status = lakeside(&stale);
        assert_eq!(
            (text(&status["state"]), &status["asOf"]),
            ("STALE".to_owned(), &lakeside(&fine)["asOf"])
        );
        let message = text(&status["message"]);
        assert!(message.starts_with(system.name()), "{message}");
        assert!(
            message.contains("; shown is what it said at 20") && message.ends_with("Z."),
            "{message}"
        );
        assert!(stale.text.contains("\"freshness\":\"STALE\""));
        let nodes = |answer: &Answer| items(&answer.data()["patient"]["allergies"]["nodes"]).len();
        assert_eq!(nodes(&stale), nodes(&fine));
        let live = ask_fresh(&gateway, &gateway.token(Role::PrimaryCare), &id, "no-cache").await;
        assert_eq!(state(&live), "ERROR", "nothing old for whoever wants it new");
        system.set_fault(Fault::None);
        let healed = || async { state(&ask(&gateway, &id).await) == "OK" };
        until("the source is asked again", healed).await;
        gateway.stop().await;
    });
}

#[test]
fn whoever_may_has_sources_asked_anew_and_others_are_not_heard() {
    run(async {
        let gateway = gateway(LONG).await;
        let id = gateway.patient(0).await;
        ask(&gateway, &id).await;
        let clinician = gateway.token(Role::PrimaryCare);
        let patient = gateway.token_for(Role::Patient, &id);
        for (token, control, expected, times) in [
            (&clinician, "max-age=600", "CACHED", 1),
            (&patient, "no-cache", "CACHED", 1),
            (&clinician, "no-cache", "OK", 2),
            (&clinician, "max-age=0", "OK", 3),
            (&clinician, "no-store, max-stale", "CACHED", 3),
        ] {
            let answer = ask_fresh(&gateway, token, &id, control).await;
            assert_eq!(state(&answer), expected, "{control}");
            assert_eq!(asked(&gateway.sandbox), times, "{control}");
        }
        gateway.stop().await;
    });
}

#[test]
fn a_refreshed_patient_is_asked_for_anew_and_it_is_on_record() {
    run(async {
        let gateway = gateway(LONG).await;
        let id = gateway.patient(0).await;
        ask(&gateway, &id).await;
        let refreshed = gateway.data(REFRESH, json!({ "id": id })).await;
        assert_eq!(refreshed["refreshPatient"]["patient"], json!(id));
        assert!(refreshed["refreshPatient"]["since"].is_string());
        assert_eq!(state(&ask(&gateway, &id).await), "OK");
        assert_eq!(asked(&gateway.sandbox), 2);
        let patient = gateway.token_for(Role::Patient, &id);
        let log = "query($id: ID!) { patient(id: $id) { accessLog(first: 50) { nodes { event outcome } } } }";
        let log = gateway.ask_with(&patient, log, json!({ "id": id })).await.data();
        let entry = json!({ "event": "REFRESHED", "outcome": "DONE" });
        assert!(items(&log["patient"]["accessLog"]["nodes"]).contains(&entry), "{log}");
        for role in [Role::Admin, Role::Auditor, Role::CommunityWorker] {
            let refused = gateway.ask(role, REFRESH, json!({ "id": id })).await;
            assert_eq!(refused.codes(), ["FORBIDDEN"], "{role:?}");
        }
        let nobody = json!({ "id": crate::relations::STRANGER });
        assert_eq!(gateway.ask(Role::PrimaryCare, REFRESH, nobody).await.codes(), ["NOT_FOUND"]);
        assert_eq!(state(&ask(&gateway, &id).await), "CACHED", "none of these forgot anything");
        gateway.stop().await;
    });
}

#[test]
fn a_denial_after_warming_holds_at_once() {
    run(async {
        let gateway = gateway(LONG).await;
        let id = gateway.patient(0).await;
        let warm = ask(&gateway, &id).await;
        assert!(!items(&warm.data()["patient"]["allergies"]["nodes"]).is_empty());
        let sources = gateway.data("query { sources { id name } }", json!({})).await;
        let is_it = |it: &&Value| text(&it["name"]).starts_with("Lakeside");
        let source = items(&sources["sources"]).iter().find(is_it).unwrap()["id"].clone();
        let deny = "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";
        let input =
            json!({ "patient": id, "basis": "form 17", "decision": "DENY", "sources": [source] });
        let patient = gateway.token_for(Role::Patient, &id);
        gateway.ask_with(&patient, deny, json!({ "input": input })).await.data();
        let after = ask(&gateway, &id).await;
        assert!(!after.text.contains("Lakeside"), "{}", after.text);
        gateway.stop().await;
    });
}
