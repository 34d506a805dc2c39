//! What sources tell of their own accord: whoever proves to be the source has its copies forgotten, and nobody else.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use caregraph_sandbox::{Role, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::gateway::{Builder, TestGateway, run, until};
use crate::home::Home;
use crate::metrics::scrape;
use crate::servers::Redis;

const LONG: &str = "sections = { DEMOGRAPHICS = { fresh_s = 1800 }, \
    CONDITIONS = { fresh_s = 3600, stale_while_revalidate_s = 3600 }, \
    ALLERGIES = { fresh_s = 3600, stale_while_revalidate_s = 3600, stale_if_error_s = 3600 } }";

const SECRET: &str = "lakeside and we know this one";

const BOTH: &str = "query($id: ID!) { patient(id: $id) {
    allergies(first: 100) { completeness { sources { source { name } state } } }
    conditions(first: 100) { completeness { sources { source { name } state } } } } }";

fn builder(more: &str) -> Builder {
    builder_at(Arc::new(Home::new()), more)
}

fn builder_at(home: Arc<Home>, more: &str) -> Builder {
    let file = home.path().join("lakeside.secret");
    std::fs::write(&file, format!("{SECRET}\n")).expect("a file can be written");
    let events = format!("[connector.events]\nsecret = \"file:{}\"\n{more}\n", file.display());
    TestGateway::builder().patients(20).at_home(home).shape(|shape| {
        shape.cache = LONG;
        // Settings of a test live as long as the tests do.
        shape.of_system.insert("lakeside", events.leak());
    })
}

/// How Lakeside stands among allergies and conditions.
async fn states(gateway: &TestGateway, person: u64) -> (String, String) {
    let id = gateway.patient(person).await;
    let data = gateway.ask(Role::PrimaryCare, BOTH, json!({ "id": id })).await.data();
    let state = |list: &str| {
        let sources = items(&data["patient"][list]["completeness"]["sources"]).to_vec();
        let is_it = |it: &&Value| text(&it["source"]["name"]).starts_with("Lakeside");
        text(&sources.iter().find(is_it).expect("Lakeside knows the patient")["state"])
    };
    (state("allergies"), state("conditions"))
}

fn pair(allergies: &str, conditions: &str) -> (String, String) {
    (allergies.to_owned(), conditions.to_owned())
}

/// What Lakeside itself calls a person.
fn local(sandbox: &Sandbox, person: u64) -> String {
    sandbox.truth(person).record("lakeside").expect("Lakeside knows them").id.clone()
}

/// Two people whom Lakeside knows.
fn two(sandbox: &Sandbox) -> (u64, u64) {
    let known = |person: &u64| sandbox.truth(*person).record("lakeside").is_some();
    let mut known = (0..20).filter(known);
    (known.next().unwrap(), known.next().unwrap())
}

async fn send(gateway: &TestGateway, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
    send_by(gateway, Method::POST, path, headers, body).await
}

async fn send_by(
    gateway: &TestGateway,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Answer {
    let mut request = gateway.client.request(method, gateway.url(path)).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request.send().await.expect("the gateway answers")).await
}

fn bearer(secret: &str) -> String {
    format!("Bearer {secret}")
}

/// From Lakeside, with its secret.
async fn tell(gateway: &TestGateway, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(gateway, "/hooks/lakeside", &[("authorization", &bearer(SECRET))], body).await
}

fn allergy(patient: &str) -> Value {
    json!({ "resourceType": "AllergyIntolerance", "id": "x", "code": { "text": "CANARY-IN-A-HOOK" },
        "patient": { "reference": format!("Patient/{patient}") } })
}

/// A topic's notification of one event.
fn event(number: u64, focus: &str, context: &str) -> Value {
    let status = json!({ "resourceType": "SubscriptionStatus", "status": "active", "type": "event-notification",
        "subscription": { "reference": "Subscription/s" }, "eventsSinceSubscriptionStart": number.to_string(),
        "notificationEvent": [{ "eventNumber": number.to_string(), "focus": { "reference": focus },
            "additionalContext": [{ "reference": context }] }] });
    json!({ "resourceType": "Bundle", "type": "history", "entry": [{ "resource": status }] })
}

