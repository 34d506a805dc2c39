//! Traces: from the client's `traceparent` to the one that a source is told, over real HTTP to a collector.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use caregraph_sandbox::{Fault, Faults, Options, Ports, Role, Sandbox};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::answer::Answer;
use crate::collector::{Collector, Span};
use crate::gateway::{TestGateway, run, until};
use crate::metrics::scrape;

const CONDITIONS: &str = "query Secret($id: ID!) { patient(id: $id) { conditions { totalCount completeness { state } } } }";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// What is kept of answers: nothing, or for as long as any test takes.
const NO_COPIES: &str = "enabled = false";
const COPIES: &str =
    "sections = { CONDITIONS = { fresh_s = 3600, stale_while_revalidate_s = 3600 } }";

/// Stands before a system and notes the headers of each request.
struct Eavesdropper {
    url: String,
    heard: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Behind {
    system: String,
    own: String,
    client: reqwest::Client,
    heard: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Eavesdropper {
    /// Before the system at this base URL.
    async fn before(system: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let own = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let path = url::Url::parse(system).expect("a base is a URL").path().to_owned();
        let heard: Arc<Mutex<Vec<(String, HeaderMap)>>> = Arc::default();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let behind = Behind {
            system: system.trim_end_matches(&path).to_owned(),
            own: own.clone(),
            client,
            heard: heard.clone(),
        };
        let routes = Router::new().fallback(pass).with_state(behind);
        let serving = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it serves until it is stopped");
        });
        Self { url: format!("{own}{path}"), heard, serving }
    }

    /// What was heard of questions about patients.
    fn questions(&self) -> Vec<HeaderMap> {
        let heard = self.heard.lock().expect("nobody panics here");
        let about = heard.iter().filter(|(path, _)| path.contains("patient="));
        about.map(|(_, headers)| headers.clone()).collect()
    }
}

impl Drop for Eavesdropper {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(behind): State<Behind>, request: Request) -> Response {
    let path = request.uri().to_string();
    behind
        .heard
        .lock()
        .expect("nobody panics here")
        .push((path.clone(), request.headers().clone()));
    let answer = behind.client.get(format!("{}{path}", behind.system)).send().await;
    let answer = answer.expect("the system answers");
    let (status, media) = (answer.status(), answer.headers()["content-type"].clone());
    let text = answer.text().await.expect("the answer is whole");
    (status, [("content-type", media)], text.replace(&behind.system, &behind.own)).into_response()
}

/// A gateway with a collector, and somebody who listens before Lakeside.
async fn traced(cache: &'static str, more: &str) -> (TestGateway, Collector, Eavesdropper) {
    let options =
        Options { patients: 10, seed: 1, faults: Faults::default(), ports: Ports::Ephemeral };
    let sandbox = Arc::new(Sandbox::start(options).await.expect("the sandbox starts"));
    let collector = Collector::start().await;
    let lakeside = sandbox.system("lakeside").expect("there is Lakeside").base_url().to_owned();
    let ear = Eavesdropper::before(&lakeside).await;
    let builder = TestGateway::builder().before(sandbox).shape(|shape| {
        shape.cache = cache;
        shape.base_urls = BTreeMap::from([("lakeside", ear.url.clone())]);
        let otlp = &collector.url;
        shape.extra =
            format!("\n[telemetry]\nmetrics = \"127.0.0.1:0\"\notlp = \"{otlp}\"\n{more}");
    });
    (builder.start().await, collector, ear)
}

/// Asks with these headers.
async fn ask(gateway: &TestGateway, id: &str, headers: &[(&str, &str)]) -> Answer {
    let request = gateway.client.post(gateway.url("/graphql"));
    let request = request.bearer_auth(gateway.token(Role::PrimaryCare));
    let mut request = request.header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = json!({ "query": CONDITIONS, "variables": { "id": id } }).to_string();
    Answer::of(request.body(body).send().await.expect("the gateway answers")).await
}

fn named<'s>(spans: &'s [Span], name: &str) -> Vec<&'s Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[test]
fn a_trace_goes_from_the_client_through_each_step_to_the_source() {
    run(async {
        let (gateway, collector, ear) = traced(NO_COPIES, "").await;
        let id = gateway.patient(0).await;
        let parent = format!("00-{TRACE}-{CALLER}-01");
        let headers = [
            ("traceparent", parent.as_str()),
            ("tracestate", "vendor=what-the-client-says"),
            ("baggage", "patient=somebody"),
        ];
        ask(&gateway, &id, &headers).await.data();
        let questions = ear.questions();
        gateway.stop().await;
        let spans = collector.spans();
        assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:#?}");
        let one = |name: &str| {
            let found = named(&spans, name);
            assert_eq!(found.len(), 1, "{spans:#?}");
            found[0].clone()
        };
        let (request, operation, gather) = (one("request"), one("operation"), one("gather"));
        assert_eq!(request.parent, CALLER);
        assert_eq!((operation.parent, gather.parent), (request.id.clone(), operation.id));
        assert_eq!(request.attributes["http.response.status_code"], "200");
        let calls = named(&spans, "source");
        assert!(calls.len() > 1 && calls.iter().all(|call| call.parent == gather.id), "{spans:#?}");
        let is_lakeside = |call: &&&Span| call.attributes["caregraph.source"] == "lakeside";
        let call = calls.iter().find(is_lakeside).expect("Lakeside is asked");
        assert_eq!(call.attributes["caregraph.section"], "CONDITIONS");
        assert_eq!(call.attributes["caregraph.outcome"], "ok");
        assert_eq!(call.attributes["caregraph.attempt"], "1");
        assert!(!questions.is_empty());
        for headers in questions {
            assert_eq!(headers["traceparent"], format!("00-{TRACE}-{}-01", call.id));
            for other in ["tracestate", "baggage", "x-request-id"] {
                assert!(!headers.contains_key(other), "{other}");
            }
        }
        let known: BTreeSet<&str> = [
            "caregraph.attempt",
            "caregraph.operation",
            "caregraph.outcome",
            "caregraph.patients",
            "caregraph.section",
            "caregraph.sections",
            "caregraph.source",
            "http.response.status_code",
        ]
        .into();
        for key in spans.iter().flat_map(|span| span.attributes.keys()) {
            assert!(known.contains(key.as_str()), "{key}");
        }
        let posted = String::from_utf8(collector.bytes()).expect("it is text");
        for secret in [&id, "Secret", "somebody", "what-the-client-says"] {
            assert!(!posted.contains(secret), "{secret}");
        }
    });
}

