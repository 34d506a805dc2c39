//! How many requests may be under way at once.
//!
//! What counts is whether this process keeps up, not how long answers take: sources may be slow for reasons of their own,
//! and whoever waits for them costs us next to nothing. Two things tell that it does not keep up. *Lag* is how late a task
//! that is ready gets to run. *Own time* is what a request took beyond waiting for sources: store, audit log, processor.
//! Either counts only when even the best of a tenth of a second was bad (as in `CoDel`): a burst or one heavy question is
//! no queue that stands. Then the limit falls by a part. While neither tells that, and somebody finds no room, it grows, but
//! not while tasks mostly wait for a processor: more of them under way would take more memory, and none would be sooner done.
//! Where there is hardly any memory left, it falls too, and below what would keep every processor busy.

use std::time::Duration;

use tokio::time::Instant;

/// Over which the best is looked for.
const WINDOW: Duration = Duration::from_millis(100);

/// Fewer of these signs tell nothing.
const LAGS: u32 = 2;
const ANSWERS: u32 = 8;

/// By such a part it grows, and by one at least; by all of it while the processors have nothing to do.
const GROWTH_PART: usize = 4;

/// A lag that even the best does not stay below is a queue; at four times as much, a long one.
const LAG: Duration = Duration::from_millis(10);
const LONG_LAG: Duration = Duration::from_millis(40);

/// Tasks that wait longer than that on average find the processors busy.
const BUSY: Duration = Duration::from_millis(5);

/// Tasks that wait no longer than that on average find them free: whoever is under way waits for sources.
const FREE: Duration = Duration::from_micros(500);

/// An own time that even the best does not stay below.
const OWN: Duration = Duration::from_millis(250);

/// How many may be under way when there is hardly any memory left.
const TIGHT: usize = 4;

/// Where it begins, if it may be that many: it has to learn what this machine can take.
const FIRST: usize = 128;

/// The limit.
#[derive(Debug)]
pub(super) struct Limit {
    least: usize,
    most: usize,
    current: usize,
    /// Somebody found no room.
    is_wanted: bool,
    /// There is hardly any memory left.
    is_tight: bool,
    window: Window,
    /// After a cut, the next window still shows what was before it.
    is_settling: bool,
}

#[derive(Debug)]
struct Window {
    since: Instant,
    lag: Signs,
    own: Signs,
}

/// The best of some signs, and all of them together.
#[derive(Debug, Default)]
struct Signs {
    count: u32,
    least: Duration,
    sum: Duration,
}

impl Signs {
    fn note(&mut self, sign: Duration) {
        self.least = if self.count == 0 { sign } else { self.least.min(sign) };
        self.sum += sign;
        self.count += 1;
    }

    fn mean(&self) -> Duration {
        self.sum / self.count.max(1)
    }

    /// Of so many signs, even the best is beyond the bound.
    fn exceeds(&self, bound: Duration, count: u32) -> bool {
        self.count >= count && self.least > bound
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
            is_wanted: false,
            is_tight: false,
            window: Window::begin(now),
            is_settling: false,
        }
    }

    /// How many may be under way.
    pub(super) fn current(&self) -> usize {
        self.current
    }

    /// Learns that somebody found no room.
    pub(super) fn is_wanted(&mut self) {
        self.is_wanted = true;
    }

    /// Learns that there is hardly any memory left.
    pub(super) fn is_tight(&mut self) {
        self.is_tight = true;
    }

    /// Learns what an answer took beyond waiting for sources.
    pub(super) fn answered(&mut self, own: Duration) {
        self.window.own.note(own);
    }

    /// Learns how late a task got to run, which is looked at all the time.
    pub(super) fn lagged(&mut self, lag: Duration, now: Instant) {
        self.window.lag.note(lag);
        let passed = now.saturating_duration_since(self.window.since);
        if passed >= WINDOW && self.window.lag.count >= LAGS {
            let window = std::mem::replace(&mut self.window, Window::begin(now));
            self.judge(&window);
        }
    }

    fn judge(&mut self, Window { lag, own, .. }: &Window) {
        let is_long = lag.exceeds(LONG_LAG, LAGS);
        let is_tight = std::mem::take(&mut self.is_tight);
        let is_heavy = is_tight || is_long || lag.exceeds(LAG, LAGS) || own.exceeds(OWN, ANSWERS);
        let is_wanted = std::mem::take(&mut self.is_wanted);
        if is_heavy && !self.is_settling {
            let cut_to = if is_long { self.current / 2 } else { self.current * 3 / 4 };
            // That processors have something to do is no reason to be killed for.
            self.current = cut_to.max(if is_tight { TIGHT.min(self.least) } else { self.least });
            self.is_settling = true;
            return;
        }
        self.is_settling = false;
        // A limit that nobody comes up to is not tested.
        if !is_heavy && is_wanted && lag.mean() <= BUSY {
            let part = if lag.mean() <= FREE { 1 } else { GROWTH_PART };
            self.current = (self.current + (self.current / part).max(1)).min(self.most);
        }
    }
}

