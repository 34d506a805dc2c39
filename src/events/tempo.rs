//! How many may come in a minute (generic cell rate algorithm).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_mins(1);

/// A limit on how often something happens.
pub(super) struct Tempo {
    pause: Duration,
    /// When all that came so far will be forgotten.
    until: Mutex<Option<Instant>>,
}

impl Tempo {
    pub(super) fn new(per_minute: u32) -> Self {
        Self { pause: MINUTE / per_minute.max(1), until: Mutex::default() }
    }

    /// Counts one; the error is how long to wait.
    pub(super) fn pass(&self, now: Instant) -> Result<(), Duration> {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let next = until.map_or(now, |until| until.max(now)) + self.pause;
        let ahead = next.saturating_duration_since(now);
        if ahead > MINUTE {
            return Err(ahead.saturating_sub(MINUTE));
        }
        *until = Some(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_come_at_once_and_then_one_by_one() {
        let (tempo, start) = (Tempo::new(3), Instant::now());
        for _ in 0..3 {
            assert_eq!(tempo.pass(start), Ok(()));
        }
        assert_eq!(tempo.pass(start), Err(Duration::from_secs(20)));
        assert_eq!(tempo.pass(start + Duration::from_secs(20)), Ok(()));
        assert!(tempo.pass(start + Duration::from_secs(20)).is_err());
    }
}
