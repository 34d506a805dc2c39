//! What the events of a stream hold, and when there is one.

use std::time::Duration;

use caregraph_sandbox::{Fault, Role};
use serde_json::{Value, json};

use super::client::Socket;
use super::{CONDITIONS, conditions, is_complete};
use crate::answer::{items, text};
use crate::gateway::{TestGateway, run, shared};

const CHANGED: &str = "subscription($id: ID!, $after: String) { patientChanged(id: $id, sections: [CONDITIONS], after: $after) { sections sources { name } missed cursor } }";
const REFRESH: &str = "mutation($id: ID!) { refreshPatient(id: $id) { patient } }";
/// Somebody whom Lakeside knows.
const SOMEBODY: u64 = 0;

fn state_of(event: &Value, source: &str) -> String {
    let sources = items(&conditions(event)["completeness"]["sources"]).to_vec();
    let found = sources.iter().find(|it| text(&it["source"]["name"]).starts_with(source));
    let told = |it: &Value| match it["pending"].as_bool() {
        Some(true) => "PENDING".to_owned(),
        _ => text(&it["state"]),
    };
    found.map(told).unwrap_or_default()
}

#[test]
fn sections_arrive_as_sources_answer_and_nobody_is_taken_for_having_answered_who_has_not() {
    run(async {
        let gateway = TestGateway::builder().patients(4).start().await;
        let id = gateway.patient(SOMEBODY).await;
        let slow = gateway.sandbox.system("lakeside").unwrap();
        slow.set_fault(Fault::Hang);
        let mut socket = Socket::of(&gateway, &gateway.token(Role::PrimaryCare)).await;
        socket.subscribe("1", CONDITIONS, json!({ "id": id })).await;
        let others_answered =
            |event: &Value| items(&event["data"]["patientView"]["pending"]).len() == 1;
        let opening = socket.until(others_answered).await;
        for event in &opening {
            assert!(!is_complete(event));
            assert_eq!(state_of(event, "Lakeside"), "PENDING");
            assert_ne!(conditions(event)["completeness"]["state"], "COMPLETE");
            let waited = items(&event["data"]["patientView"]["pending"]).to_vec();
            assert!(waited.iter().any(|it| it["name"] == slow.name()), "{event}");
        }
        slow.set_fault(Fault::None);
        let whole = socket.until(is_complete).await.pop().unwrap();
        assert_eq!(state_of(&whole, "Lakeside"), "OK");
        assert_eq!(whole["data"]["patientView"]["changed"], json!(["CONDITIONS"]));
        let query = "query($id: ID!) { patient(id: $id) { conditions(first: 100) { completeness { state } nodes { id code { text } } } } }";
        let asked = gateway.data(query, json!({ "id": id })).await;
        assert_eq!(conditions(&whole)["nodes"], asked["patient"]["conditions"]["nodes"]);
        assert!(!items(&conditions(&whole)["nodes"]).is_empty());
        assert!(socket.is_silent(Duration::from_millis(600)).await, "nothing has changed");
        gateway.stop().await;
    });
}

#[test]
fn a_source_that_fails_is_told_and_told_again_when_it_is_back() {
    run(async {
        let gateway = TestGateway::builder().patients(4).start().await;
        let id = gateway.patient(SOMEBODY).await;
        let mut socket = Socket::of(&gateway, &gateway.token(Role::PrimaryCare)).await;
        socket.subscribe("1", CONDITIONS, json!({ "id": id })).await;
        let before = socket.until(is_complete).await.pop().unwrap();
        let source = gateway.sandbox.system("lakeside").unwrap();
        source.set_fault(Fault::Status(500));
        gateway.ask(Role::PrimaryCare, REFRESH, json!({ "id": id })).await.data();
        let failed = socket.until(|it| state_of(it, "Lakeside") == "ERROR").await;
        assert_eq!(conditions(failed.last().unwrap())["completeness"]["state"], "PARTIAL");
        source.set_fault(Fault::None);
        // It is asked again without anybody's doing.
        let back = socket.until(|it| state_of(it, "Lakeside") == "OK").await.pop().unwrap();
        assert_eq!(conditions(&back)["nodes"], conditions(&before)["nodes"]);
        assert_eq!(
            back["data"]["patientView"]["cursor"], before["data"]["patientView"]["cursor"],
            "what shows the same has the same name"
        );
        gateway.stop().await;
    });
}

#[test]
fn only_what_both_the_argument_and_the_selection_want_is_asked_for() {
    run(async {
        let gateway = TestGateway::builder().patients(4).start().await;
        let id = gateway.patient(SOMEBODY).await;
        let asked = |of: &str| gateway.sandbox.system("lakeside").unwrap().requests().of(of);
        let before = (asked("Condition?"), asked("AllergyIntolerance?"), asked("Immunization?"));
        let query = "subscription($id: ID!) { patientView(id: $id, sections: [CONDITIONS, IMMUNIZATIONS]) { complete patient {
            conditions { completeness { state } } allergies { completeness { state } } } } }";
        let mut socket = Socket::of(&gateway, &gateway.token(Role::PrimaryCare)).await;
        socket.subscribe("1", query, json!({ "id": id })).await;
        let event = socket.until(is_complete).await.pop().unwrap();
        assert_eq!(conditions(&event)["completeness"]["state"], "COMPLETE");
        let allergies = &event["data"]["patientView"]["patient"]["allergies"];
        assert_eq!(allergies["completeness"]["state"], "UNAVAILABLE");
        let after = (asked("Condition?"), asked("AllergyIntolerance?"), asked("Immunization?"));
        assert_eq!(after, (before.0 + 1, before.1, before.2));
        gateway.stop().await;
    });
}

