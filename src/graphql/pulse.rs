//! How requests go: how many there are, how they end and how long they take.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;

use super::reply::{Reply, Verdict};
use crate::telemetry::{Counter, Histogram};

/// The kinds of operations, and none for what was refused before anybody knew its kind.
const OPERATIONS: [&str; 4] = ["query", "mutation", "subscription", "none"];

/// How requests end.
const OUTCOMES: [&str; 5] = ["ok", "errors", "refused", "limited", "unrecorded"];

/// How all requests go since the start.
#[derive(Debug, Default)]
pub struct Pulses {
    requests: [[Counter; OUTCOMES.len()]; OPERATIONS.len()],
    /// How long requests took.
    pub took: Histogram,
    /// How long they took us: without the time in which sources were waited for.
    pub own: Histogram,
}

impl Pulses {
    /// How many requests there were, by kind of operation and how they ended.
    pub fn requests(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        OPERATIONS.into_iter().zip(&self.requests).flat_map(|(operation, counters)| {
            let ended = OUTCOMES.into_iter().zip(counters);
            ended.map(move |(outcome, counter)| (operation, outcome, counter.get()))
        })
    }

    /// Counts a request that has ended; by which word.
    pub(super) fn count(&self, pulse: &Pulse, reply: &Reply) -> &'static str {
        let outcome = match reply.verdict {
            Verdict::Executed => usize::from(reply.has_errors),
            Verdict::Refused => 2,
            Verdict::Limited => 3,
            Verdict::Unrecorded => 4,
        };
        let counters = self.requests.get(pulse.place());
        if let Some(counter) = counters.and_then(|counters| counters.get(outcome)) {
            counter.add();
        }
        let took = pulse.began.elapsed();
        self.took.note(took);
        self.own.note(took.saturating_sub(pulse.waited()));
        OUTCOMES.get(outcome).copied().unwrap_or_default()
    }
}

/// How one request goes.
#[derive(Debug)]
pub(crate) struct Pulse {
    began: Instant,
    operation: OnceLock<OperationType>,
    waits: Mutex<Waits>,
}

/// How long sources were waited for. Roots wait at the same time, which counts once.
#[derive(Debug, Default)]
struct Waits {
    under_way: u32,
    since: Option<Instant>,
    waited: Duration,
}

/// Somebody who waits for sources, until it is dropped.
struct Waiting<'p>(&'p Pulse);

impl Pulse {
    pub(super) fn begin() -> Self {
        Self { began: Instant::now(), operation: OnceLock::new(), waits: Mutex::default() }
    }

    /// When it began.
    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// Notes which kind of operation it is.
    pub(super) fn is(&self, operation: OperationType) {
        // It is found out once.
        let _ = self.operation.set(operation);
    }

    /// The kind of operation, as metrics and traces name it.
    pub(super) fn operation(&self) -> &'static str {
        OPERATIONS.get(self.place()).copied().unwrap_or_default()
    }

    /// Waits for sources.
    pub(super) async fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        let _waiting = self.waiting();
        work.await
    }

    fn place(&self) -> usize {
        match self.operation.get() {
            Some(OperationType::Query) => 0,
            Some(OperationType::Mutation) => 1,
            Some(OperationType::Subscription) => 2,
            None => 3,
        }
    }

    /// How long it took us so far: without the time in which sources were waited for.
    pub(super) fn own(&self) -> Duration {
        self.began.elapsed().saturating_sub(self.waited())
    }

    fn waiting(&self) -> Waiting<'_> {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.under_way += 1;
        waits.since.get_or_insert_with(Instant::now);
        Waiting(self)
    }

    fn waited(&self) -> Duration {
        let waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.waited + waits.since.map(|since| since.elapsed()).unwrap_or_default()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waits = self.0.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.under_way -= 1;
        if waits.under_way == 0
            && let Some(since) = waits.since.take()
        {
            waits.waited += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_at_the_same_time_waits_once() {
        let pulse = Pulse::begin();
        let (one, other) = (pulse.waiting(), pulse.waiting());
        std::thread::sleep(Duration::from_millis(5));
        drop(one);
        std::thread::sleep(Duration::from_millis(5));
        let before = pulse.waited();
        drop(other);
        let after = pulse.waited();
        assert!(before >= Duration::from_millis(10) && after >= before);
        assert!(after <= pulse.began.elapsed());
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(pulse.waited(), after, "nobody waits any more");
    }
}
