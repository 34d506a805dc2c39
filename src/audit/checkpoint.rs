//! A signed point of the log: as a line of text it can be kept anywhere, and vouches for all entries up to it.

use std::fmt;
use std::str::FromStr;

use super::chain::Point;

/// The length of a signature, in bytes.
pub(super) const SIGNATURE: usize = 64;

/// A point and its signature. Its text is `chain.seq.hash.signature`, the last two in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The point.
    pub point: Point,
    /// The signature of whoever wrote it.
    pub signature: [u8; SIGNATURE],
}

/// A text is no checkpoint.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a checkpoint is written as CHAIN.ENTRY.HASH.SIGNATURE, as it stands in the gateway's log")]
pub struct NoCheckpoint;

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { chain, seq, hash } = &self.point;
        write!(f, "{chain}.{seq}.{}.{}", hexadecimal(hash), hexadecimal(&self.signature))
    }
}

impl FromStr for Checkpoint {
    type Err = NoCheckpoint;

    fn from_str(text: &str) -> Result<Self, NoCheckpoint> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let [chain, seq, hash, signature] = parts.as_slice() else { return Err(NoCheckpoint) };
        let number = |text: &str| text.parse().map_err(|_| NoCheckpoint);
        let hash = of_hexadecimal(hash).ok_or(NoCheckpoint)?;
        let signature = of_hexadecimal(signature).ok_or(NoCheckpoint)?;
        Ok(Self { point: Point { chain: number(chain)?, seq: number(seq)?, hash }, signature })
    }
}

/// Bytes in hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes that stand there in hexadecimal, if there are that many.
pub(super) fn of_hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; N];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_comes_back_as_it_went() {
        let point = Point { chain: 3, seq: 1_000, hash: [0xa5; 32] };
        let checkpoint = Checkpoint { point, signature: [7; SIGNATURE] };
        assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        for wrong in ["", "1.2.3", "1.2.3.4", &checkpoint.to_string()[1..], "x.1.a5.07"] {
            assert_eq!(wrong.parse::<Checkpoint>(), Err(NoCheckpoint), "{wrong}");
        }
    }
}
