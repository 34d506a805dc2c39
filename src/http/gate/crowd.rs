//! Whether it is a burst that has to wait, or a crowd that stands.

use std::time::Duration;

use tokio::time::Instant;

/// Over which it is counted.
const WINDOW: Duration = Duration::from_millis(100);

/// Fewer than these are no crowd.
const FEW: u32 = 8;

/// How many come, and how many of them find room at once.
#[derive(Debug)]
pub(super) struct Crowd {
    since: Instant,
    came: u32,
    found_room: u32,
    /// Most of those who came in the window before had to wait, or to go.
    pub(super) stands: bool,
}

impl Crowd {
    pub(super) fn begin(now: Instant) -> Self {
        Self { since: now, came: 0, found_room: 0, stands: false }
    }

    /// Somebody came.
    pub(super) fn note(&mut self, found_room: bool, now: Instant) {
        let passed = now.saturating_duration_since(self.since);
        if passed >= WINDOW {
            let most_waited = self.came >= FEW && self.found_room * 2 < self.came;
            let stands = most_waited && passed < WINDOW * 2;
            *self = Self { stands, ..Self::begin(now) };
        }
        self.came += 1;
        self.found_room += u32::from(found_room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_stands_when_most_had_to_wait_a_moment_ago() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut crowd = Crowd::begin(start);
        for number in 0..20 {
            crowd.note(number < 5, at(number));
        }
        assert!(!crowd.stands, "it may be a burst");
        crowd.note(false, at(120));
        assert!(crowd.stands);
        for number in 0..20 {
            crowd.note(number % 3 > 0, at(125 + number));
        }
        crowd.note(true, at(230));
        assert!(!crowd.stands, "most of them found room");
        for number in 0..20 {
            crowd.note(false, at(240 + number));
        }
        crowd.note(false, at(900));
        assert!(!crowd.stands, "that was long ago");
    }
}
