//! The tier that all nodes share, as the cache sees it.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use tokio::sync::broadcast;

use super::{CacheKey, Kept};
use crate::gather::SourceId;

/// Which of its lives what a patient has at a source is in: each time it is forgotten another one begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Generation(pub u64);

/// What another node tells.
#[derive(Clone, PartialEq, Eq)]
pub enum Forgotten {
    /// What that patient has at that source is to be forgotten: one section, or all.
    Patient {
        /// Which source.
        source: SourceId,
        /// The patient's own id there.
        patient: LocalId,
        /// Which section; all when `None`.
        section: Option<Section>,
    },
    /// This node may have missed something: whatever it remembers may be forgotten elsewhere.
    Lost,
}

/// It names a patient: a debug print shows the type alone.
impl fmt::Debug for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patient { .. } => f.write_str("Forgotten"),
            Self::Lost => f.write_str("Lost"),
        }
    }
}

/// A cache that all nodes share. It never fails and is never waited for: what it does not tell in time, it does not know.
#[async_trait]
pub trait SharedTier: Send + Sync {
    /// What is kept, in the order of `keys`; too slow, broken, foreign or tampered is `None`.
    async fn get(&self, keys: &[CacheKey]) -> Vec<Option<Kept>>;

    /// Keeps it for so long, unless the key was forgotten since `since` was read.
    async fn put(&self, key: &CacheKey, kept: &Kept, keep_for: Duration, since: Generation);

    /// In which life what that patient has at that source is; read before the source is asked.
    async fn generation(&self, key: &CacheKey) -> Generation;

    /// Forgets all sections of a patient at a source (or one), and tells the other nodes.
    async fn forget(&self, source: &SourceId, patient: &LocalId, section: Option<Section>);

    /// What other nodes forgot; a node that cannot hear says so.
    fn forgotten(&self) -> broadcast::Receiver<Forgotten>;
}
