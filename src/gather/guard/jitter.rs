//! Chance, so that what failed together is not asked again together.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The step of `SplitMix64`.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A row of numbers that look random. It guards no secret.
#[derive(Debug)]
pub(super) struct Jitter(AtomicU64);

impl Jitter {
    /// Another row at every start.
    pub(super) fn new() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }

    /// The same row for the same seed.
    pub(super) fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A time from `least` to `most`.
    pub(super) fn between(&self, least: Duration, most: Duration) -> Duration {
        least + most.saturating_sub(least).mul_f64(self.share())
    }

    /// A number from 0 to 1.
    fn share(&self) -> f64 {
        let mut bits = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        f64::from(u32::try_from(bits >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_row_and_the_row_fills_the_span() {
        let (least, most) = (Duration::from_millis(25), Duration::from_millis(125));
        let row = |seed| {
            let jitter = Jitter::seeded(seed);
            (0..1000).map(|_| jitter.between(least, most)).collect::<Vec<_>>()
        };
        assert_eq!(row(7), row(7));
        assert_ne!(row(7), row(8));
        let seen = row(7);
        assert!(seen.iter().all(|time| (least..=most).contains(time)));
        assert!(seen.iter().any(|time| *time < Duration::from_millis(35)));
        assert!(seen.iter().any(|time| *time > Duration::from_millis(115)));
        assert_eq!(Jitter::seeded(1).between(most, least), most);
    }
}
