//! A Redis that is not there, hangs, is slow, was emptied or is full: F14, F15, F16.

use std::sync::Arc;
use std::time::{Duration, Instant};

use caregraph_sandbox::{Options, Role, Sandbox};
use serde_json::json;

use super::stampede::{asked, since};
use super::tell;
use crate::answer::{items, text};
use crate::cached::LONG;
use crate::crowd::{Crowd, Heard, Question, percentile};
use crate::exposition::Exposition;
use crate::gateway::{TestGateway, run, until};
use crate::home::Home;
use crate::servers::{Redis, Slow, free_port};

const METRICS: &str = "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n";
const QUERY: &str =
    "query($id: ID!) { patient(id: $id) { allergies { completeness { sources { state } } } } }";
/// What one operation may take.
const PATIENCE: Duration = Duration::from_millis(25);

async fn sandbox(patients: u64) -> Arc<Sandbox> {
    let options = Options { patients, ..Options::default() };
    Arc::new(Sandbox::start(options).await.expect("the sandbox starts"))
}

async fn gateway(sandbox: &Arc<Sandbox>, home: &Arc<Home>, url: String) -> TestGateway {
    let builder = TestGateway::builder().before(sandbox.clone()).at_home(home.clone());
    let builder = builder.shape(|shape| {
        shape.cache = LONG;
        shape.redis = Some(format!("{url:?}"));
        METRICS.clone_into(&mut shape.extra);
    });
    builder.start().await
}

/// What the metrics say.
async fn figure(gateway: &TestGateway, name: &str, labels: &[(&str, &str)]) -> f64 {
    let url = gateway.metrics().expect("metrics are given");
    let text = gateway.client.get(url).send().await.unwrap().text().await.unwrap();
    Exposition::read(&text).value(name, labels)
}

async fn is_connected(gateway: &TestGateway) -> bool {
    figure(gateway, "caregraph_dependency_up", &[("dependency", "shared_cache")]).await > 0.0
}

/// Asks about people one after the other, whom nobody asked about before.
async fn cold(gateway: &TestGateway, people: std::ops::Range<u64>) -> Vec<Heard> {
    let (mut all, token) = (Vec::new(), gateway.token(Role::PrimaryCare));
    for person in people {
        let id = gateway.patient(person).await;
        let address = gateway.address.to_string();
        let question = Question::new(&address, &token, QUERY, &json!({ "id": id }));
        all.push(question.ask(&gateway.client).await);
    }
    assert!(all.iter().all(Heard::is_fine));
    all
}

#[test]
fn f14_a_node_starts_without_redis_and_finds_it_later() {
    run(async {
        let (sandbox, home, port) = (sandbox(5).await, Arc::new(Home::new()), free_port());
        let started = Instant::now();
        let builder = TestGateway::builder().before(sandbox).at_home(home).at_once();
        let builder = builder.shape(|shape| {
            shape.cache = LONG;
            shape.redis = Some(format!("\"redis://127.0.0.1:{port}\""));
            METRICS.clone_into(&mut shape.extra);
        });
        let gateway = builder.start().await;
        assert_eq!(gateway.get("/health/ready").await.status, 200);
        let ready = started.elapsed();
        assert!(ready <= 3 * Duration::from_secs(2), "{ready:?}");
        let whole = || async { gateway.get("/health/ready").await.json()["indexComplete"] == true };
        until("the rosters are read", whole).await;
        let id = gateway.patient(0).await;
        let state = || async {
            let data = gateway.data(QUERY, json!({ "id": id })).await;
            let sources = data["patient"]["allergies"]["completeness"]["sources"].clone();
            items(&sources).iter().map(|it| text(&it["state"])).collect::<Vec<_>>()
        };
        assert!(state().await.contains(&"OK".to_owned()));
        assert!(state().await.contains(&"CACHED".to_owned()), "its own memory serves");
        assert!(!is_connected(&gateway).await);
        let Some(redis) = Redis::at(port, &[]).await else { return };
        let there = Instant::now();
        until("Redis is found", || is_connected(&gateway)).await;
        tell(
            "F14",
            "ready <= 2 s, its own memory serves",
            format!("ready after {ready:.0?}; Redis found {:.1?} after it came", there.elapsed()),
        );
        drop(redis);
        gateway.stop().await;
    });
}

