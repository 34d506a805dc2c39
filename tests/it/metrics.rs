//! Metrics: what Prometheus reads of a running gateway.

use std::collections::BTreeSet;

use caregraph_sandbox::{Fault, Role, TokenSpec};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::exposition::Exposition;
use crate::gateway::{TestGateway, run, until};
use crate::proof;

const ALLERGIES: &str = "query Allergies($id: ID!) { patient(id: $id) { allergies { totalCount completeness { sources { state } } } } }";

/// How many requests may be under way at a gateway that is soon full.
const SLOTS: u32 = 16;

/// What somebody hears for whom there is no room.
const TURNED_AWAY: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// A gateway that gives metrics.
async fn gateway() -> TestGateway {
    let builder = TestGateway::builder().patients(10).shape(|shape| {
        shape.cache = "sections = { ALLERGIES = { fresh_s = 600, stale_while_revalidate_s = 600, stale_if_error_s = 600, negative_s = 0 } }";
        shape.extra = "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n".to_owned();
    });
    builder.start().await
}

/// What Prometheus reads now.
pub(crate) async fn scrape(gateway: &TestGateway) -> Exposition {
    let url = gateway.metrics().expect("metrics are given");
    let answer = Answer::of(gateway.client.get(url).send().await.expect("they are there")).await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    Exposition::read(&answer.text)
}

#[test]
fn what_happens_stands_in_well_formed_metrics() {
    run(async {
        let gateway = gateway().await;
        let before = scrape(&gateway).await;
        let id = gateway.patient(0).await;
        gateway.data(ALLERGIES, json!({ "id": id })).await;
        gateway.data(ALLERGIES, json!({ "id": id })).await;
        let refused = gateway.ask(Role::PrimaryCare, "{ nothing }", Value::Null).await;
        assert_eq!(refused.codes().len(), 1);
        gateway.ask_with("no token", ALLERGIES, Value::Null).await;
        let after = scrape(&gateway).await;
        let more = |name: &str, labels: &[(&str, &str)]| {
            after.value(name, labels) - before.value(name, labels)
        };
        let lakeside = ("source", "lakeside");
        let requests = |operation, outcome| {
            more("caregraph_requests_total", &[("operation", operation), ("outcome", outcome)])
        };
        for (found, expected) in [
            (requests("query", "ok"), 2.0),
            (requests("query", "refused"), 1.0),
            (more("caregraph_requests_total", &[]), 3.0),
            (more("caregraph_request_duration_seconds_count", &[]), 3.0),
            (more("caregraph_request_own_duration_seconds_count", &[]), 3.0),
            (more("caregraph_http_refusals_total", &[("reason", "unauthenticated")]), 1.0),
            (more("caregraph_source_calls_total", &[lakeside, ("outcome", "ok")]), 1.0),
            (more("caregraph_source_call_duration_seconds_count", &[lakeside]), 1.0),
            (more("caregraph_cache_lookups_total", &[lakeside, ("freshness", "live")]), 1.0),
            (more("caregraph_cache_lookups_total", &[lakeside, ("freshness", "fresh")]), 1.0),
            (more("caregraph_audit_entries_total", &[]), 2.0),
            (after.value("caregraph_source_breaker_state", &[lakeside, ("state", "closed")]), 1.0),
            (after.value("caregraph_index_complete", &[lakeside]), 1.0),
            (after.value("caregraph_dependency_up", &[("dependency", "store")]), 1.0),
            (after.value("caregraph_file_refused", &[("file", "policy")]), 0.0),
        ] {
            assert!(
                (found - expected).abs() < f64::EPSILON,
                "{found} is not {expected}: {after:#?}"
            );
        }
        let own = more("caregraph_request_own_duration_seconds_sum", &[]);
        assert!(own > 0.0 && own <= more("caregraph_request_duration_seconds_sum", &[]));
        assert!(after.value("process_resident_memory_bytes", &[]) > 1_000_000.0);
        gateway.stop().await;
    });
}

