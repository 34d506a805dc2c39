//! What sources said, kept for a while: in this node's memory, and beside it in a tier that nodes share.
//!
//! Owns for how long a copy may be shown, that what many want is fetched once, and that what was forgotten does not come
//! back. Must never know who asks: an entry is what one source said of one patient in one section, unmasked and never
//! composed, and whether anybody may see it is decided above, after it was found.

mod fetching;
mod figures;
mod flight;
mod keeping;
mod kept;
mod memory;
mod seeking;
mod tier;
mod windows;

use std::sync::Arc;

use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use tokio::sync::broadcast::error::RecvError;

pub use figures::Figures;
pub use kept::{CacheKey, Kept};
pub use tier::{Forgotten, Generation, SharedTier};
pub use windows::{Keeping, Windows};

pub(super) use fetching::Departures;
pub(super) use memory::Known;
pub(super) use seeking::Question;

use crate::identity::SourceId;
use crate::telemetry::Counter;
use flight::Flights;
use memory::Memory;

/// What sources said, kept for a while. Cheap to clone.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    memory: Memory,
    flights: Arc<Flights>,
    shared: Option<Arc<dyn SharedTier>>,
    forgotten: Counter,
}

impl Cache {
    /// A cache that takes at most so many bytes of this node's memory.
    pub fn new(bytes: u64, shared: Option<Arc<dyn SharedTier>>) -> Self {
        Self(Arc::new(Inner {
            memory: Memory::new(bytes),
            flights: Arc::default(),
            shared,
            forgotten: Counter::default(),
        }))
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
                Ok(Forgotten::Lost) | Err(RecvError::Lagged(_)) => self.0.forget_all(),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests;
