//! Whether it is a flood: many more come than go, which no waiting will mend.
//!
//! A line that stands is none as such. Clients that each ask one question at a time make one as long as they are many, and
//! as many come as go; it is better that they wait a moment than that they are sent away to come again.

use std::time::Duration;

use tokio::time::Instant;

/// Over which it is counted.
const WINDOW: Duration = Duration::from_millis(100);

/// It is a flood after so many windows in a row: at the beginning of a rush, many come and nobody has gone.
const LASTS: u32 = 3;

/// Fewer than these who found no room are none.
const FEW: u32 = 8;

/// How many come, how many of them find no room, and how many go.
#[derive(Debug)]
pub(super) struct Flood {
    window: Window,
    in_a_row: u32,
}

#[derive(Debug)]
struct Window {
    since: Instant,
    came: u32,
    found_no_room: u32,
    left: u32,
}

impl Flood {
    pub(super) fn none(now: Instant) -> Self {
        Self { window: Window::begin(now), in_a_row: 0 }
    }

    /// Whether it is one.
    pub(super) fn stands(&self) -> bool {
        self.in_a_row >= LASTS
    }

    /// Somebody came.
    pub(super) fn came(&mut self, found_room: bool, now: Instant) {
        self.look(now);
        self.window.came += 1;
        self.window.found_no_room += u32::from(!found_room);
    }

    /// Somebody who was let in has gone.
    pub(super) fn left(&mut self, now: Instant) {
        self.look(now);
        self.window.left += 1;
    }

    fn look(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.window.since);
        if passed < WINDOW {
            return;
        }
        let Window { came, found_no_room, left, .. } = self.window;
        // After a long window nobody knows how it was at its end.
        let is_so = found_no_room >= FEW && came > left * 2 && passed < WINDOW * 2;
        self.in_a_row = if is_so { self.in_a_row + 1 } else { 0 };
        self.window = Window::begin(now);
    }
}

impl Window {
    fn begin(since: Instant) -> Self {
        Self { since, came: 0, found_no_room: 0, left: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many come and go in each of so many windows; how it is afterwards.
    fn play(windows: u32, came: u32, found_room: u32, left: u32) -> Flood {
        let start = Instant::now();
        let mut flood = Flood::none(start);
        for window in 0..windows {
            let now = start + WINDOW * window;
            (0..came).for_each(|one| flood.came(one < found_room, now));
            (0..left).for_each(|_| flood.left(now));
        }
        flood.look(start + WINDOW * windows);
        flood
    }

    #[test]
    fn it_is_one_when_many_more_come_than_go_for_a_while() {
        assert!(play(LASTS, 50, 5, 5).stands());
        assert!(!play(LASTS - 1, 50, 5, 5).stands(), "it may be a rush");
        assert!(!play(100, 50, 5, 45).stands(), "a line that stands and moves");
        assert!(!play(100, 50, 50, 0).stands(), "all found room");
        assert!(!play(100, 5, 0, 0).stands(), "they are few");
    }

    #[test]
    fn it_is_over_as_soon_as_as_many_go_as_come() {
        let mut flood = play(LASTS, 50, 5, 5);
        let now = flood.window.since;
        (0..50).for_each(|_| flood.came(false, now));
        (0..50).for_each(|_| flood.left(now));
        flood.look(now + WINDOW);
        assert!(!flood.stands());
    }

    #[test]
    fn what_was_long_ago_is_no_flood() {
        let mut flood = play(LASTS, 50, 5, 5);
        let now = flood.window.since;
        (0..50).for_each(|_| flood.came(false, now));
        flood.look(now + WINDOW * 9);
        assert!(!flood.stands());
    }
}