#[test]
fn a_client_without_a_good_trace_gets_one_of_ours() {
    run(async {
        let (gateway, collector, ear) = traced(NO_COPIES, "").await;
        let id = gateway.patient(0).await;
        let bad = format!("00-{TRACE}-0000000000000000-01");
        ask(&gateway, &id, &[]).await.data();
        ask(&gateway, &id, &[("traceparent", &bad)]).await.data();
        let good = format!("00-{TRACE}-{CALLER}-01");
        ask(&gateway, &id, &[("traceparent", &good), ("traceparent", &good)]).await.data();
        let heard: BTreeSet<String> = ear
            .questions()
            .iter()
            .map(|headers| headers["traceparent"].to_str().expect("it is text")[3..35].to_owned())
            .collect();
        gateway.stop().await;
        let spans = collector.spans();
        let traces: BTreeSet<String> =
            named(&spans, "request").iter().map(|span| span.trace.clone()).collect();
        assert_eq!((traces.len(), &traces), (3, &heard));
        assert!(!traces.contains(TRACE));
        assert!(named(&spans, "request").iter().all(|span| span.parent.is_empty()));
    });
}

#[test]
fn what_the_client_does_not_record_is_not_recorded() {
    run(async {
        let (gateway, collector, ear) = traced(NO_COPIES, "").await;
        let id = gateway.patient(0).await;
        let parent = format!("00-{TRACE}-{CALLER}-00");
        ask(&gateway, &id, &[("traceparent", &parent)]).await.data();
        let questions = ear.questions();
        gateway.stop().await;
        assert!(collector.spans().is_empty());
        let told = questions[0]["traceparent"].to_str().expect("it is text").to_owned();
        assert!(told.starts_with(&format!("00-{TRACE}-")) && told.ends_with("-00"), "{told}");
    });
}

#[test]
fn a_share_of_none_records_nothing() {
    run(async {
        let (gateway, collector, _ear) = traced(NO_COPIES, "trace_share = 0.0").await;
        let id = gateway.patient(0).await;
        ask(&gateway, &id, &[]).await.data();
        gateway.stop().await;
        assert!(collector.spans().is_empty());
    });
}

#[test]
fn each_try_is_a_span_that_says_how_it_ended() {
    run(async {
        let (gateway, collector, _ear) = traced(NO_COPIES, "").await;
        let id = gateway.patient(0).await;
        gateway
            .sandbox
            .system("lakeside")
            .expect("there is Lakeside")
            .set_fault(Fault::Status(500));
        ask(&gateway, &id, &[]).await.data();
        gateway.stop().await;
        let spans = collector.spans();
        let calls = named(&spans, "source").into_iter();
        let calls: Vec<&Span> =
            calls.filter(|call| call.attributes["caregraph.source"] == "lakeside").collect();
        let attempts: Vec<&str> =
            calls.iter().map(|call| call.attributes["caregraph.attempt"].as_str()).collect();
        assert_eq!(attempts, ["1", "2"]);
        assert!(calls.iter().all(|call| call.has_failed), "{calls:#?}");
        assert!(calls.iter().all(|call| call.attributes["caregraph.outcome"] == "status"));
    });
}

#[test]
fn a_fetch_for_many_stands_in_the_trace_of_whoever_began_it() {
    run(async {
        let (gateway, collector, ear) = traced(COPIES, "").await;
        let id = gateway.patient(0).await;
        let parent = format!("00-{TRACE}-{CALLER}-01");
        ask(&gateway, &id, &[("traceparent", &parent)]).await.data();
        ask(&gateway, &id, &[]).await.data();
        let told = ear.questions();
        gateway.stop().await;
        let spans = collector.spans();
        let gathers = named(&spans, "gather");
        assert_eq!(gathers.len(), 2, "{spans:#?}");
        let first = gathers.iter().find(|span| span.trace == TRACE).expect("the first is theirs");
        let calls = named(&spans, "source");
        assert!(
            !calls.is_empty() && calls.iter().all(|call| call.parent == first.id),
            "{spans:#?}"
        );
        assert!(!told.is_empty(), "Lakeside was asked once");
        for headers in told {
            let value = headers["traceparent"].to_str().expect("it is text");
            assert!(value.contains(TRACE), "{value}");
        }
    });
}

#[test]
fn a_collector_that_is_gone_costs_spans_and_no_answer() {
    run(async {
        let (gateway, collector, _ear) = traced(NO_COPIES, "").await;
        let id = gateway.patient(0).await;
        drop(collector);
        ask(&gateway, &id, &[]).await.data();
        let failed = || async {
            scrape(&gateway).await.value("caregraph_trace_spans_total", &[("outcome", "failed")])
                > 0.5
        };
        until("spans are dropped", failed).await;
        ask(&gateway, &id, &[]).await.data();
        gateway.stop().await;
    });
}
