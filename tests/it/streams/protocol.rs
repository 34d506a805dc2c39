//! What the protocol of the socket forbids closes it, each with its own code.

use std::time::Duration;

use caregraph_sandbox::{Role, TokenSpec};
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::client::Socket;
use super::{CONDITIONS, is_complete};
use crate::answer::text;
use crate::gateway::{TestGateway, run, shared};

const SUBSCRIBE: &str = r#"{"id":"1","type":"subscribe","payload":{"query":"{ me { role } }"}}"#;

#[test]
fn what_the_protocol_forbids_closes_the_socket() {
    run(async {
        let gateway = shared().await;
        let token = gateway.token(Role::Coordinator);
        for (said, code) in [
            (&[SUBSCRIBE][..], 4401),
            (&["hello"], 4400),
            (&[r#"{"type":"connection_terminate"}"#], 4400),
            (&[r#"{"type":"connection_init","payload":1}"#], 4400),
            (&[r#"{"id":"1","type":"complete"}"#], 4400),
            (&[r#"{"type":"connection_init"}"#], 4403),
            (&[r#"{"type":"connection_init","payload":{"Authorization":"Bearer no"}}"#], 4403),
        ] {
            let mut socket = Socket::plain(gateway).await;
            for message in said {
                socket.0.send(Message::text(*message)).await.unwrap();
            }
            assert_eq!(socket.closed().await, code, "{said:?}");
        }
        for (said, code) in [
            (r#"{"type":"connection_init"}"#.to_owned(), 4429),
            (r#"{"type":"start"}"#.to_owned(), 4400),
            (r#"{"id":"1","type":"subscribe"}"#.to_owned(), 4400),
            ("{".to_owned(), 4400),
            (
                format!("{{\"type\":\"ping\",\"payload\":{{\"a\":\"{}\"}}}}", "a".repeat(300_000)),
                1009,
            ),
        ] {
            let mut socket = Socket::of(gateway, &token).await;
            socket.0.send(Message::text(said)).await.unwrap();
            assert_eq!(socket.closed().await, code);
        }
        let mut socket = Socket::of(gateway, &token).await;
        socket.0.send(Message::binary(vec![1, 2])).await.unwrap();
        assert_eq!(socket.closed().await, 4400);
    });
}

#[test]
fn whoever_does_not_say_who_they_are_is_closed_out_in_time() {
    run(async {
        let gateway = shared().await;
        let mut socket = Socket::plain(gateway).await;
        socket.say(&json!({ "type": "ping" })).await;
        assert_eq!(socket.next().await.unwrap()["type"], "pong");
        assert_eq!(socket.closed().await, 4408);
    });
}

#[test]
fn an_id_is_used_by_one_operation_at_a_time() {
    run(async {
        let gateway = shared().await;
        let id = gateway.patient(1).await;
        let mut socket = Socket::of(gateway, &gateway.token(Role::PrimaryCare)).await;
        socket.subscribe("a", CONDITIONS, json!({ "id": id })).await;
        socket.until(is_complete).await;
        socket.say(&json!({ "id": "a", "type": "complete" })).await;
        socket.subscribe("a", CONDITIONS, json!({ "id": id })).await;
        socket.until(is_complete).await;
        socket.subscribe("a", CONDITIONS, json!({ "id": id })).await;
        assert_eq!(socket.closed().await, 4409);
    });
}

#[test]
fn only_our_protocol_and_our_pages_get_a_socket() {
    run(async {
        let gateway = shared().await;
        let ours = ("sec-websocket-protocol", "graphql-transport-ws");
        let own = format!("http://{}", gateway.address);
        for (headers, status) in [
            (vec![("sec-websocket-protocol", "graphql-ws")], 400),
            (vec![], 400),
            (vec![ours, ("origin", "https://evil.example")], 403),
            (vec![ours, ("origin", "null")], 403),
            (vec![ours, ("authorization", "Bearer no")], 401),
        ] {
            assert_eq!(Socket::open(gateway, &headers).await.err(), Some(status), "{headers:?}");
        }
        assert!(Socket::open(gateway, &[ours, ("origin", &own)]).await.is_ok());
    });
}

#[test]
fn a_token_in_the_header_is_as_good_as_one_in_the_first_message() {
    run(async {
        let gateway = shared().await;
        let bearer = format!("Bearer {}", gateway.token(Role::Coordinator));
        let headers =
            [("sec-websocket-protocol", "graphql-transport-ws"), ("authorization", &bearer)];
        let mut socket = Socket::open(gateway, &headers).await.unwrap();
        socket.say(&json!({ "type": "connection_init" })).await;
        assert_eq!(socket.next().await.unwrap()["type"], "connection_ack");
        socket.subscribe("1", "{ me { role } }", Value::Null).await;
        assert_eq!(socket.event().await["data"]["me"]["role"], "COORDINATOR");
    });
}

#[test]
fn queries_and_mutations_run_over_a_socket_under_the_same_guard() {
    run(async {
        let gateway = shared().await;
        let mut socket = Socket::of(gateway, &gateway.token(Role::CommunityWorker)).await;
        socket.subscribe("1", "{ me { role } }", Value::Null).await;
        assert_eq!(socket.event().await["data"]["me"]["role"], "COMMUNITY_WORKER");
        assert_eq!(socket.next().await.unwrap(), json!({ "id": "1", "type": "complete" }));
        let deep = format!("{{ me {}", "{ a".repeat(40)) + &"}".repeat(41);
        let long = format!("{{ me {{ {} }} }}", "role ".repeat(3_000));
        let two = "subscription($id: ID!) { a: patientView(id: $id) { complete } b: patientView(id: $id) { complete } }";
        for (query, code) in [
            (deep.as_str(), "TOO_COMPLEX"),
            (&long, "TOO_COMPLEX"),
            ("{ __schema { types { name } } }", "FORBIDDEN"),
            ("{ nothing }", "BAD_USER_INPUT"),
            (two, "BAD_USER_INPUT"),
            ("subscription { __typename }", "BAD_USER_INPUT"),
            (
                "subscription($id: ID!) { patientView(id: $id) @include(if: true) { complete } }",
                "BAD_USER_INPUT",
            ),
        ] {
            let variables = if query.contains("$id") { json!({ "id": "a" }) } else { Value::Null };
            socket.subscribe("2", query, variables).await;
            let refusal = socket.next().await.unwrap();
            assert_eq!(refusal["type"], "error", "{refusal}");
            assert_eq!(text(&refusal["payload"][0]["extensions"]["code"]), code, "{query}");
        }
    });
}

#[test]
fn connections_and_operations_are_counted() {
    run(async {
        let shape =
            "[streams]\nconnections = 3\nconnections_per_viewer = 2\noperations_per_socket = 1\n";
        let builder = TestGateway::builder().patients(2);
        let gateway = builder.shape(|it| shape.clone_into(&mut it.extra)).start().await;
        let token = |subject: &str| {
            let subject = Some(subject.to_owned());
            let spec = TokenSpec { subject, ..TokenSpec::new(Role::PrimaryCare) };
            gateway.sandbox.issuer().token(&spec)
        };
        let mut first = Socket::of(&gateway, &token("alice")).await;
        let second = Socket::of(&gateway, &token("alice")).await;
        let mut third = Socket::plain(&gateway).await;
        third.init(&token("alice")).await;
        assert_eq!(third.closed().await, 1013);
        let third = crate::gateway::until;
        third("there is room again", || async {
            Socket::open(&gateway, &[("sec-websocket-protocol", "graphql-transport-ws")])
                .await
                .is_ok()
        })
        .await;
        let _bob = Socket::of(&gateway, &token("bob")).await;
        let headers = [("sec-websocket-protocol", "graphql-transport-ws")];
        assert_eq!(Socket::open(&gateway, &headers).await.err(), Some(503));
        let id = gateway.patient(0).await;
        first.subscribe("1", CONDITIONS, json!({ "id": id })).await;
        first.until(is_complete).await;
        first.subscribe("2", "{ me { role } }", Value::Null).await;
        let refusal = first.next().await.unwrap();
        assert_eq!(
            (&refusal["type"], &refusal["payload"][0]["extensions"]["code"]),
            (&json!("error"), &json!("RATE_LIMITED"))
        );
        assert!(first.is_silent(Duration::from_millis(200)).await);
        drop(second);
        gateway.stop().await;
    });
}
