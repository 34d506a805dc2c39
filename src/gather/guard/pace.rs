//! How long a source usually takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use caregraph_connectors::record::Section;

/// How many answers are remembered of each section.
const REMEMBERED: usize = 256;

/// How many answers there must be before anything is said of them.
const ENOUGH: usize = 32;

/// After how many answers the quantiles are found anew.
const EVERY: usize = 16;

/// How long a source took over its last good answers, each section for itself: an observation takes longer than a name.
#[derive(Debug)]
pub(super) struct Paces(Vec<Pace>);

#[derive(Debug, Default)]
struct Pace {
    last: Mutex<Last>,
    /// In microseconds; 0 while unknown.
    median: AtomicU64,
    p95: AtomicU64,
}

#[derive(Debug, Default)]
struct Last {
    times: Vec<u64>,
    next: usize,
}

/// How long an answer usually takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usual {
    /// Half of the answers are there by then.
    pub(super) median: Duration,
    /// Nineteen of twenty are there by then.
    pub(super) p95: Duration,
}

impl Paces {
    pub(super) fn new() -> Self {
        Self(Section::ALL.iter().map(|_| Pace::default()).collect())
    }

    /// An answer took so long.
    pub(super) fn note(&self, section: Section, took: Duration) {
        let Some(of_section) = self.0.get(section as usize) else { return };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let mut last = of_section.last.lock().unwrap_or_else(PoisonError::into_inner);
        let place = last.next;
        match last.times.get_mut(place) {
            Some(oldest) => *oldest = micros,
            None => last.times.push(micros),
        }
        last.next = (place + 1) % REMEMBERED;
        if last.times.len() >= ENOUGH && place.is_multiple_of(EVERY) {
            let mut times = last.times.clone();
            drop(last);
            of_section.median.store(quantile(&mut times, 50), Ordering::Relaxed);
            of_section.p95.store(quantile(&mut times, 95), Ordering::Relaxed);
        }
    }

    /// How long an answer usually takes, once enough were seen.
    pub(super) fn usual(&self, section: Section) -> Option<Usual> {
        let pace = self.0.get(section as usize)?;
        let read = |cell: &AtomicU64| match cell.load(Ordering::Relaxed) {
            0 => None,
            micros => Some(Duration::from_micros(micros)),
        };
        Some(Usual { median: read(&pace.median)?, p95: read(&pace.p95)? })
    }
}

fn quantile(times: &mut [u64], percent: usize) -> u64 {
    let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
    let place = place.min(times.len().saturating_sub(1));
    if times.is_empty() { 0 } else { *times.select_nth_unstable(place).1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_follow_the_last_answers_of_their_section() {
        let paces = Paces::new();
        let usual = || paces.usual(Section::Conditions);
        for millis in 1..=31 {
            paces.note(Section::Conditions, Duration::from_millis(millis));
        }
        assert_eq!(usual(), None, "too few");
        for millis in (1..=100).cycle().take(1_000) {
            paces.note(Section::Conditions, Duration::from_millis(millis));
        }
        let known = usual().unwrap();
        assert!((40..=60).contains(&known.median.as_millis()), "{known:?}");
        assert!((90..=100).contains(&known.p95.as_millis()), "{known:?}");
        for _ in 0..REMEMBERED + EVERY {
            paces.note(Section::Conditions, Duration::from_millis(3));
        }
        let three = Duration::from_millis(3);
        assert_eq!(usual(), Some(Usual { median: three, p95: three }));
        assert_eq!(paces.usual(Section::Allergies), None);
    }
}
