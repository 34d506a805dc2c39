//! How often a source may be asked more than it is asked for.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::window::{SECONDS, Window};

/// Retries: one to ten questions of the last ten seconds, or one a second where that is more. So what fails as a whole
/// is asked a tenth more, whatever happens, and what is seldom asked can still be asked again.
#[derive(Debug)]
pub(super) struct RetryBudget(Mutex<Window>);

/// Questions that earn one retry.
const QUESTIONS: u32 = 10;

impl RetryBudget {
    pub(super) fn new(now: Instant) -> Self {
        Self(Mutex::new(Window::new(now)))
    }

    /// A question was asked.
    pub(super) fn earn(&self, now: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(now, 1, 0);
    }

    /// Takes a retry, if there is one left.
    pub(super) fn take(&self, now: Instant) -> bool {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, retried) = window.sums(now);
        let by_time = u32::try_from((window.age(now) + 1).min(SECONDS)).unwrap_or_default();
        let is_left = retried < (asked / QUESTIONS).max(by_time);
        if is_left {
            window.add(now, 0, 1);
        }
        is_left
    }
}

/// Hedges: three to a hundred questions, saved for up to ten.
#[derive(Debug, Default)]
pub(super) struct HedgeBudget(AtomicU32);

/// What a question earns, what a hedge costs, and what is saved at most.
const EARNED: u32 = 3;
const COST: u32 = 100;
const SAVED: u32 = 1_000;

impl HedgeBudget {
    /// A question was asked.
    pub(super) fn earn(&self) {
        let earn = |saved: u32| Some(saved.saturating_add(EARNED).min(SAVED));
        // An update that always gives a value never fails.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earn);
    }

    /// Takes a hedge, if there is one left.
    pub(super) fn take(&self) -> bool {
        let spend = |saved: u32| saved.checked_sub(COST);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn taken(budget: &RetryBudget, now: Instant) -> usize {
        std::iter::repeat_with(|| budget.take(now)).take(10_000).take_while(|taken| *taken).count()
    }

    #[test]
    fn a_tenth_is_retried_and_no_more() {
        let start = Instant::now();
        let budget = RetryBudget::new(start);
        (0..1_000).for_each(|_| budget.earn(start));
        assert_eq!(taken(&budget, start), 100);
        assert_eq!(taken(&budget, start + Duration::from_secs(9)), 0);
    }

    #[test]
    fn what_is_seldom_asked_is_retried_once_a_second() {
        let start = Instant::now();
        let budget = RetryBudget::new(start);
        assert_eq!(taken(&budget, start), 1);
        assert_eq!(taken(&budget, start + Duration::from_secs(1)), 1);
        assert_eq!(taken(&budget, start + Duration::from_secs(4)), 3);
        assert_eq!(taken(&budget, start + Duration::from_mins(5)), 10);
        assert_eq!(taken(&budget, start + Duration::from_secs(304)), 0);
        assert_eq!(taken(&budget, start + Duration::from_secs(310)), 10);
    }

    #[test]
    fn three_in_a_hundred_are_hedged_and_few_are_saved_up() {
        let budget = HedgeBudget::default();
        assert!(!budget.take());
        let mut hedged = 0;
        for _ in 0..1_000 {
            budget.earn();
            hedged += usize::from(budget.take());
        }
        assert_eq!(hedged, 30);
        (0..100_000).for_each(|_| budget.earn());
        assert_eq!((0..100).filter(|_| budget.take()).count(), 10);
    }
}
