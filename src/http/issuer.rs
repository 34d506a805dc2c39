//! One issuer's keys: found by OpenID discovery, kept, and read again in the background long before they are old.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use caregraph_connectors::egress::{Egress, is_guarded};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::access::token::KeySet;

/// From what age on keys are read again behind the back of a request that uses them.
const REFRESH: Duration = Duration::from_mins(1);
/// From what age on a request waits for newer ones, when the issuer does not fail: it was not used.
const STALE: Duration = Duration::from_mins(5);
/// How long the last keys stay in use while the issuer cannot be read.
const LONGEST_USE: Duration = Duration::from_hours(6);
/// How often an unknown key id may make us read the keys, so that forged tokens cannot flood the issuer.
const PAUSE: Duration = Duration::from_secs(10);
/// How long the issuer may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The most that is read of a discovery document or a set of keys.
const BODY_CAP: usize = 256 * 1024;

/// The keys of one OpenID issuer. Cheap to clone.
#[derive(Clone)]
pub(super) struct Issuer(Arc<Keeper>);

struct Keeper {
    url: String,
    egress: Egress,
    state: RwLock<State>,
    /// Held while keys are read, so that many waiting requests make one.
    reading: Mutex<Tried>,
}

#[derive(Clone, Default)]
struct State {
    known: Option<Known>,
    /// The last attempt to read them failed.
    is_failing: bool,
}

#[derive(Clone)]
struct Known {
    keys: Arc<KeySet>,
    read_at: Instant,
}

/// When the issuer was last asked.
#[derive(Default)]
struct Tried {
    /// Last of all.
    at: Option<Instant>,
    /// Last because of a key id that nobody knew.
    for_unknown: Option<Instant>,
}

/// What a request for a key makes us do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Nothing: what is known is fresh.
    Nothing,
    /// Read the keys, while the request goes on with those that are known.
    Soon,
    /// Read the keys before going on.
    Now,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    /// The issuer at that URL. Nothing is asked before the first token comes.
    pub(super) fn new(url: String, egress: Egress) -> Self {
        let (state, reading) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Keeper { url, egress, state, reading }))
    }

    /// Its keys. A request waits for them only when the key of that id is unknown, or when nobody knows whether what is
    /// known still holds. `None` when there are none that may be used.
    pub(super) async fn keys(&self, id: &str) -> Option<Arc<KeySet>> {
        self.keys_at(id, Instant::now()).await
    }

    /// How far its keys are known.
    pub(super) fn key_state(&self) -> KeyState {
        let State { known, is_failing } = self.0.state();
        let age = known.map(|known| known.read_at.elapsed());
        KeyState { issuer: self.0.url.clone(), age, is_failing }
    }

    async fn keys_at(&self, id: &str, now: Instant) -> Option<Arc<KeySet>> {
        let need = self.0.need(id, now);
        if need != Need::Nothing {
            let (keeper, id) = (self.0.clone(), id.to_owned());
            // A task of its own: whoever waits may go away, and the reading goes on for the others.
            let reading = tokio::spawn(async move { keeper.read_again(&id, need).await });
            if need == Need::Now {
                let _ = reading.await;
            }
        }
        let known = self.0.state().known?;
        (now.saturating_duration_since(known.read_at) < LONGEST_USE).then_some(known.keys)
    }
}

/// How far the keys of an issuer are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// The issuer's URL.
    pub issuer: String,
    /// How old the keys are; nothing when none were read yet.
    pub age: Option<Duration>,
    /// Whether the last attempt to read them failed.
    pub is_failing: bool,
}

impl Keeper {
    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn need(&self, id: &str, now: Instant) -> Need {
        let State { known, is_failing } = self.state();
        let known = known.filter(|known| known.keys.knows(id));
        need(known.map(|known| now.saturating_duration_since(known.read_at)), is_failing)
    }

