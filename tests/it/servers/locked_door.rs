//! A system behind a door that takes only some tokens, and remembers which it was shown.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A system behind such a door.
pub(crate) struct LockedDoor {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    system: String,
    /// What the system itself wants.
    key: String,
    client: reqwest::Client,
    taken: Mutex<Vec<String>>,
    shown: Mutex<BTreeMap<String, usize>>,
}

impl LockedDoor {
    /// Before the system at that address, which wants that token.
    pub(crate) async fn before(system: &str, key: &str) -> Self {
        let shared = Arc::new(Shared {
            system: system.to_owned(),
            key: key.to_owned(),
            client: reqwest::Client::builder().no_proxy().build().expect("a client is made"),
            taken: Mutex::default(),
            shown: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("a listener has an address").port();
        let routes = Router::new().fallback(pass).with_state(shared.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it serves until it is stopped");
        });
        Self { port, shared, serving }
    }

    /// From now on it takes these tokens and no others.
    pub(crate) fn take(&self, tokens: &[&str]) {
        let tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
        *self.shared.taken.lock().expect("nobody panics here") = tokens;
    }

    /// How often it was shown that token with a question about a patient.
    pub(crate) fn shown(&self, token: &str) -> usize {
        let shown = self.shared.shown.lock().expect("nobody panics here");
        shown.get(token).copied().unwrap_or_default()
    }

    /// How often it was asked about a patient.
    pub(crate) fn asked(&self) -> usize {
        self.shared.shown.lock().expect("nobody panics here").values().sum()
    }
}

impl Drop for LockedDoor {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let shown = request.headers().get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let token = shown.unwrap_or_default().trim_start_matches("Bearer ").to_owned();
    let asked = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    if !asked.starts_with("/members?") {
        let mut all = shared.shown.lock().expect("nobody panics here");
        *all.entry(token.clone()).or_default() += 1;
    }
    let is_taken = shared.taken.lock().expect("nobody panics here").contains(&token);
    let response = Response::builder();
    if !is_taken {
        let refused = response.status(401).header(CONTENT_TYPE, "application/json");
        return refused.body(Body::from("{}")).expect("a response is made");
    }
    let question = shared.client.get(format!("{}{asked}", shared.system));
    let answer = question.bearer_auth(&shared.key).send().await.expect("the system answers");
    let media_type = answer.headers().get(CONTENT_TYPE).expect("every answer has a type").clone();
    let response = response.status(answer.status()).header(CONTENT_TYPE, media_type);
    let body = answer.bytes().await.expect("the answer is whole");
    response.body(Body::from(body)).expect("a response is made")
}
