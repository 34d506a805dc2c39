//! Who may come in: good tokens do, forged ones get one identical answer.

use std::collections::BTreeMap;

use caregraph_sandbox::{Fault, Role, TokenSpec};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::forged;
use crate::gateway::{TestGateway, run, shared, until};
use crate::issuer::{Key, TestIssuer};

const QUERY: &str = "{ me { subject role purpose } }";

/// A gateway that believes this issuer.
async fn before(issuer: &TestIssuer) -> TestGateway {
    let url = issuer.url().to_owned();
    TestGateway::builder()
        .patients(1)
        .at_once()
        .shape(|shape| shape.issuer = Some(url))
        .start()
        .await
}

fn good(issuer: &TestIssuer, key: &Key) -> String {
    key.sign(&key.header().to_string(), &issuer.claims().to_string())
}

/// Headers, but for what differs from answer to answer.
fn stable(headers: &HeaderMap) -> BTreeMap<String, Vec<u8>> {
    let headers =
        headers.iter().filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"));
    headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

/// Sends a query with an `Authorization` header as it stands.
async fn with_header(gateway: &TestGateway, authorization: &str) -> Answer {
    let request =
        gateway.client.post(gateway.url("/graphql")).header("content-type", "application/json");
    let request =
        request.header("authorization", authorization).body(json!({ "query": QUERY }).to_string());
    Answer::of(request.send().await.unwrap()).await
}

#[test]
fn every_forged_token_gets_the_same_answer() {
    run(async {
        let (key, stranger) = (Key::new("key-1"), Key::new("key-1"));
        let issuer = TestIssuer::start(&[&key]).await;
        let gateway = before(&issuer).await;
        let token = good(&issuer, &key);
        assert_eq!(
            gateway.ask_with(&token, QUERY, Value::Null).await.data()["me"]["role"],
            "COORDINATOR"
        );
        let bare =
            gateway.client.post(gateway.url("/graphql")).header("content-type", "application/json");
        let bare =
            Answer::of(bare.body(json!({ "query": QUERY }).to_string()).send().await.unwrap())
                .await;
        assert_eq!((bare.status.as_u16(), bare.codes()), (401, vec!["UNAUTHENTICATED".to_owned()]));
        assert_eq!(bare.header("www-authenticate"), "Bearer");
        let forged = forged::all(&issuer, &key, &stranger);
        assert!(forged.len() > 120, "{}", forged.len());
        let count = forged.len();
        for (token, what) in forged {
            let answer = with_header(&gateway, &format!("Bearer {token}")).await;
            let same = answer.status == bare.status && answer.text == bare.text;
            assert!(same, "{what}: {} {}", answer.status, answer.text);
            assert_eq!(stable(&answer.headers), stable(&bare.headers), "{what}");
        }
        assert_eq!(issuer.elsewhere(), 0, "a token sent us somewhere");
        crate::proof::tell("tokens", count, "forged, all refused alike", 0);
        assert_eq!(gateway.ask_with(&token, QUERY, Value::Null).await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn a_key_id_of_a_megabyte_is_refused_and_leads_nowhere() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        let gateway = before(&issuer).await;
        let mut header = key.header();
        header["kid"] = json!("k".repeat(1_000_000));
        let token = key.sign(&header.to_string(), &issuer.claims().to_string());
        let request = gateway.client.post(gateway.url("/graphql")).bearer_auth(token);
        let request = request.header("content-type", "application/json");
        let sent = request.body(json!({ "query": QUERY }).to_string()).send().await;
        // HTTP's own limit on headers comes before ours: the head is not even read to its end.
        assert!(sent.is_err() || sent.is_ok_and(|answer| answer.status() == 431));
        assert_eq!(issuer.reads() + issuer.elsewhere(), 0);
        assert_eq!(gateway.ask_with(&good(&issuer, &key), QUERY, Value::Null).await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn only_one_bearer_token_is_read() {
    run(async {
        let gateway = shared().await;
        let token = gateway.token(Role::Coordinator);
        for (authorization, status) in [
            (format!("Bearer {token}"), 200),
            (format!("bearer {token}"), 200),
            (format!("Basic {token}"), 401),
            (format!("Bearer{token}"), 401),
            (format!("Bearer  {token}"), 401),
            (token.clone(), 401),
            ("Bearer".to_owned(), 401),
            (format!("Bearer {token}, Bearer {token}"), 401),
        ] {
            assert_eq!(
                with_header(gateway, &authorization).await.status,
                status,
                "{authorization}"
            );
        }
        let twice =
            gateway.client.post(gateway.url("/graphql")).header("content-type", "application/json");
        let twice = twice
            .bearer_auth(&token)
            .bearer_auth(&token)
            .body(json!({ "query": QUERY }).to_string());
        assert_eq!(twice.send().await.unwrap().status(), 401);
        let in_url = gateway.client.post(gateway.url(&format!("/graphql?access_token={token}")));
        let in_url = in_url
            .header("content-type", "application/json")
            .body(json!({ "query": QUERY }).to_string());
        assert_eq!(in_url.send().await.unwrap().status(), 401);
    });
}

#[test]
fn tokens_of_the_demos_issuer_are_good_until_they_are_over() {
    run(async {
        let gateway = shared().await;
        for role in Role::ALL {
            let data = gateway.ask(role, QUERY, Value::Null).await.data();
            assert_eq!(data["me"]["role"], role.as_str());
            assert_eq!(data["me"]["purpose"], role.default_purpose());
        }
        for wrong in [
            TokenSpec { minutes: -2, ..TokenSpec::new(Role::Admin) },
            TokenSpec { audience: "another".to_owned(), ..TokenSpec::new(Role::Admin) },
        ] {
            let token = gateway.sandbox.issuer().token(&wrong);
            assert_eq!(gateway.ask_with(&token, QUERY, Value::Null).await.status, 401);
        }
        let foreign = TestIssuer::start(&[]).await;
        let key = Key::new("foreign");
        assert_eq!(gateway.ask_with(&good(&foreign, &key), QUERY, Value::Null).await.status, 401);
        assert_eq!(foreign.reads() + foreign.elsewhere(), 0, "a foreign issuer was asked");
    });
}

#[test]
fn unknown_keys_do_not_flood_the_issuer() {
    run(async {
        let (key, other) = (Key::new("key-1"), Key::new("key-2"));
        let issuer = TestIssuer::start(&[&key]).await;
        let gateway = before(&issuer).await;
        for _ in 0..20 {
            assert_eq!(
                gateway.ask_with(&good(&issuer, &other), QUERY, Value::Null).await.status,
                401
            );
        }
        assert!(issuer.reads() <= 2, "{} reads", issuer.reads());
        assert_eq!(gateway.ask_with(&good(&issuer, &key), QUERY, Value::Null).await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn without_keys_nobody_comes_in_and_with_them_known_ones_do() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        issuer.set_up(false);
        let gateway = before(&issuer).await;
        let answer = gateway.ask_with(&good(&issuer, &key), QUERY, Value::Null).await;
        assert_eq!(
            (answer.status.as_u16(), answer.codes()),
            (503, vec!["SOURCE_UNAVAILABLE".to_owned()])
        );
        assert!(!answer.header("retry-after").is_empty());
        gateway.stop().await;
        issuer.set_up(true);
        let gateway = before(&issuer).await;
        assert_eq!(gateway.ask_with(&good(&issuer, &key), QUERY, Value::Null).await.status, 200);
        issuer.set_up(false);
        assert_eq!(gateway.ask_with(&good(&issuer, &key), QUERY, Value::Null).await.status, 200);
        let rotated = Key::new("key-2");
        issuer.publish(&[&rotated]);
        let unknown = gateway.ask_with(&good(&issuer, &rotated), QUERY, Value::Null).await.status;
        assert!([401, 503].contains(&unknown.as_u16()), "{unknown}");
        gateway.stop().await;
    });
}

#[test]
fn a_dead_issuer_lets_nobody_in() {
    run(async {
        let gateway = TestGateway::builder().patients(1).at_once().start().await;
        gateway.sandbox.issuer().set_fault(Fault::Dead);
        let answer = gateway.ask(Role::Coordinator, QUERY, Value::Null).await;
        assert_eq!(answer.status, 503, "{}", answer.text);
        gateway.sandbox.issuer().set_fault(Fault::None);
        gateway.stop().await;
    });
}

#[test]
fn a_rotated_key_comes_in_before_long_and_the_old_one_goes() {
    run(async {
        let (old, new) = (Key::new("key-1"), Key::new("key-2"));
        let issuer = TestIssuer::start(&[&old]).await;
        let gateway = before(&issuer).await;
        assert_eq!(gateway.ask_with(&good(&issuer, &old), QUERY, Value::Null).await.status, 200);
        issuer.publish(&[&new]);
        let comes_in = || async {
            gateway.ask_with(&good(&issuer, &new), QUERY, Value::Null).await.status == 200
        };
        until("the new key is known", comes_in).await;
        assert_eq!(gateway.ask_with(&good(&issuer, &old), QUERY, Value::Null).await.status, 401);
        gateway.stop().await;
    });
}
