//! What access control costs, for those who measure it.

use crate::telemetry::Clock;

/// The parts of access control, over all requests since the start.
#[derive(Debug, Default)]
pub struct Costs {
    /// Deciding who may see whom, with reading what is on record about that.
    pub decision: Clock,
    /// Compiling what was asked for under the mask, and taking out of what was gathered what may not be shown.
    pub gate: Clock,
    /// Waiting until what is shown is written down and durable.
    pub audit: Clock,
}
