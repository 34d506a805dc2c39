//! Numbers that look random and can be turned back: the local ids of every system, without a table.

use crate::dice::{hash, scramble};

/// A keyed permutation of all numbers under a limit (a balanced Feistel network that walks until it is inside).
pub(crate) struct Permutation {
    half: u32,
    limit: u64,
    keys: [u64; 6],
}

impl Permutation {
    /// A permutation of `0..limit`, chosen by the seed and a label.
    pub(crate) fn new(seed: u64, label: &str, limit: u64) -> Self {
        let bits = u64::BITS - limit.saturating_sub(1).leading_zeros();
        let mut state = scramble(seed ^ hash(label));
        let keys = std::array::from_fn(|_| {
            state = scramble(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
            state
        });
        Self { half: bits.div_ceil(2).max(1), limit, keys }
    }

    /// Where a number goes; numbers outside the limit have no image.
    pub(crate) fn hide(&self, number: u64) -> Option<u64> {
        (number < self.limit).then(|| self.walk(number, |state| self.rounds(state, false)))
    }

    /// The number that went there.
    pub(crate) fn reveal(&self, image: u64) -> Option<u64> {
        (image < self.limit).then(|| self.walk(image, |state| self.rounds(state, true)))
    }

    /// Repeats a permutation of the power of two above the limit until it lands inside; it stays invertible.
    fn walk(&self, start: u64, step: impl Fn(u64) -> u64) -> u64 {
        let mut state = step(start);
        while state >= self.limit {
            state = step(state);
        }
        state
    }

    fn rounds(&self, value: u64, backwards: bool) -> u64 {
        let mask = (1_u64 << self.half) - 1;
        let (mut left, mut right) = ((value >> self.half) & mask, value & mask);
        for round in 0..self.keys.len() {
            if backwards {
                let key = self.keys[self.keys.len() - 1 - round];
                (left, right) = (right ^ (scramble(left ^ key) & mask), left);
            } else {
                (left, right) = (right, left ^ (scramble(right ^ self.keys[round]) & mask));
            }
        }
        (left << self.half) | right
    }
}

/// The digits of Crockford's base 32, in lower case: no i, l, o or u.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes the lowest `5 * width` bits of a number.
pub(crate) fn base32(number: u64, width: u32) -> String {
    (0..width)
        .rev()
        .map(|place| {
            char::from(DIGITS[usize::try_from((number >> (5 * place)) & 31).expect("five bits")])
        })
        .collect()
}

/// Reads what [`base32`] wrote; anything else is none.
pub(crate) fn from_base32(text: &str, width: u32) -> Option<u64> {
    if text.len() != width as usize {
        return None;
    }
    text.bytes().try_fold(0, |number, byte| {
        let digit = DIGITS.iter().position(|known| *known == byte)?;
        Some((number << 5) | digit as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_permutation_is_one_to_one_and_turns_back() {
        for limit in [1, 2, 7, 1000, 4096] {
            let permutation = Permutation::new(3, "test", limit);
            let images: HashSet<_> =
                (0..limit).map(|number| permutation.hide(number).unwrap()).collect();
            assert_eq!(images.len() as u64, limit);
            assert!((0..limit).all(
                |number| permutation.reveal(permutation.hide(number).unwrap()) == Some(number)
            ));
            assert_eq!(permutation.hide(limit), None);
            assert_eq!(permutation.reveal(limit), None);
        }
    }

    #[test]
    fn neighbours_land_far_apart_and_labels_differ() {
        let (one, other) = (Permutation::new(3, "a", 1 << 40), Permutation::new(3, "b", 1 << 40));
        let close = (0..1000)
            .filter(|n| one.hide(*n).unwrap().abs_diff(one.hide(n + 1).unwrap()) < 1 << 20)
            .count();
        assert!(close < 5, "{close} neighbours stayed close");
        assert!((0..1000).all(|n| one.hide(n) != other.hide(n)));
    }

    #[test]
    fn base32_turns_back_and_refuses_strangers() {
        assert_eq!(from_base32(&base32(123_456_789, 8), 8), Some(123_456_789));
        assert_eq!(from_base32("short", 8), None);
        assert_eq!(from_base32("iiiiiiii", 8), None);
        assert_eq!(from_base32("ÄÖÜß", 8), None);
    }
}
