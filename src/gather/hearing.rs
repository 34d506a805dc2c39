//! Whether a source tells us of every change at once, and since when nothing of that can have been missed.

use tokio::sync::watch;
use tokio::time::Instant;

/// What is known of one source. Whoever follows it says so; nobody else believes it.
pub struct Hearing(watch::Sender<Option<Instant>>);

impl Default for Hearing {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Hearing {
    /// From now on each change is told, if it was not so before.
    pub fn begin(&self, now: Instant) {
        self.0.send_if_modified(|since| {
            let is_new = since.is_none();
            since.get_or_insert(now);
            is_new
        });
    }

    /// From now on something may change that we are not told, or have not acted on.
    pub fn end(&self) {
        self.0.send_if_modified(|since| since.take().is_some());
    }

    /// Whether each change is told.
    pub fn is_good(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// True when the source would have told of a change of what it was asked for then, and was heard.
    pub(super) fn covers(&self, asked_at: Instant) -> bool {
        self.0.borrow().is_some_and(|since| asked_at >= since)
    }

    /// Hears of it when that changes.
    pub(super) fn watch(&self) -> watch::Receiver<Option<Instant>> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_asked_before_it_began_is_not_covered() {
        let (hearing, start) = (Hearing::default(), Instant::now());
        let later = start + Duration::from_secs(1);
        assert!(!hearing.covers(later) && !hearing.is_good());
        hearing.begin(later);
        hearing.begin(later + Duration::from_secs(9));
        assert!(hearing.covers(later) && !hearing.covers(start));
        hearing.end();
        assert!(!hearing.covers(later) && !hearing.is_good());
    }
}
