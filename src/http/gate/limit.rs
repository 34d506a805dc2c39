//! How many requests may be under way at once.
//!
//! What counts is whether this process keeps up, not how long answers take: sources may be slow for reasons of their own,
//! and whoever waits for them costs us next to nothing. Two things tell that it does not keep up. *Lag* is how late a task
//! that is ready gets to run. *Own time* is what a request took beyond waiting for sources: store, audit log, processor.
//! Either counts only when even the best of a tenth of a second was bad (as in `CoDel`): a burst or one heavy question is
//! no queue that stands. Then the limit falls by a part; it grows by one after good answers while it is made use of, as
//! that of a source does.

use std::time::Duration;

use tokio::time::Instant;

/// Over which the best is looked for.
const WINDOW: Duration = Duration::from_millis(100);

/// Fewer signs than these tell nothing.
const SIGNS: u32 = 8;

/// A lag that even the best does not stay below is a queue; at four times as much, a long one.
const LAG: Duration = Duration::from_millis(10);
const LONG_LAG: Duration = Duration::from_millis(40);

/// An own time that even the best does not stay below.
const OWN: Duration = Duration::from_millis(250);

/// Where it begins, if it may be that many: it has to learn what this machine can take.
const FIRST: usize = 256;

/// The limit.
#[derive(Debug)]
pub(super) struct Limit {
    least: usize,
    most: usize,
    current: usize,
    /// Good answers since it last grew.
    good: usize,
    window: Window,
    /// After a cut, the next window still shows what was before it.
    is_settling: bool,
    is_heavy: bool,
}

#[derive(Debug)]
struct Window {
    since: Instant,
    lag: Best,
    own: Best,
}

/// The best of some signs.
#[derive(Debug, Default)]
struct Best {
    signs: u32,
    least: Duration,
}

impl Best {
    fn note(&mut self, sign: Duration) {
        self.least = if self.signs == 0 { sign } else { self.least.min(sign) };
        self.signs += 1;
    }

    fn exceeds(&self, bound: Duration) -> bool {
        self.signs >= SIGNS && self.least > bound
    }
}

impl Limit {
    /// A limit that moves between `least` and `most`.
    pub(super) fn new(least: usize, most: usize, now: Instant) -> Self {
        let most = most.max(1);
        let least = least.clamp(1, most);
        Self {
            least,
            most,
            current: FIRST.clamp(least, most),
            good: 0,
            window: Window::begin(now),
            is_settling: false,
            is_heavy: false,
        }
    }

    /// How many may be under way.
    pub(super) fn current(&self) -> usize {
        self.current
    }

    /// Learns how late a task got to run.
    pub(super) fn lagged(&mut self, lag: Duration, now: Instant) {
        self.window.lag.note(lag);
        self.look(now);
    }

    /// Learns what an answer took beyond waiting for sources, while so many were under way.
    pub(super) fn answered(&mut self, own: Duration, under_way: usize, now: Instant) {
        self.window.own.note(own);
        self.look(now);
        // A limit that nobody comes near is not tested.
        if self.is_heavy || self.current >= self.most || under_way * 2 < self.current {
            return;
        }
        self.good += 1;
        if self.good * 4 >= self.current {
            self.good = 0;
            self.current += 1;
        }
    }

    fn look(&mut self, now: Instant) {
        if now.saturating_duration_since(self.window.since) < WINDOW {
            return;
        }
        let Window { lag, own, .. } = std::mem::replace(&mut self.window, Window::begin(now));
        if lag.signs < SIGNS && own.signs < SIGNS {
            self.is_heavy = false;
            return;
        }
        let is_long = lag.exceeds(LONG_LAG);
        self.is_heavy = is_long || lag.exceeds(LAG) || own.exceeds(OWN);
        if self.is_heavy && !self.is_settling {
            let cut_to = if is_long { self.current / 2 } else { self.current * 3 / 4 };
            self.current = cut_to.max(self.least);
            self.good = 0;
            self.is_settling = true;
        } else {
            self.is_settling = false;
        }
    }
}

impl Window {
    fn begin(since: Instant) -> Self {
        Self { since, lag: Best::default(), own: Best::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(1);

    /// Ten answers in each of so many windows.
    fn play(limit: &mut Limit, start: Instant, windows: u32, lag: Duration, own: Duration) {
        for sign in 0..windows * 10 {
            let now = start + WINDOW / 10 * sign;
            limit.lagged(lag, now);
            limit.answered(own, limit.current(), now);
        }
    }

    #[test]
    fn a_queue_that_stands_cuts_it_and_a_single_bad_answer_does_not() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 1_000, start);
        assert_eq!(limit.current(), 256);
        play(&mut limit, start, 40, LONG_LAG * 2, QUICK);
        assert_eq!(limit.current(), 16, "it falls to its least and no further");
        let mut limit = Limit::new(16, 1_000, start);
        for sign in 0..400 {
            let lag = if sign % 8 == 0 { QUICK } else { LONG_LAG * 5 };
            limit.lagged(lag, start + WINDOW / 20 * sign);
        }
        assert_eq!(limit.current(), 256, "now and then somebody got to run at once");
    }

    #[test]
    fn a_store_that_holds_everybody_up_cuts_it_as_well() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 1_000, start);
        play(&mut limit, start, 3, QUICK, OWN * 2);
        assert_eq!(limit.current(), 192, "one cut for two windows");
    }

    #[test]
    fn it_grows_while_it_is_used_and_not_otherwise() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 300, start);
        for _ in 0..10_000 {
            limit.answered(QUICK, 100, start);
        }
        assert_eq!(limit.current(), 256, "nobody came near it");
        for _ in 0..10_000 {
            limit.answered(QUICK, limit.current(), start);
        }
        assert_eq!(limit.current(), 300);
    }

    #[test]
    fn slow_sources_alone_never_cut_it() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 1_000, start);
        // Answers took seconds, of which next to nothing was ours.
        play(&mut limit, start, 100, QUICK, QUICK);
        assert!(limit.current() > 256);
    }

    /// A machine that does so much at once: whoever is let in beyond that waits for the processor.
    #[test]
    fn before_a_busy_processor_it_finds_how_many_can_be_under_way() {
        let start = Instant::now();
        let mut limit = Limit::new(4, 1_000, start);
        let mut now = start;
        let mut seen = Vec::new();
        for round in 0..4_000 {
            // Two at once, 2 ms each: whoever comes last waits for all before them.
            let lag = Duration::from_millis(limit.current() as u64);
            now += Duration::from_millis(10);
            for _ in 0..10 {
                limit.lagged(lag, now);
                limit.answered(lag, limit.current(), now);
            }
            if round > 1_000 {
                seen.push(limit.current());
            }
        }
        let (low, high) = (seen.iter().min().unwrap(), seen.iter().max().unwrap());
        assert!((4..=10).contains(low) && (10..=40).contains(high), "{low} to {high}");
    }
}