/// A handshake or a heartbeat.
fn sign_of_life(kind: &str, in_all: u64) -> Value {
    let status = json!({ "resourceType": "SubscriptionStatus", "status": "active", "type": kind,
        "subscription": { "reference": "Subscription/s" }, "eventsSinceSubscriptionStart": in_all.to_string() });
    json!({ "resourceType": "Bundle", "type": "subscription-notification", "entry": [{ "resource": status }] })
}

#[test]
fn what_a_notification_names_is_live_in_the_next_answer_and_nothing_else_is_touched() {
    run(async {
        let gateway = builder("").start().await;
        let (one, other) = two(&gateway.sandbox);
        for person in [one, other] {
            states(&gateway, person).await;
            assert_eq!(states(&gateway, person).await, pair("CACHED", "CACHED"));
        }
        let told = tell(&gateway, &allergy(&local(&gateway.sandbox, one))).await;
        assert_eq!((told.status.as_u16(), told.text.as_str()), (200, ""));
        assert_eq!(states(&gateway, one).await, pair("OK", "CACHED"));
        assert_eq!(states(&gateway, other).await, pair("CACHED", "CACHED"));
        tell(&gateway, &sign_of_life("handshake", 0)).await;
        let patient = format!("Patient/{}", local(&gateway.sandbox, other));
        tell(&gateway, &event(1, "Condition/any", &patient)).await;
        assert_eq!(states(&gateway, other).await, pair("CACHED", "OK"));
        assert_eq!(states(&gateway, one).await, pair("CACHED", "CACHED"));
        // R4 puts the resource under its name.
        let headers = [("authorization", bearer(SECRET))];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let body = allergy(&local(&gateway.sandbox, one)).to_string();
        let put =
            send_by(&gateway, Method::PUT, "/hooks/lakeside/AllergyIntolerance/x", &headers, body);
        assert_eq!(put.await.status, 200);
        assert_eq!(states(&gateway, one).await, pair("OK", "CACHED"));
        assert!(!format!("{:?}", states(&gateway, one).await).contains("CANARY"));
        gateway.stop().await;
    });
}

#[test]
fn what_names_nobody_has_the_source_forgotten_once_however_many_come() {
    run(async {
        let gateway = builder("sweep_s = 300\nper_minute = 10\n").start().await;
        let (one, other) = two(&gateway.sandbox);
        for person in [one, other] {
            states(&gateway, person).await;
        }
        let asked = || gateway.sandbox.system("lakeside").unwrap().requests().of("Condition?");
        let mut before = asked();
        assert_eq!(tell(&gateway, &Value::Null).await.status, 200);
        for person in [one, other] {
            assert_eq!(states(&gateway, person).await, pair("OK", "OK"));
        }
        assert_eq!(asked() - before, 2);
        before = asked();
        let (mut limited, began) = (0, Instant::now());
        for _ in 0..50 {
            let told = tell(&gateway, &Value::Null).await;
            if told.status == 429 {
                assert!(told.header("retry-after").parse::<u64>().unwrap() <= 7);
                limited += 1;
            }
            states(&gateway, one).await;
        }
        // Ten at once, and one more for every six seconds that it took.
        let taken = 11 + began.elapsed().as_secs() / 6;
        assert!((50 - taken..=41).contains(&limited), "{limited}");
        assert_eq!(asked(), before, "a flood of vague words is no flood of questions");
        gateway.stop().await;
    });
}