#[test]
fn f15_a_redis_that_hangs_or_is_slow_costs_little_once_and_then_nothing() {
    run(async {
        let Some(redis) = Redis::start(&[]).await else { return };
        let (sandbox, home) = (sandbox(240).await, Arc::new(Home::new()));
        let node = gateway(&sandbox, &home, redis.url()).await;
        until("Redis is found", || is_connected(&node)).await;
        let well = cold(&node, 0..60).await;
        let events = [("event", "broken")];
        let before = figure(&node, "caregraph_shared_cache_events_total", &events).await;
        redis.signal("STOP");
        let first = cold(&node, 60..120).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let later = cold(&node, 120..180).await;
        let broken = figure(&node, "caregraph_shared_cache_events_total", &events).await - before;
        redis.signal("CONT");
        until("Redis is found again", || is_connected(&node)).await;
        node.stop().await;
        let slow = Slow::before(redis.port(), Duration::from_millis(200)).await;
        let node = gateway(&sandbox, &home, format!("redis://127.0.0.1:{}", slow.port)).await;
        until("Redis is found", || is_connected(&node)).await;
        let dragged = cold(&node, 180..240).await;
        let p99 = |heard: &[Heard]| percentile(heard, 99);
        // Not by a clock alone: what hangs is asked once, by those who came in that moment.
        assert!(broken <= 3.0, "{broken}");
        // Half of them at least: one may always be held up by something else.
        let p50 = |heard: &[Heard]| percentile(heard, 50);
        let allowed = p50(&well) * 3 + 3 * PATIENCE;
        for heard in [&first, &later, &dragged] {
            assert!(p50(heard) <= allowed, "{:?} {:?}", p50(heard), p50(&well));
        }
        tell(
            "F15",
            "added p99 <= 30 ms in the first second, then <= 2 ms",
            format!(
                "p50 and p99 of cold questions: well {:.1?}, {:.1?}; hung, at first {:.1?}, {:.1?}; a second later {:.1?}, \
                 {:.1?}; 200 ms slow {:.1?}, {:.1?}; asked {broken} times while it hung",
                p50(&well),
                p99(&well),
                p50(&first),
                p99(&first),
                p50(&later),
                p99(&later),
                p50(&dragged),
                p99(&dragged),
            ),
        );
        node.stop().await;
    });
}

/// Clients who ask about everybody until they have heard enough; tells how often somebody failed, how often sources were
/// asked, and the most that one source was asked for one type.
async fn crowd(gateway: &TestGateway, people: u64) -> (usize, u64, u64) {
    let before = asked(&gateway.sandbox);
    let mut ids = Vec::new();
    for person in 0..people {
        ids.push(gateway.patient(person).await);
    }
    // One after the other first, so that Redis has the time that it needs on a busy machine.
    cold(gateway, 0..people / 2).await;
    let (address, token) = (gateway.address.to_string(), gateway.token(Role::PrimaryCare));
    let crowd = Crowd::start(32, move |client, turn| {
        let id = &ids[(client + turn) % ids.len()];
        Question::new(&address, &token, QUERY, &json!({ "id": id }))
    });
    crowd.hears(400).await;
    let failed = crowd.ends().await.iter().filter(|heard| !heard.is_fine()).count();
    let calls = since(&before, &gateway.sandbox);
    let allergies = calls.iter().filter(|((_, path), _)| path == "AllergyIntolerance?");
    let counts: Vec<u64> = allergies.map(|(_, count)| *count).collect();
    (failed, counts.iter().sum(), counts.into_iter().max().unwrap_or_default())
}

#[test]
fn f16_an_emptied_or_full_redis_is_a_miss_and_one_question_to_the_source() {
    run(async {
        const PEOPLE: u64 = 12;
        let Some(redis) = Redis::start(&[]).await else { return };
        let (sandbox, home) = (sandbox(PEOPLE).await, Arc::new(Home::new()));
        let mut failures = 0;
        let mut calls = Vec::new();
        for state in ["cold", "kept", "flushed", "full"] {
            // A node with an empty memory of its own.
            let node = gateway(&sandbox, &home, redis.url()).await;
            until("Redis is found", || is_connected(&node)).await;
            match state {
                "flushed" => redis.ask::<()>(&["FLUSHALL"]).await,
                "full" => {
                    redis.ask::<()>(&["FLUSHALL"]).await;
                    redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await;
                }
                _ => {}
            }
            let (failed, all, most) = crowd(&node, PEOPLE).await;
            failures += failed;
            assert!(most <= PEOPLE, "{state}: {most} questions about {PEOPLE} people");
            if state == "full" {
                let refused = [("event", "refused")];
                let refused = figure(&node, "caregraph_shared_cache_events_total", &refused).await;
                assert!(refused > 0.0, "it was not full");
            }
            // What Redis does not give in time is asked for, as on a busy machine now and then.
            assert!(state != "kept" || all < calls[0], "{state}: {all} of {}", calls[0]);
            calls.push(all);
            node.stop().await;
        }
        assert_eq!(failures, 0);
        redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "2mb"]).await;
        redis.ask::<()>(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
        let node = gateway(&sandbox, &home, redis.url()).await;
        let (failed, evicting, most) = crowd(&node, PEOPLE).await;
        assert_eq!(failed, 0);
        assert!(most <= PEOPLE);
        tell(
            "F16",
            "<= 1 call for each patient, source and type; 0 failed",
            format!(
                "calls for {PEOPLE} people: cold {}, kept {}, flushed {}, OOM {}, evicting {evicting}; 0 failed",
                calls[0], calls[1], calls[2], calls[3]
            ),
        );
        node.stop().await;
    });
}