impl Window {
    fn begin(since: Instant) -> Self {
        Self { since, lag: Signs::default(), own: Signs::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(1);

    /// Ten answers in each of so many windows, while there is no room for everybody.
    fn play(limit: &mut Limit, start: Instant, windows: u32, lag: Duration, own: Duration) {
        for sign in 1..=windows * 10 {
            limit.is_wanted();
            limit.answered(own);
            limit.lagged(lag, start + WINDOW / 10 * sign);
        }
    }

    #[test]
    fn a_queue_that_stands_cuts_it_and_a_single_bad_answer_does_not() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 1_000, start);
        assert_eq!(limit.current(), FIRST);
        play(&mut limit, start, 40, LONG_LAG * 2, QUICK);
        assert_eq!(limit.current(), 16, "it falls to its least and no further");
        let mut limit = Limit::new(16, 1_000, start);
        for sign in 0..400 {
            let lag = if sign % 8 == 0 { QUICK } else { LONG_LAG * 5 };
            limit.lagged(lag, start + WINDOW / 20 * sign);
        }
        assert_eq!(limit.current(), FIRST, "now and then somebody got to run at once");
    }

    #[test]
    fn a_store_that_holds_everybody_up_cuts_it_as_well() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 1_000, start);
        play(&mut limit, start, 2, QUICK, OWN * 2);
        assert_eq!(limit.current(), FIRST * 3 / 4, "one cut for two windows");
    }

    #[test]
    fn it_grows_while_somebody_finds_no_room_and_not_otherwise() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 1_000, start);
        for sign in 0..1_000 {
            limit.answered(QUICK);
            limit.lagged(QUICK, start + WINDOW / 10 * sign);
        }
        assert_eq!(limit.current(), FIRST, "nobody came up to it");
        play(&mut limit, start + WINDOW * 100, 1, QUICK, QUICK);
        assert_eq!(limit.current(), FIRST * 5 / 4);
        play(&mut limit, start + WINDOW * 101, 10, QUICK, QUICK);
        assert_eq!(limit.current(), 1_000);
        let mut limit = Limit::new(16, 1_000, start);
        play(&mut limit, start, 1, FREE, QUICK);
        assert_eq!(limit.current(), FIRST * 2, "nothing but sources is waited for");
    }

    #[test]
    fn it_does_not_grow_while_tasks_mostly_wait_for_a_processor() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 1_000, start);
        for sign in 1..=400 {
            limit.is_wanted();
            let lag = if sign % 8 == 0 { QUICK } else { BUSY * 4 };
            limit.lagged(lag, start + WINDOW / 20 * sign);
        }
        assert_eq!(limit.current(), FIRST);
    }

    #[test]
    fn slow_sources_alone_never_cut_it() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 1_000, start);
        // Nobody has been answered for seconds.
        for sign in 0..200 {
            limit.is_wanted();
            limit.lagged(QUICK, start + WINDOW / 10 * sign);
        }
        assert_eq!(limit.current(), 1_000);
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
            limit.is_wanted();
            limit.answered(lag);
            limit.lagged(lag, now);
            if round > 1_000 {
                seen.push(limit.current());
            }
        }
        let (low, high) = (seen.iter().min().unwrap(), seen.iter().max().unwrap());
        assert!((4..=10).contains(low) && (5..=40).contains(high), "{low} to {high}");
    }

    #[test]
    fn while_there_is_hardly_any_memory_left_it_falls_below_its_least() {
        let start = Instant::now();
        let mut limit = Limit::new(16, 1_000, start);
        for sign in 1..=400 {
            limit.is_wanted();
            limit.is_tight();
            limit.lagged(QUICK, start + WINDOW / 10 * sign);
        }
        assert_eq!(limit.current(), TIGHT);
        play(&mut limit, start + WINDOW * 40, 40, QUICK, QUICK);
        assert!(limit.current() > 16, "{}", limit.current());
    }
}