#[test]
fn who_does_not_prove_to_be_the_source_learns_nothing_and_changes_nothing() {
    run(async {
        let gateway = builder("").start().await;
        let (one, _) = two(&gateway.sandbox);
        states(&gateway, one).await;
        let body = allergy(&local(&gateway.sandbox, one)).to_string();
        let large = "x".repeat(256 * 1024 + 1);
        let mut told = Vec::new();
        for (source, secret) in [
            ("lakeside", Some("lakeside and we know that one")),
            ("lakeside", None),
            ("harbor", Some(SECRET)),
            ("nowhere", Some(SECRET)),
            ("nowhere", None),
            ("lakeside%2Fx", Some(SECRET)),
        ] {
            let secret = secret.map(bearer);
            let headers: Vec<(&str, &str)> =
                secret.iter().map(|secret| ("authorization", secret.as_str())).collect();
            let path = format!("/hooks/{source}");
            let answer = send(&gateway, &path, &headers, body.clone()).await;
            let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort();
            assert_eq!(answer.status, 401, "{source}");
            told.push((answer.text, names));
            let answer = send(&gateway, &path, &headers, large.clone()).await;
            assert_eq!(answer.status, 413, "{source}");
        }
        assert!(told.windows(2).all(|two| two[0] == two[1]), "{told:?}");
        let path = "/hooks/lakeside";
        assert_eq!(gateway.get(path).await.status, 404);
        assert_eq!(states(&gateway, one).await, pair("CACHED", "CACHED"));
        // From the source itself, what is too large to be read may have told anything.
        let large = send(&gateway, path, &[("authorization", &bearer(SECRET))], large).await;
        assert_eq!(large.status, 413);
        assert_eq!(states(&gateway, one).await, pair("OK", "OK"));
        gateway.stop().await;
    });
}

#[test]
fn without_a_source_that_may_send_any_there_is_no_such_place() {
    run(async {
        let gateway = TestGateway::builder().patients(3).at_once().start().await;
        let told = tell(&gateway, &Value::Null).await;
        let elsewhere = send(&gateway, "/nowhere", &[], String::new()).await;
        assert_eq!((told.status, &told.text), (elsewhere.status, &elsewhere.text));
        assert_eq!(told.status, 404);
        gateway.stop().await;
    });
}

fn signature(at: u64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    let digits = tag.as_ref().iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    format!("sha256={digits}")
}

#[test]
fn a_signed_notification_counts_once_and_only_as_it_was_signed() {
    run(async {
        let gateway = builder("proof = \"hmac\"\n").start().await;
        let (one, _) = two(&gateway.sandbox);
        states(&gateway, one).await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let body = allergy(&local(&gateway.sandbox, one)).to_string();
        let post = async |at: u64, signature: String, body: &str| {
            let at = at.to_string();
            let headers = [
                ("x-caregraph-timestamp", at.as_str()),
                ("x-caregraph-signature", signature.as_str()),
                ("authorization", &bearer(SECRET)),
            ];
            send(&gateway, "/hooks/lakeside", &headers, body.to_owned()).await.status.as_u16()
        };
        for (at, signed, sent) in [
            (now - 301, signature(now - 301, &body), body.clone()),
            (now + 1, signature(now, &body), body.clone()),
            (now, signature(now, &body), body.replace("Patient/", "Patient/0")),
            (now, String::new(), body.clone()),
        ] {
            assert_eq!(post(at, signed, &sent).await, 401);
        }
        assert_eq!(states(&gateway, one).await, pair("CACHED", "CACHED"));
        assert_eq!(post(now, signature(now, &body), &body).await, 200);
        assert_eq!(states(&gateway, one).await, pair("OK", "CACHED"));
        assert_eq!(post(now, signature(now, &body), &body).await, 401, "it is sent again");
        assert_eq!(states(&gateway, one).await, pair("CACHED", "CACHED"));
        gateway.stop().await;
    });
}

#[test]
fn after_a_lost_notification_everything_of_the_source_is_forgotten() {
    run(async {
        let gateway = builder("sweep_s = 1\n").start().await;
        let (one, other) = two(&gateway.sandbox);
        let patient = format!("Patient/{}", local(&gateway.sandbox, one));
        tell(&gateway, &sign_of_life("handshake", 0)).await;
        for person in [one, other] {
            states(&gateway, person).await;
        }
        tell(&gateway, &event(1, "Condition/1", &patient)).await;
        assert_eq!(states(&gateway, one).await, pair("CACHED", "OK"));
        // The second one overtakes nobody: it never comes.
        tell(&gateway, &event(3, "Condition/1", &patient)).await;
        let swept = async || states(&gateway, other).await == pair("OK", "OK");
        until("what was lost counts as lost", swept).await;
        // A heartbeat tells of what is missing at the end.
        let (allergies, _) = states(&gateway, other).await;
        assert_eq!(allergies, "CACHED");
        tell(&gateway, &sign_of_life("heartbeat", 4)).await;
        until("the source itself tells of it", swept).await;
        // And one that tells nothing new changes nothing.
        tell(&gateway, &sign_of_life("heartbeat", 4)).await;
        assert_eq!(states(&gateway, other).await, pair("CACHED", "CACHED"));
        gateway.stop().await;
    });
}

