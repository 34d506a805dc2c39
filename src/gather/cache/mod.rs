//! What sources said, kept for a while: in this node's memory, and beside it in a tier that nodes share.
//!
//! Owns for how long a copy may be shown, that what many want is fetched once, and that what was forgotten does not come
//! back. Must never know who asks: an entry is what one source said of one patient in one section, unmasked and never
//! composed, and whether anybody may see it is decided above, after it was found.

mod ears;
mod fetching;
mod figures;
mod flight;
mod floors;
mod keeping;
mod kept;
mod memory;
mod seeking;
mod systems;
mod tier;
mod windows;

use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::Instant;

pub use figures::Figures;
pub use kept::{CacheKey, Kept};
pub use systems::{System, Systems};
pub use tier::{Forgotten, Generation, SharedTier};
pub use windows::{Keeping, Windows};

pub(super) use ears::Heard;
pub(super) use fetching::Departures;
pub(super) use memory::Known;
pub(super) use seeking::Question;

use crate::gather::outcome::Fetched;
use crate::gather::run::Wish;
use crate::identity::SourceId;
use crate::telemetry::Counter;
use ears::Ears;
use flight::Flights;
use memory::Memory;

/// What sources said, kept for a while. Cheap to clone.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    memory: Memory,
    flights: Arc<Flights>,
    ears: Ears,
    shared: Option<Arc<dyn SharedTier>>,
    systems: Arc<Systems>,
    forgotten: Counter,
}

impl Cache {
    /// A cache that takes at most so many bytes of this node's memory.
    pub fn new(bytes: u64, shared: Option<Arc<dyn SharedTier>>) -> Self {
        Self::of_systems(bytes, shared, Arc::default())
    }

    /// The same, where the shared tier knows these systems too.
    pub fn of_systems(
        bytes: u64,
        shared: Option<Arc<dyn SharedTier>>,
        systems: Arc<Systems>,
    ) -> Self {
        Self(Arc::new(Inner {
            systems,
            memory: Memory::new(bytes),
            flights: Arc::default(),
            ears: Ears::default(),
            shared,
            forgotten: Counter::default(),
        }))
    }

    /// From now on the source is this system.
    pub(super) fn learn(&self, source: &SourceId, system: System) {
        self.0.systems.learn(source, system);
    }

    /// How often something was forgotten.
    pub fn forgotten(&self) -> u64 {
        self.0.forgotten.get()
    }

    /// How many bytes the memory holds, and how many entries.
    pub fn size(&self) -> (u64, u64) {
        self.0.memory.size()
    }

    /// Forgets what a source said of a patient, all sections or one. What is being fetched now is still given to those
    /// who wait for it, and not kept.
    pub async fn forget(&self, source: &SourceId, patient: &LocalId, section: Option<Section>) {
        self.0.forget(source, patient, section);
        if let Some(shared) = &self.0.shared {
            shared.forget(source, patient, section).await;
            // Whoever looked there meanwhile may have brought the old copy back.
            self.0.forget(source, patient, section);
        }
    }

    /// Forgets what a source said of anybody, all sections or one, likewise.
    pub async fn forget_source(&self, source: &SourceId, section: Option<Section>) {
        self.0.forget_source(source, section);
        if let Some(shared) = &self.0.shared {
            shared.forget_source(source, section).await;
            self.0.forget_source(source, section);
        }
    }

    /// Forgets where a source refused us, and nothing that it said: what we show it is another thing now. What is being fetched
    /// may have been asked for with the old one, so that it is given to those who wait for it, and not kept.
    pub fn forget_refusals(&self, source: &SourceId) {
        self.0.forget_refusals(source);
    }

    /// Notes a word for so long, where all nodes can see it; false when it was noted before, as far as anybody can tell.
    pub async fn note(&self, word: &str, keep_for: Duration) -> bool {
        match &self.0.shared {
            Some(shared) => shared.note(word, keep_for).await,
            None => true,
        }
    }

    /// Which of these words were noted, as far as anybody can tell.
    pub async fn noted(&self, words: &[String]) -> Vec<bool> {
        match &self.0.shared {
            Some(shared) => shared.noted(words).await,
            None => vec![false; words.len()],
        }
    }

    /// Listens to what happens under a key.
    pub(super) fn listen(&self, key: &CacheKey) -> watch::Receiver<Heard> {
        self.0.ears.listen(key)
    }

    /// Nobody listens to the key any more.
    pub(super) fn deafen(&self, key: &CacheKey) {
        self.0.ears.close(key);
    }

    /// What may be shown now without anything being fetched.
    pub(super) fn peek(&self, question: &Question) -> Option<Fetched> {
        self.0.look(question, &Wish { deadline: Instant::now(), since: None, purpose: None }, None)
    }

    /// Forgets what other nodes forget, for as long as the process runs. A node that may have missed something forgets
    /// everything.
    pub async fn follow(self) {
        let Some(shared) = &self.0.shared else { return };
        let mut forgotten = shared.forgotten();
        loop {
            match forgotten.recv().await {
                Ok(Forgotten::Patient { source, patient, section }) => {
                    self.0.forget(&source, &patient, section);
                }
                Ok(Forgotten::Source { source, section }) => {
                    self.0.forget_source(&source, section);
                }
                Ok(Forgotten::Lost) | Err(RecvError::Lagged(_)) => self.0.forget_all(),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests;
