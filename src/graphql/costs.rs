//! What access control and looking people up cost, for those who measure it.

use crate::telemetry::Clock;

/// The parts of it, over all requests since the start.
#[derive(Debug, Default)]
pub struct Costs {
    /// Finding out whom ids stand for, in memory or in the store.
    pub lookup: Clock,
    /// Deciding who may see whom, with reading what is on record about that.
    pub decision: Clock,
    /// Compiling what was asked for under the mask, and taking out of what was gathered what may not be shown.
    pub gate: Clock,
    /// Waiting until what is shown is written down and durable.
    pub audit: Clock,
}
