//! Server-sent events: the "distinct connections mode" of GraphQL over SSE.

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use super::client::{Sent, Sse};
use super::{CONDITIONS, is_complete};
use crate::gateway::{TestGateway, run, shared};

#[test]
fn a_query_is_one_event_and_the_end() {
    run(async {
        let gateway = shared().await;
        let token = gateway.token(Role::Coordinator);
        let body = json!({ "query": "{ me { role } }" });
        let mut stream = Sse::open(gateway, &token, &body, None).await;
        assert_eq!(stream.response().status(), 200);
        let content = stream.response().headers()["content-type"].to_str().unwrap();
        assert_eq!(content, "text/event-stream; charset=utf-8");
        let next = stream.next().await.unwrap();
        assert_eq!(
            (next.event.as_str(), &next.data["data"]["me"]["role"]),
            ("next", &json!("COORDINATOR"))
        );
        let end = Sent { event: "complete".to_owned(), ..Sent::default() };
        assert_eq!((stream.next().await, stream.next().await), (Some(end), None));
        let wrong = json!({ "query": "subscription { nothing }" });
        let mut stream = Sse::open(gateway, &token, &wrong, None).await;
        let refusal = stream.next().await.unwrap().data;
        assert_eq!(refusal["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        assert_eq!(stream.next().await.unwrap().event, "complete");
        let mut stream = Sse::open(gateway, "no", &body, None).await;
        assert_eq!(stream.response().status(), 401);
        assert_eq!(stream.next().await, None);
    });
}

#[test]
fn a_subscription_streams_events_with_ids_and_goes_on_from_the_last_one() {
    run(async {
        let gateway = TestGateway::builder().patients(2).start().await;
        let id = gateway.patient(0).await;
        let token = gateway.token(Role::PrimaryCare);
        let body = json!({ "query": CONDITIONS, "variables": { "id": id } });
        let mut first = Sse::open(&gateway, &token, &body, None).await;
        let mut hint = None;
        let whole = loop {
            let event = first.next().await.unwrap();
            assert_eq!(event.event, "next");
            hint = hint.or(event.retry);
            if is_complete(&event.data) {
                break event;
            }
        };
        assert!(hint.is_some_and(|wait| (1_000..6_000).contains(&wait)), "{hint:?}");
        assert_eq!(whole.data["data"]["patientView"]["cursor"], json!(whole.id));
        let mut again = Sse::open(&gateway, &token, &body, Some(&whole.id)).await;
        let mut anew = Sse::open(&gateway, &token, &body, Some("something else")).await;
        assert_eq!(anew.next().await.unwrap().data, whole.data);
        // The same was shown before: the next that comes is what has changed since.
        let patient = gateway.token_for(Role::Patient, &id);
        let consent = "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";
        let input = json!({ "patient": id, "basis": "form 17", "decision": "DENY", "classes": ["CONDITIONS"] });
        gateway.ask_with(&patient, consent, json!({ "input": input })).await.data();
        let next = again.next().await.unwrap();
        let list = &next.data["data"]["patientView"]["patient"]["conditions"];
        assert_eq!(list["nodes"], json!([]));
        gateway.stop().await;
    });
}

/// Clients such as Apollo's name the operation in every request.
#[test]
fn a_stream_is_opened_by_the_name_of_its_operation() {
    run(async {
        let gateway = TestGateway::builder().patients(1).start().await;
        let id = gateway.patient(0).await;
        let token = gateway.token(Role::PrimaryCare);
        let query = "query Me { me { role } } \
            subscription Follow($id: ID!, $named: Boolean!) { ...Whole } \
            fragment Whole on Subscription { patientView(id: $id) { patient { id name @include(if: $named) { text } } } }";
        for named in [true, false] {
            let variables = json!({ "id": id, "named": named });
            let body = json!({ "query": query, "operationName": "Follow", "variables": variables });
            let mut stream = Sse::open(&gateway, &token, &body, None).await;
            let first = stream.next().await.unwrap().data;
            let patient = &first["data"]["patientView"]["patient"];
            assert_eq!(
                (&patient["id"], patient.get("name").is_some()),
                (&json!(id), named),
                "{first}"
            );
        }
        gateway.stop().await;
    });
}

#[test]
fn a_plain_request_cannot_carry_a_stream() {
    run(async {
        let gateway = shared().await;
        let answer = gateway.ask(Role::PrimaryCare, CONDITIONS, json!({ "id": "a" })).await;
        assert_eq!(answer.codes(), ["BAD_USER_INPUT"]);
        let message = answer.json()["errors"][0]["message"].to_string();
        assert!(message.contains("text/event-stream"), "{message}");
        assert_eq!(answer.json().get("data"), None::<&Value>);
    });
}

#[test]
fn a_stopping_server_completes_streams_of_events() {
    run(async {
        let gateway = TestGateway::builder().patients(2).start().await;
        let id = gateway.patient(0).await;
        let body = json!({ "query": CONDITIONS, "variables": { "id": id } });
        let mut stream = Sse::open(&gateway, &gateway.token(Role::PrimaryCare), &body, None).await;
        while !is_complete(&stream.next().await.unwrap().data) {}
        let stopping = tokio::time::timeout(std::time::Duration::from_secs(5), gateway.stop());
        let (last, stopped) = tokio::join!(stream.next(), stopping);
        assert_eq!(last.unwrap().event, "complete");
        stopped.expect("a stream holds nothing up");
    });
}
