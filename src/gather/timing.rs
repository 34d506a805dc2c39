//! Where an answer came from, and how long that took.

use std::time::Duration;

use tokio::time::Instant;

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This node's own memory.
    Memory,
    /// The cache that nodes share.
    Shared,
    /// The source.
    Source,
}

impl Origin {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Shared => "shared",
            Self::Source => "source",
        }
    }
}

/// Where an answer came from, and how long that took.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// From where.
    pub origin: Origin,
    /// When it began; for an answer that somebody else had asked for already, before this request did.
    pub began: Instant,
    /// How long it took.
    pub took: Duration,
    /// How often the source was asked for it.
    pub attempts: u32,
}

impl Timing {
    /// Of what was found at once in this node's memory.
    pub(super) fn memory() -> Self {
        Self::since(Origin::Memory, Instant::now(), 0)
    }

    /// Of what began then and is there now.
    pub(super) fn since(origin: Origin, began: Instant, attempts: u32) -> Self {
        Self { origin, began, took: began.elapsed(), attempts }
    }
}
