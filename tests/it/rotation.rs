//! Keys that change and tokens that are revoked, while the gateway works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, run, until};
use crate::home::Home;
use crate::issuer::{Key, TestIssuer};

const ME: &str = "{ me { role } }";

async fn before(issuer: &TestIssuer) -> TestGateway {
    let url = issuer.url().to_owned();
    let builder = TestGateway::builder().patients(1).at_once();
    builder.shape(|shape| shape.issuer = Some(url)).start().await
}

fn good(issuer: &TestIssuer, key: &Key) -> String {
    key.sign(&key.header().to_string(), &issuer.claims().to_string())
}

#[test]
fn keys_rotate_under_load_and_no_good_token_is_refused() {
    run(async {
        let (old, new) = (Key::new("key-1"), Key::new("key-2"));
        let issuer = TestIssuer::start(&[&old]).await;
        let gateway = before(&issuer).await;
        let (has_turned, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
        let (old_seen, new_seen) = (AtomicU64::new(0), AtomicU64::new(0));
        let callers = (0..8).map(async |_| {
            while !is_over.load(Ordering::Relaxed) {
                let turned = has_turned.load(Ordering::Relaxed);
                let (key, seen) = if turned { (&new, &new_seen) } else { (&old, &old_seen) };
                let answer = gateway.ask_with(&good(&issuer, key), ME, Value::Null).await;
                assert_eq!(answer.status, 200, "{} {}", key.id, answer.text);
                seen.fetch_add(1, Ordering::Relaxed);
            }
        });
        let operator = async {
            until("the old key is used", async || old_seen.load(Ordering::Relaxed) >= 100).await;
            // The new key is published beside the old one, used at once, and the old one is good until it goes.
            issuer.publish(&[&old, &new]);
            has_turned.store(true, Ordering::Relaxed);
            until("the new key is used", async || new_seen.load(Ordering::Relaxed) >= 100).await;
            assert_eq!(gateway.ask_with(&good(&issuer, &old), ME, Value::Null).await.status, 200);
            is_over.store(true, Ordering::Relaxed);
        };
        tokio::join!(join_all(callers), operator);
        assert_eq!(issuer.reads(), 2, "one reading for each set of keys");
        gateway.stop().await;
    });
}

#[test]
fn a_flood_of_unknown_keys_is_not_passed_on() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        let gateway = before(&issuer).await;
        assert_eq!(gateway.ask_with(&good(&issuer, &key), ME, Value::Null).await.status, 200);
        let began = Instant::now();
        let claims = issuer.claims().to_string();
        for batch in 0..25 {
            let asked = (0..40).map(async |number| {
                let header =
                    json!({ "alg": "ES256", "typ": "at+jwt", "kid": format!("k{batch}-{number}") });
                let token = key.sign(&header.to_string(), &claims);
                assert_eq!(gateway.ask_with(&token, ME, Value::Null).await.status, 401);
            });
            join_all(asked).await;
        }
        // One when the first token came, one for the first unknown key, and one more every ten seconds.
        let most = 2 + began.elapsed().as_secs() / 10;
        assert!(issuer.reads() <= most, "{} readings for 1000 unknown keys", issuer.reads());
        assert_eq!(gateway.ask_with(&good(&issuer, &key), ME, Value::Null).await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn who_is_revoked_stays_out_from_the_next_second_on() {
    run(async {
        let key = Key::new("key-1");
        let issuer = TestIssuer::start(&[&key]).await;
        let home = Arc::new(Home::new());
        let list = home.path().join("revoked.txt");
        let write = |text: &str| {
            // A list is replaced as a whole.
            let beside = list.with_extension("new");
            std::fs::write(&beside, text).unwrap();
            std::fs::rename(&beside, &list).unwrap();
        };
        write("# nobody yet\n");
        let (url, path) = (issuer.url().to_owned(), list.display().to_string());
        let builder = TestGateway::builder().patients(1).at_once().at_home(home.clone());
        let configured = builder.shape(|shape| {
            shape.issuer = Some(url);
            shape.auth = format!("revoked = {path:?}\n");
        });
        let gateway = configured.start().await;
        let with = async |name: &str, value: &str| {
            let mut claims = issuer.claims();
            claims[name] = json!(value);
            let token = key.sign(&key.header().to_string(), &claims.to_string());
            gateway.ask_with(&token, ME, Value::Null).await
        };
        for name in ["jti", "sid", "sub"] {
            assert_eq!(with(name, "gone").await.status, 200, "{name}");
            write(&format!("{name}:gone\n"));
            until("it is revoked", async || with(name, "gone").await.status == 401).await;
            let refused = with(name, "gone").await;
            assert_eq!(refused.codes(), ["UNAUTHENTICATED"]);
            assert_eq!(with(name, "here").await.status, 200, "{name}");
        }
        // What cannot be read changes nothing, and what can be read again does.
        std::fs::remove_file(&list).unwrap();
        write("sub:here\nnonsense\n");
        write("jti:other\nsub:gone\n");
        until("the last list holds", async || with("jti", "other").await.status == 401).await;
        assert_eq!(with("sub", "gone").await.status, 401);
        assert_eq!(with("sub", "here").await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn a_list_that_cannot_be_read_stops_the_start_and_later_keeps_the_old_one() {
    use caregraph::access::RevocationFile;
    run(async {
        let home = Home::new();
        let path = home.path().join("revoked.txt");
        let missing = RevocationFile::open(Some(path.clone())).unwrap_err().to_string();
        assert!(missing.contains("cannot be read") && missing.contains("revoked.txt"), "{missing}");
        std::fs::write(&path, "sub:alice\nbob\n").unwrap();
        let refused = RevocationFile::open(Some(path.clone())).unwrap_err().to_string();
        assert!(refused.ends_with("[2]") && !refused.contains("bob"), "{refused}");
        std::fs::write(&path, "sub:alice\n").unwrap();
        let list = Arc::new(RevocationFile::open(Some(path.clone())).unwrap());
        let keeping = tokio::spawn(list.clone().keep());
        let holds = |who: &str| list.current().holds(None, None, who);
        std::fs::write(&path, "bob\n").unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(holds("alice"));
        std::fs::write(&path, "sub:alice\nsub:carol\n").unwrap();
        until("the list is read again", async || holds("carol")).await;
        assert!(holds("alice") && !holds("bob"));
        keeping.abort();
    });
}
