//! Which messages of a subscription have come, by the numbers that the source gives them: whether one was lost.
//!
//! Messages overtake each other, and with several nodes each sees only some, so what is missing is waited for a while before
//! it counts as lost. What came before the first message is missing too: nobody saw it.

use std::collections::BTreeSet;

/// So many missing messages count as lost without a further look.
pub(super) const MOST_MISSING: u64 = 200;

/// What has come of one subscription.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Everything up to this has come, or was given up.
    whole_to: u64,
    /// What came after that.
    ahead: BTreeSet<u64>,
    /// So many messages there are, as the source tells.
    told: u64,
}

impl Numbers {
    /// From here on: whatever was before is settled.
    pub(super) fn from(told: u64) -> Self {
        Self { whole_to: told, told, ahead: BTreeSet::new() }
    }

    /// One has come.
    pub(super) fn came(&mut self, number: u64) {
        self.told = self.told.max(number);
        if number > self.whole_to {
            self.ahead.insert(number);
        }
        while self.whole_to < u64::MAX && self.ahead.remove(&(self.whole_to + 1)) {
            self.whole_to += 1;
        }
    }

    /// The source says how many there are.
    pub(super) fn told(&mut self, in_all: u64) {
        self.told = self.told.max(in_all);
    }

    /// How far the source counts behind what it said before: it has begun anew.
    pub(super) fn is_behind(&self, in_all: u64) -> bool {
        in_all < self.whole_to
    }

    /// True when some are missing.
    pub(super) fn is_doubtful(&self) -> bool {
        self.told > self.whole_to
    }

    /// Those that are missing; `None` when they are too many to look for.
    pub(super) fn missing(&self) -> Option<Vec<u64>> {
        let count = (self.told - self.whole_to).saturating_sub(self.ahead.len() as u64);
        let all = (self.whole_to + 1)..=self.told;
        (count <= MOST_MISSING && self.told - self.whole_to <= 10 * MOST_MISSING)
            .then(|| all.filter(|number| !self.ahead.contains(number)).collect())
    }

    /// What is missing has come by another way, or was given up.
    pub(super) fn settle(&mut self) {
        *self = Self::from(self.told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_order_and_overtaken_nothing_is_missing() {
        let mut numbers = Numbers::default();
        for number in [1, 3, 2, 2, 5, 4] {
            numbers.came(number);
        }
        numbers.told(5);
        assert!(!numbers.is_doubtful());
        assert!(!numbers.is_behind(5) && numbers.is_behind(4));
    }

    #[test]
    fn a_gap_is_missing_whether_a_later_one_or_the_source_itself_tells_of_it() {
        let mut numbers = Numbers::from(6);
        numbers.came(9);
        assert_eq!(numbers.missing(), Some(vec![7, 8]));
        numbers.told(11);
        assert_eq!(numbers.missing(), Some(vec![7, 8, 10, 11]));
        numbers.settle();
        assert!(!numbers.is_doubtful());
        numbers.came(12);
        assert!(!numbers.is_doubtful());
    }

    #[test]
    fn what_came_before_the_first_is_missing_and_far_too_much_is_not_listed() {
        let mut numbers = Numbers::default();
        numbers.came(3);
        assert_eq!(numbers.missing(), Some(vec![1, 2]));
        numbers.came(u64::MAX);
        assert_eq!(numbers.missing(), None);
        numbers.settle();
        numbers.came(u64::MAX);
        assert!(!numbers.is_doubtful());
    }
}
