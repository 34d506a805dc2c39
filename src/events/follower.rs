//! The line of one source that tells what has changed, kept open for as long as the source is in force.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::{Feed, Line, Notice, Problem, Tiding};
use futures_util::FutureExt as _;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::Figures;
use super::desk::Desk;
use super::tempo::Tempo;
use crate::gather::{Cache, Source};
use crate::telemetry::Complaint;

/// How many messages may come in a minute: each of those above counts as one that may have told anything.
const PER_MINUTE: u32 = 600;

/// How long the next message is left waiting when more come than may.
const BREATH: Duration = Duration::from_millis(10);

/// The least time between two times that all of the source is forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// How long is waited before a line that broke is opened again: at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// A line that stayed open for so long was a good one.
const GOOD: Duration = Duration::from_secs(30);

/// The line of one source.
pub(super) struct Follower {
    desk: Desk,
    tempo: Tempo,
    complaint: Complaint,
}

impl Follower {
    /// Of a source that has such a line; the bell is rung when its roster may have changed.
    pub(super) fn new(source: Arc<Source>, roster: Arc<Notify>, cache: Cache) -> Self {
        let desk = Desk::new(source, SWEEP_EVERY, roster, cache);
        Self { desk, tempo: Tempo::new(PER_MINUTE), complaint: Complaint::default() }
    }

    pub(super) fn figures(&self) -> &Arc<Figures> {
        &self.desk.figures
    }

    /// Follows the line for as long as it is polled.
    pub(super) async fn keep(&self) {
        let source = self.desk.source.clone();
        let Some(feed) = source.connector.feed() else { return };
        tokio::join!(self.follow(feed), self.desk.keep());
    }

    async fn follow(&self, feed: &dyn Feed) {
        let (mut mark, mut pause) = (None, SHORTEST_PAUSE);
        loop {
            let began = Instant::now();
            let attempt = AssertUnwindSafe(self.attempt(feed, &mut mark)).catch_unwind().await;
            let problem = attempt.unwrap_or_else(|_| {
                tracing::error!(source.id = %self.desk.source.id, "a connector panicked while it read events");
                Problem::Garbled
            });
            if began.elapsed() >= GOOD {
                pause = SHORTEST_PAUSE;
            }
            self.tell(&problem);
            sleep(varied(pause).max(asked_wait(&problem))).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Opens the line and follows it until it breaks; why it did.
    async fn attempt(&self, feed: &dyn Feed, mark: &mut Option<String>) -> Problem {
        match feed.open(mark.as_deref()).await {
            Ok(mut line) => {
                let _up = Up::of(&self.desk);
                self.listen(&mut *line, mark).await
            }
            Err(problem) => problem,
        }
    }

    /// Acts on what comes until nothing can come any more.
    async fn listen(&self, line: &mut dyn Line, mark: &mut Option<String>) -> Problem {
        tracing::info!(source.id = %self.desk.source.id, resumed = line.is_resumed(), "the line of events is open");
        if !line.is_resumed() {
            // What happened before, nobody told us: neither while it was closed nor before it was ever open.
            *mark = None;
            self.desk.act(Notice::of_anything(), Instant::now()).await;
        }
        self.desk.tune(Instant::now());
        loop {
            match line.next().await {
                Ok(tiding) => self.take(tiding, mark).await,
                Err(problem) => return problem,
            }
        }
    }

    async fn take(&self, tiding: Tiding, mark: &mut Option<String>) {
        let now = Instant::now();
        if self.tempo.pass(now).is_ok() {
            self.desk.figures.taken.add();
            self.desk.act(tiding.notice, now).await;
        } else {
            self.desk.figures.too_many.add();
            self.desk.act(Notice::of_anything(), now).await;
            sleep(BREATH).await;
        }
        // Only now: whoever stops before has not acted on it. One without a mark leaves no place to go on from.
        *mark = tiding.mark;
    }

    fn tell(&self, problem: &Problem) {
        self.desk.figures.broken.add();
        if let Some(held_back) = self.complaint.due() {
            tracing::warn!(source.id = %self.desk.source.id, %problem, held_back, "the line of events is closed, so that changes are seen when copies age; it is opened again");
        }
    }
}

/// The line is open for as long as this lives.
struct Up<'d>(&'d Desk);

impl<'d> Up<'d> {
    fn of(desk: &'d Desk) -> Self {
        desk.figures.set_line(true);
        Self(desk)
    }
}

impl Drop for Up<'_> {
    fn drop(&mut self) {
        self.0.figures.set_line(false);
        self.0.source.hearing.end();
    }
}

/// How long the source asked us to wait.
fn asked_wait(problem: &Problem) -> Duration {
    match problem {
        Problem::Busy { retry_after } => retry_after.unwrap_or_default().min(LONGEST_PAUSE),
        _ => Duration::ZERO,
    }
}

/// Between half of a pause and all of it: lines that broke together are not opened together.
fn varied(pause: Duration) -> Duration {
    let chance = RandomState::new().build_hasher().finish();
    let share = f64::from(u32::try_from(chance >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
#[path = "follower_tests.rs"]
mod tests;
