//! The connectors that were registered while the gateway runs: what was changed, by whom, and what is in force because of
//! it.
//!
//! Nothing is ever overwritten: a connector is the sum of its entries, in the order in which they were made, the same on
//! every node. Must never know a dialect, a viewer or a request: what a manifest means is found out where it is built.

mod change;
mod credential;
mod entry;
mod giving;
mod objection;
mod registration;
#[cfg(test)]
mod shadow_tests;
mod store;
#[cfg(test)]
mod tests;
mod workshop;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::identity::{SealError, Sealer, SourceId, StoreError, StoreKey, now_ms};

pub use caregraph_connectors::conformance::Report;
pub use change::Change;
pub use entry::{Actor, Entry};
pub use giving::{kept_already, misgiven};
pub use objection::Objection;
pub use registration::{Registration, Shadowed, State, Version};
pub use store::{RegisterRow, RegisterStore};
pub use workshop::{Declared, Mistake, Workshop};

/// How often it is looked whether another node has changed something.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// Why the register could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There is no such connector.
    #[error("there is no such connector")]
    NoSuch,
    /// It may not be done now, or not by them.
    #[error(transparent)]
    Objection(#[from] Objection),
    /// Somebody else changed the same connector at the same time.
    #[error("the connector was changed by somebody else at the same time")]
    Overtaken,
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// What is kept cannot be opened, or nothing can be sealed.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// An entry cannot be written down.
    #[error("an entry cannot be written down: {0}")]
    Unwritable(#[from] serde_json::Error),
}

/// All registered connectors, by their ids.
pub type Registrations = BTreeMap<SourceId, Arc<Registration>>;

/// All registered connectors, as this node knows them.
pub struct Register {
    store: Arc<dyn RegisterStore>,
    sealer: Sealer,
    known: RwLock<Arc<Registrations>>,
    /// The last row that was read; held by whoever reads or writes.
    read_to: Mutex<i64>,
    changes: watch::Sender<i64>,
}

impl Register {
    /// Opens the register in a store and reads it.
    pub async fn open(
        store: Arc<dyn RegisterStore>,
        key: &StoreKey,
    ) -> Result<Self, RegisterError> {
        let register = Self {
            store,
            sealer: Sealer::new(key)?,
            known: RwLock::default(),
            read_to: Mutex::default(),
            changes: watch::Sender::default(),
        };
        register.refresh().await?;
        Ok(register)
    }

    /// All that are registered now.
    pub fn all(&self) -> Arc<Registrations> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The connector of that id.
    pub fn get(&self, id: &SourceId) -> Option<Arc<Registration>> {
        self.all().get(id).cloned()
    }

    /// Tells when something was changed, here or by another node; the number of the newest change.
    pub fn changes(&self) -> watch::Receiver<i64> {
        self.changes.subscribe()
    }

    /// Reads what other nodes have changed, for as long as it is polled.
    pub async fn keep(self: Arc<Self>) {
        let mut ticks = interval(LOOKS_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.refresh().await {
                tracing::debug!(%error, "changes of the register cannot be looked up");
            }
        }
    }

    /// Reads what was changed since it was read last.
    pub async fn refresh(&self) -> Result<(), RegisterError> {
        let mut read_to = self.read_to.lock().await;
        self.read_on(&mut read_to).await
    }

    async fn read_on(&self, read_to: &mut i64) -> Result<(), RegisterError> {
        let rows = self.store.entries_after(*read_to).await?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(()) };
        let mut all = Registrations::clone(&self.all());
        for row in &rows {
            if let Ok(entry) = Entry::open(row, &self.sealer) {
                registration::take(&mut all, entry);
            } else {
                // Whoever can write to the store alone decides nothing.
                tracing::error!(source.id = %row.connector, "an entry of the register cannot be opened with the store's key, so its connector is not in force");
                registration::distrust(&mut all, &row.connector, row.number);
            }
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(all);
        *read_to = last;
        self.changes.send_replace(last);
        Ok(())
    }

    /// Changes a connector, or registers it, if that may be done by them now.
    pub async fn change(
        &self,
        id: &SourceId,
        by: Actor,
        change: Change,
    ) -> Result<Arc<Registration>, RegisterError> {
        let mut read_to = self.read_to.lock().await;
        self.read_on(&mut read_to).await?;
        let before = self.get(id);
        if before.is_none() && !matches!(change, Change::Registered { .. }) {
            return Err(RegisterError::NoSuch);
        }
        registration::judge(before.as_deref(), &by, &change)?;
        let number = before.map_or(1, |it| it.entries + 1);
        let entry = Entry { connector: id.clone(), number, at_ms: now_ms(), by, change };
        if !self.store.add_entry(&entry.seal(&self.sealer)?).await? {
            return Err(RegisterError::Overtaken);
        }
        self.read_on(&mut read_to).await?;
        self.get(id).ok_or(RegisterError::NoSuch)
    }
}
