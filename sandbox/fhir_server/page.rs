//! Tokens that say where the next page begins; readers cannot make their own.

use crate::{
    dice::scramble,
    permutation::{Permutation, base32, from_base32},
};

/// Where a page begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// How many matches came before, or in a roster, how many people were looked at.
    pub(super) offset: u64,
    /// Tells pages apart that begin at the same place.
    pub(super) turn: u64,
}

const OFFSET_BITS: u32 = 41;
const TURN_BITS: u32 = 5;
const CHECK_BITS: u32 = 14;

/// Writes and reads the tokens of one site.
pub(super) struct PageTokens(Permutation);

impl PageTokens {
    pub(super) fn new(site: &str) -> Self {
        Self(Permutation::new(
            0,
            &format!("pages of {site}"),
            1 << (OFFSET_BITS + TURN_BITS + CHECK_BITS),
        ))
    }

    pub(super) fn write(&self, page: Page) -> String {
        let offset = page.offset & ((1 << OFFSET_BITS) - 1);
        let content = (offset << TURN_BITS) | (page.turn & ((1 << TURN_BITS) - 1));
        base32(self.0.hide((content << CHECK_BITS) | check(content)).unwrap_or(0), 12)
    }

    pub(super) fn read(&self, token: &str) -> Option<Page> {
        let number = self.0.reveal(from_base32(token, 12)?)?;
        let content = number >> CHECK_BITS;
        let known = number & ((1 << CHECK_BITS) - 1) == check(content);
        known.then_some(Page {
            offset: content >> TURN_BITS,
            turn: content & ((1 << TURN_BITS) - 1),
        })
    }
}

fn check(content: u64) -> u64 {
    scramble(content) >> (u64::BITS - CHECK_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_lead_back_and_made_up_ones_do_not() {
        let tokens = PageTokens::new("here");
        let page = Page { offset: 123_456, turn: 3 };
        assert_eq!(tokens.read(&tokens.write(page)), Some(page));
        assert_eq!(tokens.read("100"), None);
        assert_eq!(tokens.read("000000000000"), None);
        assert_eq!(PageTokens::new("there").read(&tokens.write(page)), None);
    }
}
