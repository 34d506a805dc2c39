//! The messages of one source.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use caregraph_connectors::{Change, Message, Notice};
use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::agenda::{Agenda, Doubt, Sections};
use super::proof::{Proof, REMEMBERED, Sight};
use super::tempo::Tempo;
use super::{Events, Figures, Letter, Receipt};
use crate::gather::{Cache, Source};

/// The messages of one source, and what is put off for them.
pub(super) struct Letterbox {
    source: Arc<Source>,
    cache: Cache,
    proof: Proof,
    tempo: Tempo,
    agenda: Mutex<Agenda>,
    /// Something was put off.
    put_off: Notify,
    roster: Arc<Notify>,
    figures: Figures,
}

impl Letterbox {
    pub(super) fn new(
        source: Arc<Source>,
        events: Events,
        roster: Arc<Notify>,
        cache: Cache,
    ) -> Self {
        Self {
            source,
            cache,
            proof: events.proof,
            tempo: Tempo::new(events.per_minute),
            agenda: Mutex::new(Agenda::new(events.sweep_every)),
            put_off: Notify::new(),
            roster,
            figures: Figures::default(),
        }
    }

    pub(super) fn source(&self) -> &str {
        self.source.id.as_str()
    }

    pub(super) fn figures(&self) -> &Figures {
        &self.figures
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
                let word = format!("message {} {word}", self.source.id);
                self.cache.note(&word, REMEMBERED).await
            }
        }
    }

    /// Takes in a message that is the source's own. One that is not read may have told anything.
    pub(super) async fn take(&self, letter: &Letter<'_>, now: Instant) -> Receipt {
        let (notice, receipt) = match (letter.body, self.tempo.pass(now)) {
            (_, Err(wait)) => {
                self.figures.too_many.add();
                (Notice::of_anything(), Receipt::TooMany(wait))
            }
            (None, Ok(())) => {
                self.figures.too_large.add();
                (Notice::of_anything(), Receipt::TooLarge)
            }
            (Some(body), Ok(())) => {
                self.figures.taken.add();
                let message = Message { path: letter.path, body };
                let notice = self.source.connector.notice(&message);
                (notice.unwrap_or_else(Notice::of_anything), Receipt::Taken)
            }
        };
        self.act(notice, now).await;
        receipt
    }

    async fn act(&self, notice: Notice, now: Instant) {
        if notice.roster {
            self.roster.notify_one();
        }
        if let Some(count) = &notice.count {
            let noted = count.numbers.iter().map(|number| self.word(&count.subscription, *number));
            let noted = noted.map(async |word| self.cache.note(&word, REMEMBERED).await);
            join_all(noted).await;
        }
        let sweep = {
            let mut agenda = self.agenda();
            if let Some(count) = &notice.count {
                agenda.note(count, now);
            }
            for change in notice.changes.iter().filter(|change| change.patient.is_none()) {
                agenda.sweep(change.section);
            }
            agenda.due_sweep(now)
        };
        self.put_off.notify_one();
        self.sweep(sweep).await;
        join_all(notice.changes.iter().map(|change| self.forget(change))).await;
    }

    async fn forget(&self, change: &Change) {
        if let Some(patient) = &change.patient {
            self.figures.forgotten.add();
            self.cache.forget(&self.source.id, patient, change.section).await;
        }
    }

    async fn sweep(&self, sections: Sections) {
        for section in sections {
            self.figures.swept.add();
            self.cache.forget_source(&self.source.id, section).await;
        }
    }

    /// Does in time what is put off.
    pub(super) async fn keep(&self) {
        loop {
            let next = self.agenda().next(Instant::now());
            let due = async {
                match next {
                    Some(next) => sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.put_off.notified() => continue,
            }
            let doubts = self.agenda().due_doubts(Instant::now());
            for doubt in doubts {
                self.look_into(&doubt).await;
            }
            let sweep = self.agenda().due_sweep(Instant::now());
            self.sweep(sweep).await;
        }
    }

    /// Another node may have had what is missing here.
    async fn look_into(&self, doubt: &Doubt) {
        if let Some(missing) = &doubt.missing {
            let words: Vec<String> =
                missing.iter().map(|number| self.word(&doubt.subscription, *number)).collect();
            if self.cache.noted(&words).await.iter().all(|is_noted| *is_noted) {
                return;
            }
        }
        self.figures.gaps.add();
        tracing::warn!(source.id = %self.source.id, "notifications of this source were lost; all that it said is forgotten");
        self.agenda().sweep(None);
    }

    fn word(&self, subscription: &str, number: u64) -> String {
        format!("event {} {number} {subscription}", self.source.id)
    }

    fn agenda(&self) -> MutexGuard<'_, Agenda> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
