//! The issuer's keys: found by OpenID discovery, kept, and read again when a token names an unknown one.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use caregraph_connectors::egress::{Credentials, Egress};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::access::token::KeySet;

/// How long keys are used before they are read again.
const FRESH: Duration = Duration::from_mins(5);
/// How often an unknown key id may make us read the keys, so that forged tokens cannot flood the issuer.
const PAUSE: Duration = Duration::from_secs(10);
/// How long the issuer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// One OpenID issuer.
pub struct Issuer {
    url: String,
    egress: Egress,
    known: RwLock<Option<Known>>,
    /// Held while keys are read, so that many waiting requests make one.
    reading: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Known {
    keys: Arc<KeySet>,
    read_at: Instant,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    /// The issuer at that URL. Nothing is asked before the first token comes.
    pub fn new(url: String, egress: Egress) -> Self {
        Self { url, egress, known: RwLock::default(), reading: Mutex::default() }
    }

    /// Its URL, as it stands in tokens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Its keys, read again when they are old or do not hold `id`. `None` when they could never be had.
    pub(super) async fn keys(&self, id: &str) -> Option<Arc<KeySet>> {
        let known = self.known();
        if let Some(known) = &known
            && known.keys.knows(id)
            && known.read_at.elapsed() < FRESH
        {
            return Some(known.keys.clone());
        }
        self.read_again(id).await;
        self.known().map(|known| known.keys)
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn read_again(&self, id: &str) {
        let mut last = self.reading.lock().await;
        let just_read = last.is_some_and(|last| last.elapsed() < PAUSE);
        let answered = self
            .known()
            .is_some_and(|known| known.keys.knows(id) && known.read_at.elapsed() < FRESH);
        if just_read || answered {
            return;
        }
        *last = Some(Instant::now());
        if let Some(keys) = self.read().await {
            let known = Known { keys: Arc::new(keys), read_at: Instant::now() };
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        } else {
            tracing::warn!("the issuer's keys could not be read; the last good ones stay in use");
        }
    }

    async fn read(&self) -> Option<KeySet> {
        let deadline = Instant::now() + PATIENCE;
        let at = format!("{}/.well-known/openid-configuration", self.url.trim_end_matches('/'));
        let json =
            self.egress.get_json(Url::parse(&at).ok()?, &Credentials::None, deadline).await.ok()?;
        let discovery: Discovery = serde_json::from_slice(&json).ok()?;
        if discovery.issuer != self.url {
            tracing::error!("the discovery document names another issuer than the configured one");
            return None;
        }
        let keys = Url::parse(&discovery.jwks_uri).ok()?;
        let json = self.egress.get_json(keys, &Credentials::None, deadline).await.ok()?;
        KeySet::of_jwks(&json)
    }
}
