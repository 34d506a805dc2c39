//! What is kept of a source's answers, and under which name.

use std::fmt;
use std::time::SystemTime;

use caregraph_connectors::record::Section;
use caregraph_connectors::{LocalId, Share};

use super::System;
use crate::identity::SourceId;

/// What a kept answer is about: one section of one patient of one source. Never who asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey {
    /// Which source said it.
    pub source: SourceId,
    /// What the source is besides its id.
    pub system: System,
    /// In which section.
    pub section: Section,
    /// Of whom, by the id that this source gave them.
    pub patient: LocalId,
}

/// It names a patient, so a debug print shows the type alone.
impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey")
    }
}

/// A complete answer of a source, as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What it said, unmasked.
    pub share: Share,
    /// When it said so, or last said that nothing has changed.
    pub fetched_at: SystemTime,
    /// When it was asked for that: what is written there later is not in it.
    pub asked_at: SystemTime,
    /// When it was last read in full.
    pub read_at: SystemTime,
}

impl Kept {
    /// What was said at once and in full.
    pub fn at(share: Share, at: SystemTime) -> Self {
        Self { share, fetched_at: at, asked_at: at, read_at: at }
    }
}
