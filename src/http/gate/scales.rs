//! Whether the memory that this process may take is nearly used up.

use crate::http::memory::held_memory;

/// It is, when more than so many tenths of it are taken.
const TENTHS: u64 = 9;

/// It is weighed at every look of so many: what is under way takes its memory over some time.
const EVERY: u32 = 5;

/// Weighs this process.
#[derive(Debug)]
pub(super) struct Scales {
    /// How many bytes it may take, if that is known.
    most: Option<u64>,
    looks: u32,
    is_tight: bool,
}

impl Scales {
    pub(super) fn new(most: Option<u64>) -> Self {
        Self { most, looks: 0, is_tight: false }
    }

    /// Whether there is hardly any memory left, by what was weighed last.
    pub(super) fn look(&mut self) -> bool {
        let Some(most) = self.most else { return false };
        self.looks += 1;
        if self.looks >= EVERY {
            self.looks = 0;
            self.is_tight = held_memory().is_some_and(|held| held / TENTHS > most / 10);
        }
        self.is_tight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tight_when_nearly_all_is_taken() {
        let looks = |most| {
            let mut scales = Scales::new(most);
            (0..EVERY).map(|_| scales.look()).last()
        };
        assert_eq!(looks(None), Some(false));
        assert_eq!(looks(Some(1 << 50)), Some(false));
        if held_memory().is_some() {
            assert_eq!(looks(Some(1)), Some(true));
        }
    }
}