#[test]
fn what_clients_name_makes_no_series() {
    run(async {
        let gateway = gateway().await;
        let token = gateway.token(Role::PrimaryCare);
        gateway.ask_with(&token, "{ me { role } }", Value::Null).await;
        let before = scrape(&gateway).await;
        for number in 0..1_000 {
            let query = format!("query Odd{number} {{ alias{number}: me {{ role }} }}");
            let body = json!({ "query": query, "operationName": format!("Odd{number}") });
            assert_eq!(gateway.send(&token, body.to_string()).await.status, StatusCode::OK);
        }
        let after = scrape(&gateway).await;
        assert_eq!(after.count(), before.count());
        let series = || after.0.values().flat_map(|family| family.series.keys());
        let of_sources = series().filter(|(_, labels)| labels.iter().any(|it| it.0 == "source"));
        let (of_sources, sources) = (of_sources.count(), gateway.sandbox.systems().len());
        let others = after.count() - of_sources;
        // As docs/operators.md promises.
        assert!(others <= 190 && of_sources <= 85 * sources, "{others}, {of_sources} series");
        proof::remark(&format!("metrics: {others} series, and {of_sources} of {sources} sources"));
        let known: BTreeSet<&str> = [
            "dependency",
            "event",
            "file",
            "freshness",
            "issuer",
            "lane",
            "le",
            "operation",
            "outcome",
            "part",
            "reason",
            "source",
            "state",
            "tier",
            "version",
        ]
        .into();
        let unknown: Vec<&str> = after.labels().difference(&known).copied().collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let systems: BTreeSet<&str> =
            gateway.sandbox.systems().iter().map(caregraph_sandbox::System::id).collect();
        for ((_, labels), _) in after.0.values().flat_map(|family| &family.series) {
            for (_, source) in labels.iter().filter(|(name, _)| name == "source") {
                assert!(systems.contains(source.as_str()), "{source}");
            }
        }
        gateway.stop().await;
    });
}

#[test]
fn a_source_that_keeps_failing_is_seen() {
    run(async {
        let gateway = gateway().await;
        let mut ids = Vec::new();
        for person in 0..10 {
            ids.push(gateway.patient(person).await);
        }
        gateway.sandbox.system("lakeside").unwrap().set_fault(Fault::Status(500));
        let asks = || async {
            for id in &ids {
                gateway.data(ALLERGIES, json!({ "id": id })).await;
            }
            let now = scrape(&gateway).await;
            let closed = [("source", "lakeside"), ("state", "closed")];
            now.value("caregraph_source_breaker_state", &closed) < 0.5
        };
        until("the breaker opens", asks).await;
        let now = scrape(&gateway).await;
        let of =
            |name: &str, label: (&str, &str)| now.value(name, &[("source", "lakeside"), label]);
        assert!(of("caregraph_source_calls_total", ("outcome", "status")) >= 5.0);
        assert!(
            now.value("caregraph_source_breaker_opened_total", &[("source", "lakeside")]) >= 1.0
        );
        gateway.stop().await;
    });
}

