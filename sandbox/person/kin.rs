//! Who is easily taken for somebody else: twins, a father and his son, two people who look the same on paper.

use crate::dice::Dice;

/// How a person relates to the one before, whose record looks alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kin {
    /// Nobody looks alike.
    None,
    /// The older one of a pair.
    First(Pair),
    /// The younger one; the number is the older one's.
    Second(Pair, u64),
}

/// What two people have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    /// Family name, sex, birth date, address and telephone.
    Twins,
    /// The whole name, sex, address and telephone.
    FatherAndSon,
    /// Everything that identifies people who have no common number.
    Namesakes,
}

/// People come in blocks, and a pair has fixed seats in its block: so anyone's kin is known without looking around.
const BLOCK: u64 = 32;
const SEATS: [(u64, Pair); 3] = [(3, Pair::Twins), (6, Pair::FatherAndSon), (9, Pair::Namesakes)];

impl Kin {
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        let (block, seat) = (number / BLOCK, number % BLOCK);
        let Some((first, pair)) =
            SEATS.into_iter().find(|(first, _)| seat == *first || seat == first + 1)
        else {
            return Self::None;
        };
        // Small populations have each kind of pair; in large ones they stay rare.
        if block > 0 && !Dice::new(&[seed, block, first]).fork("kin").percent(20) {
            return Self::None;
        }
        if seat == first { Self::First(pair) } else { Self::Second(pair, number - 1) }
    }

    pub(crate) fn pair(self) -> Option<Pair> {
        match self {
            Self::None => None,
            Self::First(pair) | Self::Second(pair, _) => Some(pair),
        }
    }
}
