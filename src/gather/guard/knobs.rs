//! What can be set about how a source is treated.

use std::time::Duration;

/// How one source is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// How many questions it may be asked at once, at most.
    pub max_concurrent: usize,
    /// How often a question that failed is asked once more.
    pub retries: u32,
    /// Whether a question that takes unusually long is asked a second time beside the first.
    pub hedge: bool,
    /// The longest that it is left alone when it keeps failing; zero: it is always asked, and about everybody.
    pub longest_rest: Duration,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            max_concurrent: 512,
            retries: 1,
            hedge: true,
            // With its jitter of a half, twelve seconds: fifteen after it healed, a source is whole again.
            longest_rest: Duration::from_secs(8),
        }
    }
}
