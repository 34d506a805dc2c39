//! What is done about what a source tells, whatever carries it: what is forgotten at once, and what is put off.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use caregraph_connectors::{Change, Notice};
use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::Figures;
use super::agenda::{Agenda, Doubt, Sections};
use super::proof::REMEMBERED;
use crate::gather::{Cache, Source};

/// Where what one source tells is acted on.
pub(super) struct Desk {
    pub(super) source: Arc<Source>,
    pub(super) cache: Cache,
    agenda: Mutex<Agenda>,
    /// Something was put off.
    put_off: Notify,
    roster: Arc<Notify>,
    pub(super) figures: Arc<Figures>,
}

impl Desk {
    /// A desk at which all of a source is forgotten once in `sweep_every` at most; the bell is rung when its roster may have
    /// changed.
    pub(super) fn new(
        source: Arc<Source>,
        sweep_every: Duration,
        roster: Arc<Notify>,
        cache: Cache,
    ) -> Self {
        Self {
            source,
            cache,
            agenda: Mutex::new(Agenda::new(sweep_every)),
            put_off: Notify::new(),
            roster,
            figures: Arc::default(),
        }
    }

    /// While a line is open, copies are good for as long as all that was told on it has been acted on.
    pub(super) fn tune(&self, now: Instant) {
        match (self.figures.has_line(), self.agenda().is_behind()) {
            (true, false) => self.source.hearing.begin(now),
            (true, true) => self.source.hearing.end(),
            (false, _) => {}
        }
    }

    /// Has forgotten what a notice names.
    pub(super) async fn act(&self, notice: Notice, now: Instant) {
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
        self.tune(now);
        self.put_off.notify_one();
        // Each begins before the first is waited for: this node forgets at once, however long others take.
        let forgotten = join_all(notice.changes.iter().map(|change| self.forget(change)));
        tokio::join!(self.sweep(sweep), forgotten);
    }

    async fn forget(&self, change: &Change) {
        if let Some(patient) = &change.patient {
            self.figures.forgotten.add();
            self.cache.forget(&self.source.id, patient, change.section).await;
        }
    }

    async fn sweep(&self, sections: Sections) {
        let swept = sections.into_iter().map(async |section| {
            self.figures.swept.add();
            self.cache.forget_source(&self.source.id, section).await;
        });
        join_all(swept).await;
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
            self.tune(Instant::now());
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