    async fn read_again(&self, id: &str, need: Need) {
        let mut tried = match need {
            Need::Now => self.reading.lock().await,
            Need::Nothing | Need::Soon => match self.reading.try_lock() {
                Ok(tried) => tried,
                Err(_) => return,
            },
        };
        // Whoever held the lock before may have done what we are here for.
        if self.need(id, Instant::now()) == Need::Nothing {
            return;
        }
        let is_unknown = self.state().known.is_some_and(|known| !known.keys.knows(id));
        let last = if is_unknown { tried.for_unknown } else { tried.at };
        if last.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        tried.at = Some(Instant::now());
        if is_unknown {
            tried.for_unknown = tried.at;
        }
        self.keep(self.read().await);
    }

    fn keep(&self, read: Result<KeySet, &'static str>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.is_failing = read.is_err();
        match read {
            Ok(keys) => {
                state.known = Some(Known { keys: Arc::new(keys), read_at: Instant::now() });
                tracing::debug!(issuer = %self.url, "the issuer's keys were read");
            }
            Err(what) => {
                tracing::warn!(issuer = %self.url, what, "the issuer's keys could not be read; the last good ones stay in use for six hours");
            }
        }
    }

    async fn read(&self) -> Result<KeySet, &'static str> {
        let deadline = Instant::now() + PATIENCE;
        let at = format!("{}/.well-known/openid-configuration", self.url.trim_end_matches('/'));
        let at = Url::parse(&at).map_err(|_| "its URL is none")?;
        let json = self.egress.get_public_json(at, BODY_CAP, deadline).await;
        let json = json.map_err(|_| "its discovery document cannot be had")?;
        let discovery: Discovery = serde_json::from_slice(&json)
            .map_err(|_| "its discovery document lacks issuer or jwks_uri")?;
        if discovery.issuer != self.url {
            return Err("its discovery document names another issuer than the configured one");
        }
        let keys = Url::parse(&discovery.jwks_uri).ok().filter(is_guarded);
        let keys = keys.ok_or("its jwks_uri is neither https nor on this machine")?;
        let json = self.egress.get_public_json(keys, BODY_CAP, deadline).await;
        KeySet::of_jwks(&json.map_err(|_| "its keys cannot be had")?).ok_or("its keys are no JWKS")
    }
}

/// What is to be done about a key that was last read `age` ago (`None`: it is not among the known ones).
fn need(age: Option<Duration>, is_failing: bool) -> Need {
    match age {
        Some(age) if age < REFRESH => Need::Nothing,
        // While the issuer fails, waiting for another attempt would not help.
        Some(age) if age < STALE || (is_failing && age < LONGEST_USE) => Need::Soon,
        Some(_) | None => Need::Now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_keys_are_good_for_hours_without_their_issuer_and_not_for_ever() {
        let nobody = "http://127.0.0.1:1".to_owned();
        let issuer = Issuer::new(nobody, Egress::new().unwrap());
        assert!(issuer.keys("1").await.is_none(), "there are none yet");
        // The first key of RFC 7517, appendix A.1.
        let jwks = br#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1",
            "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#;
        issuer.0.keep(KeySet::of_jwks(jwks).ok_or("the keys are keys"));
        let now = Instant::now();
        for is_failing in [false, true] {
            for (minutes, expected) in [(0, true), (10, true), (358, true), (361, false)] {
                let later = now + Duration::from_mins(minutes);
                let keys = issuer.keys_at("1", later).await;
                assert_eq!(keys.is_some_and(|keys| keys.knows("1")), expected, "{minutes}");
            }
            assert!(!is_failing || issuer.0.state().is_failing);
            issuer.0.keep(Err("it is down"));
        }
    }

    #[test]
    fn a_request_waits_only_for_what_nobody_knows() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (age, is_failing, expected) in [
            (None, false, Need::Now),
            (None, true, Need::Now),
            (seconds(59), true, Need::Nothing),
            (seconds(61), false, Need::Soon),
            (seconds(299), false, Need::Soon),
            (seconds(301), false, Need::Now),
            (seconds(301), true, Need::Soon),
            (seconds(21_599), true, Need::Soon),
            (seconds(21_601), true, Need::Now),
        ] {
            assert_eq!(need(age, is_failing), expected, "{age:?} {is_failing}");
        }
    }
}
