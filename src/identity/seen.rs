//! Which records a reading has come across: one bit each.

use super::ids::Seq;

/// A set of sequences.
#[derive(Default)]
pub(super) struct Seen(Vec<u64>);

impl Seen {
    pub(super) fn add(&mut self, seqs: &[Seq]) {
        for seq in seqs {
            let (word, bit) = place(*seq);
            if word >= self.0.len() {
                self.0.resize(word + 1, 0);
            }
            if let Some(word) = self.0.get_mut(word) {
                *word |= bit;
            }
        }
    }

    pub(super) fn has(&self, seq: Seq) -> bool {
        let (word, bit) = place(seq);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// Sequences begin at one and grow by one, so the bits lie close together.
fn place(seq: Seq) -> (usize, u64) {
    let at = seq.0.unsigned_abs();
    (usize::try_from(at / 64).unwrap_or(usize::MAX), 1 << (at % 64))
}
