//! Dice that fall the same way for the same seed: every generated fact comes from here.
//!
//! A generator of our own, of a few lines, because a population must stay the same when a library changes its streams.

/// A stream of pseudo-random numbers (`SplitMix64`) that can be forked by label.
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of one thing, named by numbers: seed, person, site.
    pub(crate) fn new(parts: &[u64]) -> Self {
        Self(
            parts.iter().fold(0x5851_f42d_4c95_7f2d, |state, part| {
                scramble(state ^ part.wrapping_mul(GOLDEN))
            }),
        )
    }

    /// Dice for a part of this thing; independent of how often `self` was thrown since.
    pub(crate) fn fork(&self, label: &str) -> Self {
        Self(scramble(self.0 ^ hash(label)))
    }

    /// The same for a numbered part.
    pub(crate) fn fork_at(&self, number: u64) -> Self {
        Self(scramble(self.0 ^ scramble(number.wrapping_mul(GOLDEN))))
    }

    /// The next 64 bits.
    pub(crate) fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        scramble(self.0)
    }

    /// A number under `limit`; 0 when the limit is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        u64::try_from((u128::from(self.throw()) * u128::from(limit)) >> 64)
            .expect("a 64-bit product half fits 64 bits")
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below(low.abs_diff(high) + 1)).expect("ranges in use are small")
    }

    /// True in `percent` of a hundred throws.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// True in `parts` of a thousand throws.
    pub(crate) fn per_mille(&mut self, parts: u64) -> bool {
        self.below(1000) < parts
    }

    /// One of the items.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        let at = self.below(items.len() as u64);
        items[usize::try_from(at).expect("an index fits")]
    }

    /// A number from -1 to 1 that is mostly near 0.
    pub(crate) fn wobble(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..3 {
            sum += f64::from(u32::try_from(self.below(1 << 20)).expect("20 bits fit"))
                / f64::from(1 << 19)
                - 1.0;
        }
        sum / 3.0
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A well mixed 64-bit value of a text (FNV-1a, then the finaliser of `SplitMix64`).
pub(crate) fn hash(text: &str) -> u64 {
    scramble(text.bytes().fold(0xcbf2_9ce4_8422_2325, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}

/// The finaliser of `SplitMix64`: every bit of the input touches every bit of the output.
pub(crate) fn scramble(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_fall_the_same_way_and_others_do_not() {
        let throws = |mut dice: Dice| (0..8).map(|_| dice.throw()).collect::<Vec<_>>();
        assert_eq!(throws(Dice::new(&[1, 2])), throws(Dice::new(&[1, 2])));
        assert_ne!(throws(Dice::new(&[1, 2])), throws(Dice::new(&[2, 1])));
        assert_ne!(throws(Dice::new(&[1, 2]).fork("a")), throws(Dice::new(&[1, 2]).fork("b")));
    }

    #[test]
    fn throws_spread_over_the_whole_range() {
        let mut dice = Dice::new(&[7]);
        let mut seen = [0_u32; 10];
        (0..10_000).for_each(|_| seen[usize::try_from(dice.below(10)).unwrap()] += 1);
        assert!(seen.iter().all(|count| (800..1200).contains(count)), "{seen:?}");
        assert!((0..1000).all(|_| (-1.0..=1.0).contains(&dice.wobble())));
        assert!((0..1000).all(|_| (3..=5).contains(&dice.between(3, 5))));
    }
}
