//! A small FHIR server whose records a test writes down, and that can be slow or dead.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How a server behaves to those who ask about a patient; its list of patients is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Up,
    Slow,
    Dead,
    /// Fails with its curse in body and header.
    Upset,
    /// Answers with something that begins like a bundle and ends in its curse.
    Garbled,
    /// Points elsewhere, with its curse in the address.
    Elsewhere,
    /// Takes the question, and answers when its mood is another one.
    Silent,
}

const SILENT: u8 = Mood::Silent as u8;

/// How often a silent server looks whether it may speak.
const LOOKS_EVERY: Duration = Duration::from_millis(5);

/// The records of one server by type: whose, and what.
pub(crate) type Shelf = HashMap<&'static str, Vec<(String, Value)>>;

struct Held {
    shelf: RwLock<Shelf>,
    mood: AtomicU8,
    asked: AtomicUsize,
    curse: String,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    held: Arc<Held>,
    serving: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(shelf: Shelf) -> Self {
        Self::start_with(shelf, String::new()).await
    }

    /// A server with something to say when it fails.
    pub(crate) async fn start_with(shelf: Shelf, curse: String) -> Self {
        let (shelf, mood, asked) = (RwLock::new(shelf), AtomicU8::new(0), AtomicUsize::new(0));
        let held = Arc::new(Held { shelf, mood, asked, curse });
        let router = Router::new().fallback(answer).with_state(held.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the server serves until it is stopped");
        });
        Self { address, held, serving }
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.held.mood.store(mood as u8, Ordering::Relaxed);
    }

    /// Puts a record into its shelf, in the place of the one of that id.
    pub(crate) fn put(&self, kind: &'static str, owner: &str, body: Value) {
        let mut all = self.held.shelf.write().expect("nobody panics here");
        let records = all.entry(kind).or_default();
        records.retain(|(_, known)| known["id"] != body["id"]);
        records.push((owner.to_owned(), body));
    }

    /// How often it was asked about a patient.
    pub(crate) fn asked(&self) -> usize {
        self.held.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(held): State<Arc<Held>>, request: Request) -> Response {
    let url = url::Url::parse("http://server").expect("this is a URL");
    let url = url.join(&request.uri().to_string()).expect("a request has a URL");
    let kind = url.path().trim_start_matches("/fhir/").to_owned();
    let asked = url.query_pairs().find(|(name, _)| name == "patient" || name == "_id");
    let Some((_, asked)) = asked else {
        return bundle(&held, &kind, &|_| true);
    };
    held.asked.fetch_add(1, Ordering::Relaxed);
    while held.mood.load(Ordering::Relaxed) == SILENT {
        tokio::time::sleep(LOOKS_EVERY).await;
    }
    match held.mood.load(Ordering::Relaxed) {
        1 => tokio::time::sleep(Duration::from_millis(30)).await,
        2 => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        0 => {}
        mood => return cursed(mood, &held.curse),
    }
    bundle(&held, &kind, &|owner| asked.split(',').any(|id| id == owner))
}

fn cursed(mood: u8, curse: &str) -> Response {
    let header = [("x-curse", curse.to_owned())];
    match mood {
        3 => {
            let outcome = json!({ "resourceType": "OperationOutcome",
                "issue": [{ "severity": "error", "code": "exception", "diagnostics": curse }] });
            (StatusCode::INTERNAL_SERVER_ERROR, header, outcome.to_string()).into_response()
        }
        4 => {
            let text = format!("{{\"resourceType\":\"Bundle\",\"entry\":[{{\"resource\":{curse}");
            (header, text).into_response()
        }
        _ => {
            let to = [("location", format!("http://127.0.0.1:1/{curse}?{curse}"))];
            (StatusCode::TEMPORARY_REDIRECT, to).into_response()
        }
    }
}

fn bundle(held: &Held, kind: &str, is_asked: &dyn Fn(&str) -> bool) -> Response {
    let shelf = held.shelf.read().expect("nobody panics here");
    let entries: Vec<Value> = shelf
        .get(kind)
        .into_iter()
        .flatten()
        .filter(|(owner, _)| is_asked(owner))
        .map(|(_, resource)| json!({ "resource": resource, "search": { "mode": "match" } }))
        .collect();
    let bundle = json!({
        "resourceType": "Bundle", "type": "searchset", "total": entries.len(), "entry": entries,
    });
    ([(header::CONTENT_TYPE, "application/fhir+json")], bundle.to_string()).into_response()
}
