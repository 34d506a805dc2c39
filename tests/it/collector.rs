//! A collector of traces: takes what is posted to it, as OTLP over HTTP has it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::answer::{items, text};

/// One span, as far as tests look at it.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) has_failed: bool,
}

/// A running collector.
pub(crate) struct Collector {
    pub(crate) url: String,
    bodies: Arc<Mutex<Vec<Bytes>>>,
    serving: JoinHandle<()>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let bodies: Arc<Mutex<Vec<Bytes>>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let routes = Router::new().route("/v1/traces", post(take)).with_state(bodies.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("the collector serves until it is stopped");
        });
        Self { url, bodies, serving }
    }

    /// All that was posted, as it came.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bodies.lock().expect("nobody panics here").concat()
    }

    /// All spans so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let bodies = self.bodies.lock().expect("nobody panics here").clone();
        let read = |body: &Bytes| serde_json::from_slice::<Value>(body).expect("it is JSON");
        let mut spans = Vec::new();
        for body in bodies.iter().map(read) {
            let service = &body["resourceSpans"][0]["resource"]["attributes"][0];
            assert_eq!(service["value"]["stringValue"], "caregraph");
            spans.extend(
                items(&body["resourceSpans"][0]["scopeSpans"][0]["spans"]).iter().map(span),
            );
        }
        spans
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(
    State(bodies): State<Arc<Mutex<Vec<Bytes>>>>,
    headers: HeaderMap,
    body: Bytes,
) -> &'static str {
    assert_eq!(headers["content-type"], "application/json");
    bodies.lock().expect("nobody panics here").push(body);
    "{}"
}

fn span(span: &Value) -> Span {
    let number = |name: &str| text(&span[name]).parse::<u128>().expect("a time is a number");
    assert!(number("startTimeUnixNano") <= number("endTimeUnixNano"));
    let attributes = items(&span["attributes"]).iter().map(|it| {
        let value = it["value"].as_object().and_then(|value| value.values().next());
        (text(&it["key"]), text(value.expect("an attribute has a value")))
    });
    let (trace, id) = (text(&span["traceId"]), text(&span["spanId"]));
    assert_eq!((trace.len(), id.len()), (32, 16));
    Span {
        trace,
        id,
        parent: text(&span["parentSpanId"]),
        name: text(&span["name"]),
        attributes: attributes.collect(),
        has_failed: span["status"]["code"] == 2,
    }
}
