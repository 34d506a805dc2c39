//! What is kept for all nodes together, as the cache sees it. Who keeps it, and how, is no business of `gather`.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use tokio::sync::broadcast;

use super::{CacheKey, Kept};
use crate::identity::SourceId;

/// How often something was forgotten. Whoever read it before a source was asked may keep the answer only as long as it
/// has not changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Generation(pub u64);

/// What another node forgot.
#[derive(Clone, PartialEq, Eq)]
pub enum Forgotten {
    /// All that a source said of a patient, or one section of it.
    Patient {
        /// Which source.
        source: SourceId,
        /// Whom, by its own id.
        patient: LocalId,
        /// Which section; all when there is none.
        section: Option<Section>,
    },
    /// All that a source said of anybody, or one section of it.
    Source {
        /// Which source.
        source: SourceId,
        /// Which section; all when there is none.
        section: Option<Section>,
    },
    /// Nobody knows: something may have been missed.
    Lost,
}

/// It may name a patient, so a debug print shows the type alone.
impl fmt::Debug for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forgotten")
    }
}

/// What is kept for all nodes together.
#[async_trait]
pub trait SharedTier: Send + Sync {
    /// What is kept, in the order of the keys. Never fails: what is too slow, broken, foreign or tampered with is `None`.
    async fn get(&self, keys: &[CacheKey]) -> Vec<Option<Kept>>;

    /// Keeps it for so long, unless the key was forgotten since `since` was read.
    async fn put(&self, key: &CacheKey, kept: &Kept, keep_for: Duration, since: Generation);

    /// How often what that patient has at that source was forgotten so far; read before the source is asked.
    async fn generation(&self, key: &CacheKey) -> Generation;

    /// Forgets what a source said of a patient, all sections or one, and tells the other nodes.
    async fn forget(&self, source: &SourceId, patient: &LocalId, section: Option<Section>);

    /// Forgets what a source said of anybody, all sections or one, and tells the other nodes.
    async fn forget_source(&self, source: &SourceId, section: Option<Section>);

    /// Notes a word for so long, where all nodes can see it. False when it stands there already; true also when nobody can
    /// tell.
    async fn note(&self, word: &str, keep_for: Duration) -> bool {
        let _ = (word, keep_for);
        true
    }

    /// Which of these words stand there, in their order; none of them when nobody can tell.
    async fn noted(&self, words: &[String]) -> Vec<bool> {
        vec![false; words.len()]
    }

    /// What other nodes forgot from now on.
    fn forgotten(&self) -> broadcast::Receiver<Forgotten>;
}
