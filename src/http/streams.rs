//! How many streams there may be, who may open one, how fast they begin, and when they must end.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, header};
use tokio::sync::watch;
use tokio::time::sleep;
use url::Url;

use super::gate::{Claim, Crowded, Gate, GateSettings, Pass};
use super::problem::Problem;

/// How long a place in which a stream began is left empty: what follows (who it is, what it wants, its first event) costs
/// more than the beginning, and is not to hold up those who ask one question.
const PAUSE: Duration = Duration::from_millis(10);

/// How many streams there may be.
#[derive(Clone, Debug)]
pub struct StreamLimits {
    /// Connections that hold streams, in all.
    pub connections: usize,
    /// Those of one viewer.
    pub connections_per_viewer: usize,
    /// Operations that run at once on one WebSocket.
    pub operations: usize,
    /// The longest message of a client, in bytes.
    pub message_bytes: usize,
    /// How many begin at once.
    pub beginnings: usize,
    /// The origins whose pages may open a WebSocket besides our own, as browsers name them.
    pub origins: BTreeSet<String>,
}

/// The streams of this node.
pub struct Streams {
    limits: StreamLimits,
    /// How many connections each viewer has, by subject.
    viewers: Mutex<HashMap<String, usize>>,
    open: watch::Sender<usize>,
    closing: watch::Sender<bool>,
    /// Before which those stand that begin. Its limit stays as it is.
    beginnings: Arc<Gate>,
}

/// A place in which a stream begins.
pub(super) struct Beginning(Pass);

impl Streams {
    /// No streams yet.
    pub fn new(limits: StreamLimits) -> Arc<Self> {
        let (open, closing) = (watch::Sender::new(0), watch::Sender::new(false));
        let beginnings = Arc::new(Gate::new(GateSettings {
            least: limits.beginnings,
            most: limits.beginnings,
            most_memory: None,
            batch_clients: BTreeSet::new(),
        }));
        Arc::new(Self { limits, viewers: Mutex::default(), open, closing, beginnings })
    }

    /// Waits until it is somebody's turn to begin, if it is before long.
    pub(super) async fn begin(&self, claim: Claim) -> Result<Beginning, Problem> {
        tokio::select! {
            biased;
            () = self.closed() => Err(Problem::Crowded),
            turn = self.beginnings.enter(claim) => match turn {
                Ok(pass) => Ok(Beginning(pass)),
                Err(Crowded) => Err(Problem::Overloaded),
            },
        }
    }

    pub(super) fn limits(&self) -> &StreamLimits {
        &self.limits
    }

    /// From now on there are no new ones, and those that there are end.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits until they must end.
    pub(super) async fn closed(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Waits until there are none.
    pub(super) async fn emptied(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// A place for one more connection, if there is one.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Seat> {
        if *self.closing.borrow() {
            return None;
        }
        let has_entered = self.open.send_if_modified(|open| {
            let is_free = *open < self.limits.connections;
            *open += usize::from(is_free);
            is_free
        });
        has_entered.then(|| Seat { streams: self.clone(), viewer: None })
    }

    /// Whether a page of that origin may open a WebSocket. What is no page names none.
    pub(super) fn allows_origin(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let (origin, more) = (origins.next(), origins.next());
        let Some(origin) = origin else { return true };
        let Ok(origin) = origin.to_str() else { return false };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        more.is_none() && (self.limits.origins.contains(origin) || is_of_host(origin, host))
    }
}

/// True for the origin of pages that this host itself serves.
fn is_of_host(origin: &str, host: Option<&str>) -> bool {
    let Some((host, url)) = host.zip(Url::parse(origin).ok()) else { return false };
    let own = Url::parse(&format!("{}://{host}", url.scheme()));
    matches!(url.scheme(), "http" | "https") && own.is_ok_and(|own| own.origin() == url.origin())
}

impl Beginning {
    /// It has begun: a moment later, the next one may.
    pub(super) fn pause(self) {
        tokio::spawn(async move {
            sleep(PAUSE).await;
            drop(self.0);
        });
    }
}

/// The place of one connection; dropped, it is free again.
pub(super) struct Seat {
    streams: Arc<Streams>,
    viewer: Option<String>,
}

impl Seat {
    /// Says whose the connection is; false when they have too many.
    pub(super) fn claim(&mut self, subject: &str) -> bool {
        let mut viewers = self.streams.viewers.lock().unwrap_or_else(PoisonError::into_inner);
        let count = viewers.entry(subject.to_owned()).or_default();
        if *count >= self.streams.limits.connections_per_viewer {
            return false;
        }
        *count += 1;
        self.viewer = Some(subject.to_owned());
        true
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(subject) = &self.viewer {
            let mut viewers = self.streams.viewers.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = viewers.get_mut(subject) {
                *count -= 1;
                if *count == 0 {
                    viewers.remove(subject);
                }
            }
        }
        self.streams.open.send_modify(|open| *open -= 1);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn streams(connections: usize, connections_per_viewer: usize) -> Arc<Streams> {
        let origins = BTreeSet::from(["https://app.example".to_owned()]);
        let (operations, message_bytes, beginnings) = (1, 1024, 2);
        Streams::new(StreamLimits {
            connections,
            connections_per_viewer,
            operations,
            message_bytes,
            beginnings,
            origins,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn streams_begin_a_few_at_a_time_and_none_any_more_when_they_end() {
        let (streams, start) = (streams(1, 1), tokio::time::Instant::now());
        let claim = streams.beginnings.claim(&HeaderMap::new(), None, start);
        let mut begun = 0;
        while let Ok(beginning) = streams.begin(claim).await {
            beginning.pause();
            begun += 1;
            if begun == 100 {
                streams.close();
            }
        }
        assert_eq!(begun, 100);
        // Two at a time, and nobody waits for the last two.
        assert!(start.elapsed() >= PAUSE * 49, "{:?}", start.elapsed());
        assert!(start.elapsed() < PAUSE * 60, "{:?}", start.elapsed());
    }

    #[test]
    fn pages_of_others_open_no_socket() {
        let streams = streams(1, 1);
        for (origin, allowed) in [
            (None, true),
            (Some("http://care.example:8080"), true),
            (Some("https://app.example"), true),
            (Some("http://care.example"), false),
            (Some("http://care.example:8080.evil.example"), false),
            (Some("https://evil.example"), false),
            (Some("file://care.example:8080"), false),
            (Some("null"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("care.example:8080"));
            headers.extend(origin.map(|it| (header::ORIGIN, HeaderValue::from_static(it))));
            assert_eq!(streams.allows_origin(&headers), allowed, "{origin:?}");
        }
    }

    #[test]
    fn a_seat_is_free_again_when_its_connection_is_gone() {
        let streams = streams(3, 2);
        let mut seats: Vec<Seat> = (0..3).map(|_| streams.enter().unwrap()).collect();
        assert!(streams.enter().is_none(), "there are three");
        assert!(seats[0].claim("alice") && seats[1].claim("alice"));
        assert!(!seats[2].claim("alice"), "alice has two");
        assert!(seats[2].claim("bob"));
        drop(seats.remove(0));
        let mut again = streams.enter().unwrap();
        assert!(again.claim("alice"));
        streams.close();
        drop((seats, again));
        assert!(streams.enter().is_none(), "none are taken while they end");
        assert!(streams.viewers.lock().unwrap().is_empty());
    }
}
