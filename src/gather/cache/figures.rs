//! How often what was found where.

use crate::telemetry::Counter;

/// How often what was found where, of one source.
#[derive(Debug, Default)]
pub struct Figures {
    /// A fresh copy in this node's memory.
    pub fresh: Counter,
    /// A copy in this node's memory that was shown and fetched anew.
    pub aging: Counter,
    /// A copy in place of a failure.
    pub stale: Counter,
    /// A failure of a moment ago, so that the source was not asked.
    pub negative: Counter,
    /// Somebody else's fetch that was waited for.
    pub joined: Counter,
    /// A copy in the shared tier.
    pub shared: Counter,
    /// Nothing, so that the source was asked; and copies that were fetched anew.
    pub asked: Counter,
    /// Of these, copies of which the source said that they still hold.
    pub confirmed: Counter,
    /// Answers that were not kept, because they were forgotten while they were fetched.
    pub outdated: Counter,
}