#[test]
fn who_is_let_in_has_to_wait_or_is_turned_away_is_seen_by_lane() {
    run(async {
        let builder = TestGateway::builder().patients(2).shape(|shape| {
            shape.extra = format!(
                "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n\n[overload]\nmax_concurrent = {SLOTS}\n"
            );
        });
        let gateway = builder.start().await;
        let id = gateway.patient(0).await;
        let tokens = ["north", "south"].map(|organization| {
            let organization = Some(organization.to_owned());
            let spec = TokenSpec { organization, ..TokenSpec::new(Role::PrimaryCare) };
            gateway.sandbox.issuer().token(&spec)
        });
        let worker = gateway.token(Role::CommunityWorker);
        // From now on they are known at the gate.
        for token in tokens.iter().chain([&worker]) {
            gateway.ask_with(token, "{ me { role } }", Value::Null).await.data();
        }
        let body = json!({ "query": ALLERGIES, "variables": { "id": id } }).to_string();
        let ask = |token: &str, name: &str, value: &str| {
            let request = gateway.client.post(gateway.url("/graphql")).bearer_auth(token);
            let request = request.header("content-type", "application/json").body(body.clone());
            let request = request.header(name, value);
            async move { request.send().await.expect("the gateway answers").status() }
        };
        let before = scrape(&gateway).await;
        let lakeside = gateway.sandbox.system("lakeside").unwrap();
        lakeside.set_fault(Fault::Hang);
        let ends = async {
            let in_flight = || async {
                let now = scrape(&gateway).await;
                now.value("caregraph_gate_in_flight", &[]) >= f64::from(SLOTS)
            };
            until("as many are under way as may be", in_flight).await;
            let late = ask(&tokens[0], "accept", "application/json");
            let batch = ask(&tokens[0], "priority", "u=7");
            assert_eq!(tokio::join!(late, batch), (TURNED_AWAY, TURNED_AWAY));
            assert_eq!(ask(&worker, "x-purpose-of-use", "ETREAT").await, TURNED_AWAY);
            let urgent = async { ask(&tokens[1], "x-purpose-of-use", "ETREAT").await };
            let goes_on = async {
                let in_flight = || async {
                    let now = scrape(&gateway).await;
                    now.value("caregraph_gate_in_flight", &[]) > f64::from(SLOTS)
                };
                until("an emergency is let in beyond it", in_flight).await;
                lakeside.set_fault(Fault::None);
            };
            assert_eq!(tokio::join!(urgent, goes_on).0, StatusCode::OK);
        };
        let of = |number: u32| ask(&tokens[number as usize % 2], "accept", "application/json");
        let (answers, ()) = tokio::join!(join_all((0..SLOTS).map(of)), ends);
        assert!(answers.iter().all(StatusCode::is_success), "{answers:?}");
        let after = scrape(&gateway).await;
        let more = |name: &str, labels: &[(&str, &str)]| {
            after.value(name, labels) - before.value(name, labels)
        };
        let of_lane =
            |what: &str, lane| more(&format!("caregraph_gate_{what}_total"), &[("lane", lane)]);
        for (found, expected) in [
            (of_lane("accepted", "interactive"), f64::from(SLOTS)),
            (of_lane("queued", "interactive"), 2.0),
            (of_lane("shed", "interactive"), 2.0),
            (of_lane("accepted", "batch"), 0.0),
            (of_lane("queued", "batch"), 1.0),
            (of_lane("shed", "batch"), 1.0),
            (of_lane("accepted", "emergency"), 1.0),
            (of_lane("queued", "emergency"), 0.0),
            (of_lane("shed", "emergency"), 0.0),
            (of_lane("shed", "subscription"), 0.0),
            (more("caregraph_gate_disbelieved_total", &[]), 1.0),
            (more("caregraph_gate_wait_duration_seconds_count", &[]), f64::from(SLOTS) + 1.0),
            (more("caregraph_http_refusals_total", &[("reason", "overloaded")]), 3.0),
            (after.value("caregraph_gate_concurrency_limit", &[]), f64::from(SLOTS)),
            (after.value("caregraph_gate_in_flight", &[]), 0.0),
            (after.value("caregraph_gate_waiting", &[]), 0.0),
        ] {
            assert!(
                (found - expected).abs() < f64::EPSILON,
                "{found} is not {expected}: {after:#?}"
            );
        }
        gateway.stop().await;
    });
}

#[test]
fn metrics_are_given_where_they_are_asked_for_and_nowhere_else() {
    run(async {
        let gateway = gateway().await;
        assert_eq!(gateway.get("/metrics").await.status, StatusCode::NOT_FOUND);
        let url = gateway.metrics().expect("metrics are given");
        let send = |request: reqwest::RequestBuilder| async move {
            request.send().await.expect("the listener answers").status()
        };
        assert_eq!(send(gateway.client.post(&url)).await, StatusCode::METHOD_NOT_ALLOWED);
        let root = url.replace("/metrics", "/graphql");
        assert_eq!(send(gateway.client.get(root)).await, StatusCode::NOT_FOUND);
        gateway.stop().await;
        assert!(reqwest::get(url).await.is_err(), "a stopped gateway gives none");
    });
}
