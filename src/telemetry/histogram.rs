//! How long things took, by steps.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The upper ends of the steps in microseconds; what took longer has a step of its own.
pub const STEPS_US: [u64; 16] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 750_000,
    1_000_000, 1_500_000, 2_500_000, 5_000_000, 10_000_000,
];

/// How long things took. To note one is two additions without a lock.
#[derive(Debug, Default)]
pub struct Histogram {
    steps: [AtomicU64; STEPS_US.len() + 1],
    sum_ns: AtomicU64,
}

/// What a histogram shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// How many took at most so long, step by step, and last of all how many there were.
    pub up_to: [u64; STEPS_US.len() + 1],
    /// How long all of them took.
    pub sum: Duration,
}

impl Histogram {
    /// Notes one.
    pub fn note(&self, took: Duration) {
        let us = u64::try_from(took.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
        let step = STEPS_US.iter().position(|end| us <= *end).unwrap_or(STEPS_US.len());
        if let Some(step) = self.steps.get(step) {
            step.fetch_add(1, Relaxed);
        }
        self.sum_ns.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    /// What was noted so far.
    pub fn read(&self) -> Spread {
        let mut all = 0;
        let up_to = std::array::from_fn(|step| {
            all += self.steps.get(step).map_or(0, |step| step.load(Relaxed));
            all
        });
        Spread { up_to, sum: Duration::from_nanos(self.sum_ns.load(Relaxed)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stands_in_the_first_step_that_holds_it() {
        let histogram = Histogram::default();
        for us in [0, 500, 501, 1_000, 10_000_000, 10_000_001] {
            histogram.note(Duration::from_micros(us));
        }
        histogram.note(Duration::from_nanos(500_001));
        let spread = histogram.read();
        assert_eq!(spread.up_to[..3], [2, 5, 5]);
        assert_eq!((spread.up_to[15], spread.up_to[16]), (6, 7));
        let us = 500 + 501 + 1_000 + 10_000_000 + 10_000_001;
        assert_eq!(spread.sum, Duration::from_nanos(us * 1_000 + 500_001));
    }
}