/// How often the nodes could not ask their Redis.
async fn redis_failures(one: &TestGateway, two: &TestGateway) -> f64 {
    let mut failures = 0.0;
    for node in [one, two] {
        let figures = scrape(node).await;
        for event in ["broken", "unconnected"] {
            failures += figures.value("caregraph_shared_cache_events_total", &[("event", event)]);
        }
    }
    failures
}

#[test]
fn two_nodes_on_one_redis_forget_together_and_count_together() {
    run(async {
        let homes = [Arc::new(Home::new()), Arc::new(Home::new())];
        let Some(redis) = Redis::start(&[]).await else { return };
        let cache = format!("redis = \"{}\"\n{LONG}", redis.url()).leak();
        let shared = |home: &Arc<Home>| {
            builder_at(home.clone(), "sweep_s = 1\n").shape(|shape| {
                shape.cache = cache;
                shape.extra = "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n".to_owned();
            })
        };
        let one = shared(&homes[0]).start().await;
        // Nodes of one store have one key.
        let key = |home: &Home| home.path().join("caregraph.key");
        std::fs::copy(key(&homes[0]), key(&homes[1])).expect("the key can be copied");
        let second = shared(&homes[1]).before(one.sandbox.clone());
        let (first, other) = two(&one.sandbox);
        let two = second.start().await;
        let is = async |gateway: &TestGateway, person, allergies, conditions| {
            states(gateway, person).await == pair(allergies, conditions)
        };
        let both_cached = async || {
            is(&one, first, "CACHED", "CACHED").await && is(&two, first, "CACHED", "CACHED").await
        };
        let hears = async || {
            states(&one, first).await;
            states(&two, other).await;
            both_cached().await && is(&one, other, "CACHED", "CACHED").await
        };
        until("the nodes share", hears).await;
        let patient = local(&one.sandbox, first);
        tell(&one, &sign_of_life("handshake", 0)).await;
        // One of them is told, and both have it.
        tell(&one, &allergy(&patient)).await;
        let asked = || one.sandbox.system("lakeside").unwrap().requests().of("AllergyIntolerance?");
        let before = asked();
        until("the other node asks anew", async || {
            states(&two, first).await;
            asked() > before
        })
        .await;
        // Each hears every other event, and none is lost.
        until("both are warm", both_cached).await;
        let conditions = || one.sandbox.system("lakeside").unwrap().requests().of("Condition?");
        let before = conditions();
        let failures = redis_failures(&one, &two).await;
        for number in 1..=4 {
            let node = if number % 2 == 1 { &one } else { &two };
            let body = event(number, "AllergyIntolerance/x", &format!("Patient/{patient}"));
            assert_eq!(tell(node, &body).await.status, 200);
        }
        assert_eq!(conditions(), before);
        // A heartbeat at either says that there were four, and both know where they are.
        for node in [&one, &two] {
            assert_eq!(tell(node, &sign_of_life("heartbeat", 4)).await.status, 200);
        }
        let later = Instant::now() + Duration::from_secs(3);
        until("what is missing would count as lost", async || Instant::now() > later).await;
        // Redis may be too slow for us on a busy machine, and then rather too much counts as lost.
        let was_slow = redis_failures(&one, &two).await > failures;
        for node in [&one, &two] {
            let lakeside = [("source", "lakeside")];
            let gaps = scrape(node).await.value("caregraph_notifications_gaps_total", &lakeside);
            assert!(was_slow || gaps < 0.5, "{gaps} gaps");
        }
        // A vague word at one is a cold source at both.
        tell(&two, &Value::Null).await;
        until("the first node asks anew", async || {
            states(&one, other).await;
            conditions() > before
        })
        .await;
        one.stop().await;
        two.stop().await;
    });
}
