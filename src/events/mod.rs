//! What sources tell of their own accord: that something has changed.
//!
//! Owns whom to believe, how often, and what is forgotten for it. A message never brings data into an answer: all that it
//! can do is have something asked for anew. Must never know a viewer, nor what carries a message.

mod agenda;
mod desk;
mod figures;
mod follower;
mod letterbox;
mod lines;
mod numbers;
mod proof;
mod tempo;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

pub use figures::Figures;
pub use lines::Lines;
pub use proof::{Method, Proof};

use crate::gather::{Cache, Source, SourceId};
use crate::telemetry::Complaint;
use letterbox::Letterbox;
use proof::Decoy;
use tempo::Tempo;

/// How often somebody may fail to prove who they are, in a minute, all together: more are turned away as too many.
const FAILURES_PER_MINUTE: u32 = 600;

/// How a source may send messages.
#[derive(Debug)]
pub struct Events {
    /// How it proves that they are its own.
    pub proof: Proof,
    /// How many messages it may send in a minute.
    pub per_minute: u32,
    /// The least time between two times that all of it is forgotten.
    pub sweep_every: Duration,
}

/// A message as it came in. All of it is somebody else's, so there is no debug print.
#[derive(Clone, Copy, Default)]
pub struct Letter<'l> {
    /// The bearer token.
    pub token: Option<&'l str>,
    /// When it was signed, in seconds since 1970.
    pub signed_at: Option<&'l str>,
    /// The signature.
    pub signature: Option<&'l str>,
    /// What its address named beside the source.
    pub path: &'l str,
    /// The body; `None` when there is more of it than is read.
    pub body: Option<&'l [u8]>,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// What it names is forgotten.
    Taken,
    /// Its body is too large. From a source that has proven itself, all of it is forgotten.
    TooLarge,
    /// It does not prove that it is of a source that may send messages. Nobody is told whether there is such a source.
    Refused,
    /// Too many came; how long to wait.
    TooMany(Duration),
}

/// Where messages come in. Cheap to clone.
#[derive(Clone)]
pub struct Inbox(Arc<Inner>);

struct Inner {
    boxes: HashMap<SourceId, Arc<Letterbox>>,
    decoy: Decoy,
    failures: Tempo,
    complaint: Complaint,
}

impl Inbox {
    /// An inbox for these sources; the bell of each is rung when its roster may have changed.
    pub fn new(
        sources: impl IntoIterator<Item = (Arc<Source>, Events, Arc<Notify>)>,
        cache: &Cache,
    ) -> Self {
        let of = |(source, events, bell): (Arc<Source>, Events, Arc<Notify>)| {
            (source.id.clone(), Arc::new(Letterbox::new(source, events, bell, cache.clone())))
        };
        let boxes = sources.into_iter().map(of).collect();
        let failures = Tempo::new(FAILURES_PER_MINUTE);
        let (decoy, complaint) = (Decoy::default(), Complaint::default());
        Self(Arc::new(Inner { boxes, decoy, failures, complaint }))
    }

    /// True when no source may send messages.
    pub fn is_closed(&self) -> bool {
        self.0.boxes.is_empty()
    }

    /// How each source does that may send messages.
    pub fn figures(&self) -> impl Iterator<Item = (&str, &Figures)> {
        self.0.boxes.values().map(|it| (it.source(), it.figures()))
    }

    /// Takes in a message that came for a source.
    pub async fn take(&self, source: &str, letter: Letter<'_>) -> Receipt {
        let inner = &self.0;
        let now = Instant::now();
        let Some(letterbox) = inner.boxes.get(&SourceId::new(source)) else {
            // As much work as for a source that there is.
            inner.decoy.check(&letter);
            return inner.refuse(&letter, now);
        };
        if !letterbox.believes(&letter).await {
            letterbox.figures().refused.add();
            if let Some(held_back) = inner.complaint.due() {
                tracing::warn!(source.id = %source, held_back, "a notification does not prove that it is of this source; compare the secrets");
            }
            return inner.refuse(&letter, now);
        }
        letterbox.take(&letter, now).await
    }

    /// Does in time what is put off, for as long as the process runs.
    pub async fn keep(self) {
        let all = self.0.boxes.values().map(|letterbox| letterbox.keep());
        futures_util::future::join_all(all).await;
    }
}

impl Inner {
    /// Whoever is turned away is told the same, whatever there is.
    fn refuse(&self, letter: &Letter<'_>, now: Instant) -> Receipt {
        match (letter.body, self.failures.pass(now)) {
            (None, _) => Receipt::TooLarge,
            (Some(_), Ok(())) => Receipt::Refused,
            (Some(_), Err(wait)) => Receipt::TooMany(wait),
        }
    }
}