#[test]
fn a_stream_that_comes_back_is_told_what_differs_and_nothing_else() {
    run(async {
        let gateway = TestGateway::builder().patients(4).start().await;
        let id = gateway.patient(SOMEBODY).await;
        let token = gateway.token(Role::PrimaryCare);
        let mut socket = Socket::of(&gateway, &token).await;
        socket.subscribe("1", CONDITIONS, json!({ "id": id })).await;
        let whole = socket.until(is_complete).await.pop().unwrap();
        let cursor = whole["data"]["patientView"]["cursor"].clone();
        // Beside the first, so that what it knows is still there.
        let mut again = Socket::of(&gateway, &token).await;
        again.subscribe("1", CONDITIONS, json!({ "id": id, "after": cursor })).await;
        assert!(again.is_silent(Duration::from_millis(600)).await, "it is the same");
        let mut other = Socket::of(&gateway, &gateway.token(Role::Specialist)).await;
        other.subscribe("1", CONDITIONS, json!({ "id": id, "after": cursor })).await;
        let foreign = other.event().await;
        assert!(conditions(&foreign).is_object(), "the cursor of another is none: {foreign}");
        again.subscribe("2", CONDITIONS, json!({ "id": id, "after": "AAAA" })).await;
        assert_eq!(again.event().await["data"], whole["data"]);
        gateway.stop().await;
    });
}

#[test]
fn that_something_changed_is_told_without_what_and_replayed_to_whoever_was_away() {
    run(async {
        let gateway = TestGateway::builder().patients(4).start().await;
        let id = gateway.patient(SOMEBODY).await;
        let token = gateway.token(Role::PrimaryCare);
        let source = gateway.sandbox.system("lakeside").unwrap();
        let mut socket = Socket::of(&gateway, &token).await;
        socket.subscribe("1", CHANGED, json!({ "id": id })).await;
        let begun = socket.event().await["data"]["patientChanged"].take();
        assert_eq!((&begun["sections"], &begun["missed"]), (&json!([]), &json!(false)));
        source.set_fault(Fault::Status(500));
        gateway.ask(Role::PrimaryCare, REFRESH, json!({ "id": id })).await.data();
        let told = socket.event().await["data"]["patientChanged"].take();
        assert_eq!(told["sections"], json!(["CONDITIONS"]));
        assert_eq!(told["sources"], json!([{ "name": source.name() }]));
        let mut away = Socket::of(&gateway, &token).await;
        away.subscribe("1", CHANGED, json!({ "id": id, "after": begun["cursor"] })).await;
        let replayed = away.event().await["data"]["patientChanged"].take();
        assert_eq!(replayed, told);
        away.subscribe("2", CHANGED, json!({ "id": id, "after": told["cursor"] })).await;
        assert!(away.is_silent(Duration::from_millis(600)).await, "nothing was missed");
        away.subscribe("3", CHANGED, json!({ "id": id, "after": "long ago" })).await;
        let lost = away.event().await["data"]["patientChanged"].take();
        assert_eq!((&lost["sections"], &lost["missed"]), (&json!([]), &json!(true)));
        gateway.stop().await;
    });
}

#[test]
fn an_unknown_patient_ends_the_stream_with_the_error_of_a_query() {
    run(async {
        let gateway = shared().await;
        let stranger = "AQAAAAAAAAAAAAAAAAAAAAA";
        let query = "query($id: ID!) { patient(id: $id) { id } }";
        let asked = gateway.ask(Role::PrimaryCare, query, json!({ "id": stranger })).await.json();
        let mut socket = Socket::of(gateway, &gateway.token(Role::PrimaryCare)).await;
        socket.subscribe("1", CONDITIONS, json!({ "id": stranger })).await;
        let event = socket.event().await;
        assert_eq!(event["errors"][0]["message"], asked["errors"][0]["message"]);
        assert_eq!(event["errors"][0]["extensions"], asked["errors"][0]["extensions"]);
        assert_eq!(socket.next().await.unwrap(), json!({ "id": "1", "type": "complete" }));
    });
}

#[test]
fn a_server_that_stops_completes_its_streams_first() {
    run(async {
        let gateway = TestGateway::builder().patients(2).start().await;
        let id = gateway.patient(0).await;
        let mut socket = Socket::of(&gateway, &gateway.token(Role::PrimaryCare)).await;
        socket.subscribe("1", CONDITIONS, json!({ "id": id })).await;
        socket.until(is_complete).await;
        let reading = async {
            let complete = socket.next().await;
            (complete, socket.closed().await)
        };
        let stopping = tokio::time::timeout(Duration::from_secs(5), gateway.stop());
        let ((complete, code), stopped) = tokio::join!(reading, stopping);
        assert_eq!(complete, Ok(json!({ "id": "1", "type": "complete" })));
        assert_eq!(code, 1001);
        stopped.expect("a stream holds nothing up");
    });
}
