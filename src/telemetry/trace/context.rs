//! Which trace something belongs to, as W3C Trace Context has it (`traceparent`).

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The length of a `traceparent` of version 00.
const LENGTH: usize = 55;

/// The place of one span in one trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace; never zero.
    pub trace: u128,
    /// The span within it; never zero.
    pub span: u64,
    /// Whether the trace is recorded.
    pub is_sampled: bool,
}

impl TraceContext {
    /// The beginning of a trace.
    pub(super) fn root() -> Self {
        let trace = (u128::from(number()) << 64) | u128::from(number());
        Self { trace, span: number(), is_sampled: true }
    }

    /// A span below this one.
    pub(super) fn child(self) -> Self {
        Self { span: number(), ..self }
    }

    /// Reads a `traceparent`; `None` when it is not well formed. Of a version of the future, the part that is known.
    pub fn parse(text: &str) -> Option<Self> {
        let (known, more) = text.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let (version, trace) = (hexadecimal(parts.next()?, 2)?, hexadecimal(parts.next()?, 32)?);
        let (span, flags) = (hexadecimal(parts.next()?, 16)?, hexadecimal(parts.next()?, 2)?);
        let is_whole = match version {
            0 => more.is_empty(),
            0xff => false,
            _ => more.is_empty() || more.starts_with('-'),
        };
        let span = u64::try_from(span).ok()?;
        let is_good = is_whole && parts.next().is_none() && trace != 0 && span != 0;
        is_good.then_some(Self { trace, span, is_sampled: flags & 1 == 1 })
    }

    /// True for so large a share of all traces, the same on every node.
    pub(super) fn is_within(self, share: f64) -> bool {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "a share need not be exact"
        )]
        let place = (self.trace as u64) as f64 / u64::MAX as f64;
        share >= 1.0 || place < share
    }
}

/// As it is sent.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.is_sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }
}

/// A number of so many lower-case hexadecimal digits.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_number = text.len() == digits && text.bytes().all(is_digit);
    is_number.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

/// The step of `SplitMix64`.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A number that no other span has, other than zero. It guards no secret.
fn number() -> u64 {
    static LAST: LazyLock<AtomicU64> =
        LazyLock::new(|| AtomicU64::new(RandomState::new().build_hasher().finish()));
    let mut bits = LAST.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_well_formed_is_read_and_written_again() {
        let read = TraceContext::parse(GOOD).unwrap();
        assert_eq!((read.span, read.is_sampled), (0x00f0_67aa_0ba9_02b7, true));
        assert_eq!(read.to_string(), GOOD);
        let unsampled = TraceContext::parse(&GOOD.replace("-01", "-00")).unwrap();
        assert!(!unsampled.is_sampled);
        let later = GOOD.replacen("00", "cc", 1);
        assert_eq!(TraceContext::parse(&later), Some(read));
        assert_eq!(TraceContext::parse(&format!("{later}-what-comes")), Some(read));
    }

    #[test]
    fn what_is_not_well_formed_is_nothing() {
        for bad in [
            String::new(),
            GOOD.to_uppercase(),
            GOOD.replacen("00", "ff", 1),
            format!("{GOOD}-00"),
            format!("{GOOD} "),
            format!("{}.", GOOD.replacen("00", "cc", 1)),
            GOOD.replace('-', "_"),
            GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            GOOD.replace("4bf9", "4bg9"),
            GOOD.replace("4bf9", "+bf9"),
            "ä".repeat(30),
        ] {
            assert_eq!(TraceContext::parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_share_of_traces_is_that_share() {
        let within = |share| (0..1_000).filter(|_| TraceContext::root().is_within(share)).count();
        assert_eq!((within(0.0), within(1.0)), (0, 1_000));
        assert!((300..700).contains(&within(0.5)));
    }
}
