//! A system with a second door: what is below `next/` is the same, or goes wrong in a way that the first door does not show.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::http::header::AUTHORIZATION;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What happens at the second door.
#[derive(Clone, Debug)]
pub(crate) enum Mood {
    /// It answers as the first.
    Well,
    /// It takes a question and never answers.
    Hangs,
    /// Whoever is asked about, it answers about that member.
    Mixes(String),
}

/// A system with two doors.
pub(crate) struct TwoDoors {
    /// Its first door; the second is `next/` below it.
    pub(crate) url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    system: String,
    client: reqwest::Client,
    mood: Mutex<Mood>,
    asked: AtomicUsize,
    hanging: AtomicUsize,
}

impl TwoDoors {
    /// Before the system at that address.
    pub(crate) async fn before(system: &str) -> Self {
        let shared = Arc::new(Shared {
            system: system.to_owned(),
            client: reqwest::Client::builder().no_proxy().build().expect("a client is made"),
            mood: Mutex::new(Mood::Well),
            asked: AtomicUsize::new(0),
            hanging: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}/", listener.local_addr().expect("a listener has an address"));
        let routes = Router::new().fallback(pass).with_state(shared.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it serves until it is stopped");
        });
        Self { url, shared, serving }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.shared.mood.lock().expect("nobody panics here") = mood;
    }

    /// How often the second door was asked.
    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// How many still wait at the second door for what never comes.
    pub(crate) fn hanging(&self) -> usize {
        self.shared.hanging.load(Ordering::SeqCst)
    }
}

impl Drop for TwoDoors {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Somebody who waits; gone once whoever asked has gone.
struct Hanging(Arc<Shared>);

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.hanging.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let asked = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut asked = asked.trim_start_matches('/').to_owned();
    if let Some(below) = asked.strip_prefix("next/").map(str::to_owned) {
        shared.asked.fetch_add(1, Ordering::SeqCst);
        let mood = shared.mood.lock().expect("nobody panics here").clone();
        asked = match mood {
            Mood::Well => below,
            Mood::Hangs => {
                shared.hanging.fetch_add(1, Ordering::SeqCst);
                let _hanging = Hanging(shared.clone());
                std::future::pending().await
            }
            Mood::Mixes(member) => about(&below, &member),
        };
    }
    let mut question = shared.client.get(format!("{}/{asked}", shared.system));
    if let Some(shown) = request.headers().get(AUTHORIZATION) {
        question = question.header(AUTHORIZATION, shown);
    }
    let answer = question.send().await.expect("the system answers");
    let response = Response::builder().status(answer.status()).header(
        "content-type",
        answer.headers().get("content-type").cloned().expect("every answer has a type"),
    );
    let body = answer.bytes().await.expect("the answer is whole");
    response.body(Body::from(body)).expect("a response is made")
}

/// The same question about another member.
fn about(asked: &str, member: &str) -> String {
    let mut parts: Vec<&str> = asked.split('/').collect();
    if parts.len() > 2 {
        parts[1] = member;
    }
    parts.join("/")
}
