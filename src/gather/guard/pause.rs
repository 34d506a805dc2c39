//! What a source said when it asked us to wait.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The longest wait that is believed: a wrong number must not close a hospital for a day.
pub(super) const LONGEST: Duration = Duration::from_mins(1);

/// How long a source is left alone that asks us to slow down and does not say for how long.
const UNSAID: Duration = Duration::from_millis(500);

/// Until when a source is not asked, because it asked us to wait.
#[derive(Debug, Default)]
pub(super) struct Pause(Mutex<Option<Instant>>);

impl Pause {
    /// It asked us to wait so long from now on.
    pub(super) fn begin(&self, wait: Option<Duration>, now: Instant) {
        let until = now + wait.unwrap_or(UNSAID).min(LONGEST);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(held.map_or(until, |before| before.max(until)));
    }

    /// How long it is not asked yet.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = (*held)?;
        let left = until.saturating_duration_since(now);
        if left.is_zero() {
            *held = None;
        }
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_end_counts_and_no_wait_is_longer_than_the_longest() {
        let (pause, start) = (Pause::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(pause.left(start), None);
        pause.begin(Some(Duration::from_secs(7)), start);
        pause.begin(Some(Duration::from_secs(2)), start);
        pause.begin(None, start);
        assert_eq!(pause.left(at(4)), Some(Duration::from_secs(3)));
        assert_eq!(pause.left(at(7)), None);
        pause.begin(Some(Duration::from_hours(24)), at(7));
        assert_eq!(pause.left(at(7)), Some(LONGEST));
        assert_eq!(pause.left(at(67)), None);
    }
}
