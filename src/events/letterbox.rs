//! The messages that one source sends us.

use std::sync::Arc;
use std::time::SystemTime;

use caregraph_connectors::{Message, Notice};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::desk::Desk;
use super::proof::{Proof, REMEMBERED, Sight};
use super::tempo::Tempo;
use super::{Events, Figures, Letter, Receipt};
use crate::gather::{Cache, Source};

/// The messages of one source: which are believed, and how many.
pub(super) struct Letterbox {
    desk: Desk,
    proof: Proof,
    tempo: Tempo,
}

impl Letterbox {
    pub(super) fn new(
        source: Arc<Source>,
        events: Events,
        roster: Arc<Notify>,
        cache: Cache,
    ) -> Self {
        Self {
            desk: Desk::new(source, events.sweep_every, roster, cache),
            proof: events.proof,
            tempo: Tempo::new(events.per_minute),
        }
    }

    pub(super) fn source(&self) -> &str {
        self.desk.source.id.as_str()
    }

    pub(super) fn figures(&self) -> &Figures {
        &self.desk.figures
    }

    /// True when the message is the source's own, and has not come before, here or at another node.
    pub(super) async fn believes(&self, letter: &Letter<'_>) -> bool {
        let now = SystemTime::now();
        if !self.proof.holds(letter, now) {
            return false;
        }
        match self.proof.sight(letter, now) {
            Sight::Again => false,
            Sight::OfNoAccount => true,
            Sight::First(word) => {
                let word = format!("message {} {word}", self.desk.source.id);
                self.desk.cache.note(&word, REMEMBERED).await
            }
        }
    }

    /// Takes in a message that is the source's own. One that is not read may have told anything.
    pub(super) async fn take(&self, letter: &Letter<'_>, now: Instant) -> Receipt {
        let (notice, receipt) = match (letter.body, self.tempo.pass(now)) {
            (_, Err(wait)) => {
                self.desk.figures.too_many.add();
                (Notice::of_anything(), Receipt::TooMany(wait))
            }
            (None, Ok(())) => {
                self.desk.figures.too_large.add();
                (Notice::of_anything(), Receipt::TooLarge)
            }
            (Some(body), Ok(())) => {
                self.desk.figures.taken.add();
                let message = Message { path: letter.path, body };
                let notice = self.desk.source.connector.notice(&message);
                (notice.unwrap_or_else(Notice::of_anything), Receipt::Taken)
            }
        };
        self.desk.act(notice, now).await;
        receipt
    }

    /// Does in time what is put off.
    pub(super) async fn keep(&self) {
        self.desk.keep().await;
    }
}
