//! Reading rosters in the background: one task a source, which never gives up.

use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::record::FuzzyDate;
use caregraph_connectors::{Connector, Problem, RosterCursor};
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::error::IndexError;
use super::first_pass;
use super::ids::SourceId;
use super::index::PersonIndex;
use super::intake::find;
use super::now_ms;
use super::pass::{Pass, PassKind, Trouble};
use super::pause::Pause;
use super::person_store::{Phase, SourceRow};
use super::progress::SourceState;

/// The least time between two readings of changes.
const LEAST: Duration = Duration::from_secs(5);

/// How often and how patiently rosters are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long after one reading of changes the next begins.
    pub interval: Duration,
    /// How long after one full reading the next begins; only a full one sees who has vanished.
    pub full_interval: Duration,
    /// How much further back than the last reading changes are asked for: clocks differ, and some systems show a
    /// change only minutes after they dated it.
    pub overlap: Duration,
    /// How long one page may take.
    pub page_deadline: Duration,
    /// The pause after a first failure.
    pub shortest_pause: Duration,
    /// The pause after many failures.
    pub longest_pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            interval: Duration::from_mins(1),
            full_interval: Duration::from_hours(24),
            overlap: Duration::from_mins(10),
            page_deadline: Duration::from_secs(30),
            shortest_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(1),
        }
    }
}

/// Reads the roster of one source, for as long as it runs.
pub struct RosterKeeper {
    pub(super) index: PersonIndex,
    pub(super) source: SourceId,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) pace: Pace,
    news: Arc<Notify>,
}

impl RosterKeeper {
    /// A keeper for `source`, which must be one that the index was opened with.
    pub fn new(
        index: PersonIndex,
        source: SourceId,
        connector: Arc<dyn Connector>,
        pace: Pace,
    ) -> Self {
        Self { index, source, connector, pace, news: Arc::default() }
    }

    /// Reads changes sooner when this is rung, though not at once after it has read them.
    #[must_use]
    pub fn woken_by(self, news: Arc<Notify>) -> Self {
        Self { news, ..self }
    }

    /// Runs in the background until the handle is aborted; what was begun is then undone or taken up again by
    /// the next run.
    pub fn spawn(self) -> JoinHandle<()> {
        tokio::spawn(self.run())
    }

    /// Reads everybody, then changes, for ever.
    pub async fn run(self) {
        let mut pause = Pause::new(self.pace.shortest_pause, self.pace.longest_pause);
        loop {
            let wait = match self.pass(&mut pause).await {
                Ok(()) => {
                    pause.reset();
                    self.rest().await;
                    continue;
                }
                Err(IndexError::NotKeeper) => {
                    self.follow().await;
                    pause.next().min(self.pace.interval)
                }
                Err(error) => {
                    warn!(source.id = %self.source, %error, "the person index could not be written");
                    pause.next()
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Waits until the next reading is due, or there is news.
    async fn rest(&self) {
        let least = self.pace.interval.min(LEAST);
        tokio::time::sleep(least).await;
        tokio::select! {
            () = tokio::time::sleep(self.pace.interval.saturating_sub(least)) => {}
            () = self.news.notified() => {}
        }
    }

    /// Another node reads the rosters: shows what it has come to.
    async fn follow(&self) {
        if let Err(error) = self.index.core.recall().await {
            warn!(source.id = %self.source, %error, "the person index could not be read");
        }
    }

    /// One reading from its beginning to its end, through as many failures of the source as it takes.
    async fn pass(&self, pause: &mut Pause) -> Result<(), IndexError> {
        first_pass::finish(&self.index.core, &self.source).await?;
        let mut pass = self.next_pass().await?;
        loop {
            match pass.run(self, pause).await {
                Ok(()) => break,
                Err(Trouble::Index(error)) => return Err(error),
                Err(Trouble::Source(problem)) => {
                    self.wait_out(problem, pause).await;
                    if pass.is_cursor_spent() {
                        info!(source.id = %self.source, "the roster is read from its beginning again");
                        pass = self.next_pass().await?;
                    }
                }
            }
        }
        self.finish(&pass).await
    }

    async fn wait_out(&self, problem: Problem, pause: &mut Pause) {
        let wait = match &problem {
            Problem::Busy { retry_after: Some(asked) }
            | Problem::NotAsked { again_in: asked, .. } => pause.at_least(*asked),
            _ => pause.next(),
        };
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        warn!(source.id = %self.source, %problem, wait_ms, "the roster cannot be read now");
        self.index.core.progress.fail(&self.source, problem);
        tokio::time::sleep(wait).await;
    }

    /// What is due: everybody at first and once in a while, else what has changed.
    async fn next_pass(&self) -> Result<Pass, IndexError> {
        let rows = self.index.core.store.sources().await?;
        let row = find(&rows, &self.source)?;
        let from_ms = now_ms();
        Ok(match (row.phase, self.changed_since(row, from_ms)) {
            (Phase::Done, Some(since)) => {
                Pass::new(PassKind::Changes, RosterCursor::ChangedSince(since), from_ms)
            }
            (Phase::Done, None) => Pass::new(PassKind::Full, RosterCursor::Start, from_ms),
            (Phase::Reading | Phase::Indexing | Phase::Linking, _) => {
                Pass::new(PassKind::First, RosterCursor::Start, from_ms)
            }
        })
    }

    /// Since when changes are to be read; `None` when a full reading is due.
    fn changed_since(&self, row: &SourceRow, now: i64) -> Option<FuzzyDate> {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        if now.saturating_sub(row.full_from_ms?) >= millis(self.pace.full_interval) {
            return None;
        }
        let since = row.read_from_ms?.saturating_sub(millis(self.pace.overlap));
        let since = OffsetDateTime::from_unix_timestamp(since.div_euclid(1_000)).ok()?;
        Some(FuzzyDate::of_instant(since))
    }

    async fn finish(&self, pass: &Pass) -> Result<(), IndexError> {
        let core = &self.index.core;
        if pass.kind != PassKind::Changes {
            pass.retire_missing(self).await?;
        }
        if pass.kind == PassKind::First {
            first_pass::close_reading(core, &self.source, pass.from_ms).await?;
            first_pass::finish(core, &self.source).await?;
        } else {
            first_pass::note_reading(core, &self.source, pass.from_ms, pass.kind == PassKind::Full)
                .await?;
        }
        let rows = core.store.sources().await?;
        let row = find(&rows, &self.source)?;
        let people = u64::try_from(row.people).unwrap_or(0);
        core.progress.set(&self.source, SourceState::Ready { people, as_of_ms: pass.from_ms });
        if pass.kind != PassKind::Changes {
            info!(source.id = %self.source, people, "the roster has been read");
        }
        Ok(())
    }
}
