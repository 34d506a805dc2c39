//! What is kept of a source's answer, and under which key.

use std::fmt;
use std::time::SystemTime;

use caregraph_connectors::record::Section;
use caregraph_connectors::{LocalId, Share};

use crate::gather::SourceId;

/// What is asked for: one section of one patient at one source. Who asks is no part of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey {
    /// Which source.
    pub source: SourceId,
    /// Which section.
    pub section: Section,
    /// The patient's own id there.
    pub patient: LocalId,
}

/// It names a patient: a debug print shows the type alone.
impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey")
    }
}

/// What a source said, and when it really did.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What it said, unmasked.
    pub share: Share,
    /// When it said it.
    pub fetched_at: SystemTime,
}
