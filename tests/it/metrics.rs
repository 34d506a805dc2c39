//! Metrics: what Prometheus reads of a running gateway.

use std::collections::BTreeSet;

use caregraph_sandbox::{Fault, Role};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::exposition::Exposition;
use crate::gateway::{TestGateway, run, until};
use crate::proof;

const ALLERGIES: &str = "query Allergies($id: ID!) { patient(id: $id) { allergies { totalCount completeness { sources { state } } } } }";

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
        let most = 150 + 75 * gateway.sandbox.systems().len();
        assert!(after.count() <= most, "{} series", after.count());
        proof::remark(&format!("metrics: {} series", after.count()));
        let known: BTreeSet<&str> = [
            "dependency",
            "event",
            "file",
            "freshness",
            "issuer",
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
