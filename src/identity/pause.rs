//! Pauses that grow from failure to failure, with jitter, so that many readers do not come back at once.

use std::time::Duration;

use aws_lc_rs::rand;

/// The longest that a source may make us wait by asking for it.
const MOST_ASKED: Duration = Duration::from_mins(10);

/// The next pause.
#[derive(Debug)]
pub(super) struct Pause {
    shortest: Duration,
    longest: Duration,
    current: Duration,
}

impl Pause {
    pub(super) fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest, current: shortest }
    }

    /// After a success the next failure counts as the first.
    pub(super) fn reset(&mut self) {
        self.current = self.shortest;
    }

    /// Between a half and the whole of the current length, which then doubles.
    pub(super) fn next(&mut self) -> Duration {
        let current = self.current;
        self.current = (current * 2).min(self.longest);
        let mut byte = [0];
        // Without randomness the pause is merely not jittered.
        let jitter = rand::fill(&mut byte).map_or(u32::from(u8::MAX), |()| u32::from(byte[0]));
        current / 2 + current / 2 * jitter / u32::from(u8::MAX)
    }

    /// The next pause, but no shorter than the source asked for.
    pub(super) fn at_least(&mut self, asked: Duration) -> Duration {
        self.next().max(asked.min(MOST_ASKED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_begin_anew() {
        let mut pause = Pause::new(Duration::from_secs(1), Duration::from_mins(1));
        for whole in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let (whole, next) = (Duration::from_secs(whole), pause.next());
            assert!(next >= whole / 2 && next <= whole, "{next:?} of {whole:?}");
        }
        pause.reset();
        assert!(pause.next() <= Duration::from_secs(1));
        assert_eq!(pause.at_least(Duration::from_secs(90)), Duration::from_secs(90));
        assert_eq!(pause.at_least(Duration::from_mins(150)), MOST_ASKED);
    }
}
