//! What is read of a source in the background: pages of its roster, its directory, or one patient whom it is asked for.
//!
//! A reading heeds what is known of the source, and nothing that comes of it stands in the way of a question that somebody
//! waits for: it has a turn of its own, it never is the one question that finds out whether a source is back, and it neither
//! opens the breaker nor has questions wait. A list of all patients may fail or be rationed where charts are not.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use caregraph_connectors::record::Section;
use caregraph_connectors::{
    Answer, Ask, Connector, Directory, Message, Notice, Problem, Rest, RosterCursor, RosterPage,
};
use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::pause::Pause;
use super::verdict::Verdict;
use super::{CROWDED, Guard, Source};
use crate::telemetry::Counter;

/// How many readings of one source are under way at once.
const TURNS: usize = 1;

/// What is read of a source in the background.
#[derive(Debug)]
pub(super) struct Readings {
    turns: Semaphore,
    pause: Pause,
}

impl Default for Readings {
    fn default() -> Self {
        Self { turns: Semaphore::new(TURNS), pause: Pause::default() }
    }
}

/// How readings went. Each number only grows.
#[derive(Debug, Default)]
pub struct ReadingFigures {
    /// Those that the source answered.
    pub answered: Counter,
    /// Those that failed.
    pub failed: Counter,
    /// Those that were put off: the source kept failing, had asked us to wait, or was being read already.
    pub put_off: Counter,
}

impl Guard {
    /// Reads something of the source in the background, unless it is to be left alone.
    pub async fn reading<T>(
        &self,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let figures = &self.figures.readings;
        let turn = self.turn_to_read(Instant::now()).inspect_err(|_| figures.put_off.add())?;
        let read = AssertUnwindSafe(work).catch_unwind().await;
        let read = read.unwrap_or_else(|_| {
            self.figures.panics.add();
            tracing::error!("a connector panicked while it was read in the background");
            Err(Problem::Garbled)
        });
        drop(turn);
        let verdict = read.as_ref().err().map_or(Verdict::Sound, |it| Verdict::on(it, true));
        if let Verdict::Busy(wait) = verdict {
            self.readings.pause.begin(wait, Instant::now());
        }
        let counter = if verdict == Verdict::Sound { &figures.answered } else { &figures.failed };
        counter.add();
        read
    }

    fn turn_to_read(&self, now: Instant) -> Result<impl Drop, Problem> {
        let pauses = [self.readings.pause.left(now), self.pause.left(now)];
        if let Some(left) = pauses.into_iter().flatten().max() {
            return Err(Problem::Busy { retry_after: Some(left) });
        }
        let not_asked = |why, again_in: Duration| Problem::NotAsked { why, again_in };
        if let Some(rest) = self.breaker.rest(now) {
            return Err(not_asked(Rest::Failing, rest));
        }
        self.readings.turns.try_acquire().map_err(|_| not_asked(Rest::Crowded, CROWDED))
    }
}

/// A source as those see it who read its roster.
pub struct RosterReader(pub Arc<Source>);

#[async_trait]
impl Connector for RosterReader {
    fn offers(&self) -> &[Section] {
        self.0.connector.offers()
    }

    fn patients_per_ask(&self) -> usize {
        self.0.connector.patients_per_ask()
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        self.0.guard.fetch(&self.0, ask).await
    }

    fn notice(&self, message: &Message<'_>) -> Option<Notice> {
        self.0.connector.notice(message)
    }

    fn has_roster(&self) -> bool {
        self.0.connector.has_roster()
    }

    async fn roster(&self, from: &RosterCursor, deadline: Instant) -> Result<RosterPage, Problem> {
        self.0.guard.reading(self.0.connector.roster(from, deadline)).await
    }

    fn directory(&self) -> Option<&dyn Directory> {
        self.0.connector.directory()
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
