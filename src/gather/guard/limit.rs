//! How many questions a source is asked at once.
//!
//! Each source has its own limit, so that one that is slow holds up nobody else. The limit follows what the source can
//! take: it falls by a part when answers fail, slow down or ask for mercy, at most once in the time of an answer, and
//! grows by one after good answers while it is made use of.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// How long a question waits for its turn at most. Then it fails: whoever asks has better use for the time.
pub(super) const QUEUE: Duration = Duration::from_millis(400);

/// A limit never falls below this part of its most, nor below what one whole chart asks at once.
const LEAST_PART: usize = 8;
const CHART: usize = 16;

/// The limit, and who is within it.
#[derive(Debug)]
pub(super) struct Limit {
    turns: Semaphore,
    least: usize,
    most: usize,
    under_way: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// How many turns are taken away as soon as they come back.
    owed: usize,
    /// Good answers since the limit last grew.
    good: usize,
    cut_at: Option<Instant>,
}

/// A turn. It is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Slot<'l> {
    limit: &'l Limit,
    permit: Option<SemaphorePermit<'l>>,
}

/// What an answer says about how much its source can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// It could take more.
    Light,
    /// It is too much.
    Heavy,
    /// It is far too much.
    TooHeavy,
}

impl Limit {
    pub(super) fn new(most: usize) -> Self {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        let least = (most / LEAST_PART).max(CHART.min(most));
        Self {
            turns: Semaphore::new(most),
            least,
            most,
            under_way: AtomicUsize::new(0),
            state: Mutex::new(State { limit: most, owed: 0, good: 0, cut_at: None }),
        }
    }

    /// A turn, as soon as there is one; `None` when none comes in time.
    pub(super) async fn slot(&self, deadline: Instant) -> Option<Slot<'_>> {
        if let Some(slot) = self.spare() {
            return Some(slot);
        }
        let until = deadline.min(Instant::now() + QUEUE);
        // The turns are never closed.
        let permit = timeout_at(until, self.turns.acquire()).await.ok()?.ok()?;
        Some(self.taken(permit))
    }

    /// A turn that nobody waits for.
    pub(super) fn spare(&self) -> Option<Slot<'_>> {
        self.turns.try_acquire().ok().map(|permit| self.taken(permit))
    }

    fn taken<'l>(&'l self, permit: SemaphorePermit<'l>) -> Slot<'l> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        Slot { limit: self, permit: Some(permit) }
    }

    /// How many questions are under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// How many may be.
    pub(super) fn current(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).limit
    }

    /// Learns from the answer to a question that was asked at `asked`.
    pub(super) fn learn(&self, load: Load, asked: Instant, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let cut_to = match load {
            Load::Light => return self.grow(&mut state),
            Load::Heavy => state.limit * 3 / 4,
            Load::TooHeavy => state.limit / 2,
        };
        // One cut for all that was asked before it: what comes of it is seen only later.
        if state.cut_at.is_some_and(|cut_at| asked < cut_at) {
            return;
        }
        state.cut_at = Some(now);
        state.good = 0;
        let surplus = state.limit - cut_to.max(self.least).min(state.limit);
        state.limit -= surplus;
        state.owed += surplus - self.turns.forget_permits(surplus);
    }

    fn grow(&self, state: &mut State) {
        // A limit that nobody comes near is not tested.
        if state.limit >= self.most || self.under_way() * 2 < state.limit {
            return;
        }
        state.good += 1;
        if state.good * 4 < state.limit {
            return;
        }
        state.good = 0;
        state.limit += 1;
        if state.owed > 0 {
            state.owed -= 1;
        } else {
            self.turns.add_permits(1);
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.limit.under_way.fetch_sub(1, Ordering::Relaxed);
        let mut state = self.limit.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.owed > 0
            && let Some(permit) = self.permit.take()
        {
            state.owed -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(limit: &Limit) -> Vec<Slot<'_>> {
        std::iter::from_fn(|| limit.spare()).collect()
    }

    #[test]
    fn it_falls_once_for_all_that_was_asked_before_and_never_below_its_least() {
        let (limit, start) = (Limit::new(128), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!((limit.current(), limit.least), (128, 16));
        let held = full(&limit);
        assert_eq!(held.len(), 128);
        limit.learn(Load::Heavy, at(0), at(1));
        limit.learn(Load::Heavy, at(0), at(1));
        assert_eq!(limit.current(), 96);
        drop(held);
        assert_eq!(full(&limit).len(), 96, "what was owed is taken away when it comes back");
        for second in 2..20 {
            limit.learn(Load::TooHeavy, at(second), at(second));
        }
        assert_eq!((limit.current(), full(&limit).len()), (16, 16));
    }

    #[test]
    fn it_grows_to_its_most_while_it_is_used_and_not_otherwise() {
        let (limit, now) = (Limit::new(64), Instant::now());
        limit.learn(Load::TooHeavy, now, now);
        for _ in 0..10_000 {
            limit.learn(Load::Light, now, now);
        }
        assert_eq!(limit.current(), 32, "nobody used it");
        let _held = full(&limit);
        for _ in 0..10_000 {
            limit.learn(Load::Light, now, now);
        }
        assert_eq!(limit.current(), 64);
        assert_eq!(full(&limit).len(), 32, "the rest can be had");
    }

    #[test]
    fn a_small_limit_is_kept_whole() {
        let (limit, now) = (Limit::new(4), Instant::now());
        limit.learn(Load::TooHeavy, now, now);
        assert_eq!((limit.current(), full(&limit).len()), (4, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_gets_no_turn_in_time_is_told_so_soon() {
        let limit = Limit::new(1);
        let started = Instant::now();
        let held = limit.slot(started + Duration::from_secs(2)).await.unwrap();
        assert!(limit.slot(started + Duration::from_secs(2)).await.is_none());
        let waited = started.elapsed();
        assert!((QUEUE..=QUEUE + Duration::from_millis(2)).contains(&waited), "{waited:?}");
        let wait = limit.slot(started + Duration::from_secs(2));
        let give = async {
            tokio::time::sleep(QUEUE / 2).await;
            drop(held);
        };
        let (slot, ()) = tokio::join!(wait, give);
        assert!(slot.is_some());
        drop(slot);
        assert_eq!((limit.under_way(), full(&limit).len()), (0, 1));
    }
}
