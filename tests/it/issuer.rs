//! An issuer of tokens of the test's own, which signs whatever it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Bytes as they stand in a token.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A P-256 key with a name.
pub(crate) struct Key {
    pub(crate) id: String,
    pair: EcdsaKeyPair,
}

impl Key {
    pub(crate) fn new(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { id: id.to_owned(), pair }
    }

    /// The public half.
    pub(crate) fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (encode(&point[1..33]), encode(&point[33..65]));
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": x, "y": y })
    }

    /// Signs header and claims as they are.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        let text = format!("{}.{}", encode(header), encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", encode(signature))
    }

    /// A header that is good for this key.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": self.id })
    }
}

/// What is published.
struct Published {
    url: String,
    keys: Mutex<Vec<Value>>,
    up: Mutex<bool>,
    /// Where it says that its keys are, when not where they are.
    jwks_uri: Mutex<Option<String>>,
    /// How many bytes of nothing stand beside the keys.
    padding: Mutex<usize>,
    reads: AtomicU64,
    elsewhere: AtomicU64,
}

/// The running issuer.
pub(crate) struct TestIssuer {
    published: Arc<Published>,
    serving: JoinHandle<()>,
}

impl TestIssuer {
    /// Publishes these keys.
    pub(crate) async fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let published = Arc::new(Published {
            url: format!("http://{}", listener.local_addr().unwrap()),
            keys: Mutex::new(keys.iter().map(|key| key.public()).collect()),
            up: Mutex::new(true),
            jwks_uri: Mutex::default(),
            padding: Mutex::default(),
            reads: AtomicU64::new(0),
            elsewhere: AtomicU64::new(0),
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .fallback(elsewhere)
            .with_state(published.clone());
        let serving = tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        Self { published, serving }
    }

    pub(crate) fn url(&self) -> &str {
        &self.published.url
    }

    /// Publishes other keys.
    pub(crate) fn publish(&self, keys: &[&Key]) {
        *self.published.keys.lock().unwrap() = keys.iter().map(|key| key.public()).collect();
    }

    /// Publishes keys of other families, as they stand in a JWKS.
    pub(crate) fn publish_raw(&self, keys: Vec<Value>) {
        *self.published.keys.lock().unwrap() = keys;
    }

    /// Fails from now on, or works again.
    pub(crate) fn set_up(&self, up: bool) {
        *self.published.up.lock().unwrap() = up;
    }

    /// Says that its keys are elsewhere.
    pub(crate) fn point_to(&self, uri: &str) {
        *self.published.jwks_uri.lock().unwrap() = Some(uri.to_owned());
    }

    /// Publishes its keys in a document that is larger by so many bytes.
    pub(crate) fn pad(&self, bytes: usize) {
        *self.published.padding.lock().unwrap() = bytes;
    }

    /// How often the keys were read.
    pub(crate) fn reads(&self) -> u64 {
        self.published.reads.load(Ordering::Relaxed)
    }

    /// How often something was asked for that nobody has a reason to ask for.
    pub(crate) fn elsewhere(&self) -> u64 {
        self.published.elsewhere.load(Ordering::Relaxed)
    }

    /// Claims that are good.
    pub(crate) fn claims(&self) -> Value {
        json!({
            "sub": "somebody", "iss": self.url(), "aud": "caregraph", "iat": now(), "exp": now() + 600,
            "scope": "user/*.rs", "role": "COORDINATOR", "org": "river-county-health", "purpose": "CAREMGT",
            "client_id": "chart", "jti": "7f3a", "sid": "s-1",
        })
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn discovery(State(of): State<Arc<Published>>) -> Result<Json<Value>, StatusCode> {
    if !*of.up.lock().unwrap() {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let elsewhere = of.jwks_uri.lock().unwrap().clone();
    let uri = elsewhere.unwrap_or_else(|| format!("{}/jwks", of.url));
    Ok(Json(json!({ "issuer": of.url, "jwks_uri": uri })))
}

async fn jwks(State(of): State<Arc<Published>>) -> Json<Value> {
    of.reads.fetch_add(1, Ordering::Relaxed);
    let padding = "x".repeat(*of.padding.lock().unwrap());
    Json(json!({ "keys": *of.keys.lock().unwrap(), "padding": padding }))
}

async fn elsewhere(State(of): State<Arc<Published>>) -> StatusCode {
    of.elsewhere.fetch_add(1, Ordering::Relaxed);
    StatusCode::NOT_FOUND
}
