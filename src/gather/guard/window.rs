//! Two counts over the last ten seconds.

use tokio::time::Instant;

/// How many seconds are counted.
pub(super) const SECONDS: u64 = 10;

/// What was counted in one second, and which second that was.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    second: u64,
    all: u32,
    some: u32,
}

/// How many there were in the last ten seconds, and how many of a certain sort were among or beside them.
#[derive(Debug)]
pub(super) struct Window {
    origin: Instant,
    slots: [Slot; 10],
}

impl Window {
    pub(super) fn new(now: Instant) -> Self {
        Self { origin: now, slots: [Slot::default(); 10] }
    }

    /// How many whole seconds have passed since it was begun.
    pub(super) fn age(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.origin).as_secs()
    }

    /// Counts.
    pub(super) fn add(&mut self, now: Instant, all: u32, some: u32) {
        let second = self.age(now);
        let place = usize::try_from(second % SECONDS).unwrap_or_default();
        let Some(slot) = self.slots.get_mut(place) else { return };
        if slot.second != second {
            *slot = Slot { second, ..Slot::default() };
        }
        slot.all = slot.all.saturating_add(all);
        slot.some = slot.some.saturating_add(some);
    }

    /// Both counts.
    pub(super) fn sums(&self, now: Instant) -> (u32, u32) {
        let second = self.age(now);
        let live = self.slots.iter().filter(|slot| second.saturating_sub(slot.second) < SECONDS);
        live.fold((0, 0), |(all, some), slot| {
            (u32::saturating_add(all, slot.all), u32::saturating_add(some, slot.some))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_older_than_ten_seconds_is_forgotten() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::new(start);
        window.add(at(0), 3, 1);
        window.add(at(4), 2, 2);
        assert_eq!(window.sums(at(9)), (5, 3));
        assert_eq!(window.sums(at(10)), (2, 2));
        window.add(at(14), 1, 0);
        assert_eq!(window.sums(at(14)), (1, 0));
        assert_eq!(window.sums(at(3600)), (0, 0));
    }
}
