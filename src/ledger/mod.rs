//! What was recorded about who may see a patient: what the patient decided, who stands in which relation to them, who
//! broke the glass, and which sources may be asked for the patient by an identifier. Recorded, found again, ended.
//!
//! An entry belongs to the *records* that a patient had when it was made, not to our id of them: ids come and go as
//! records are linked and unlinked. What closes holds for whoever has one of these records; what opens, for whoever has
//! all of them, so that it never reaches a record that turned out to be somebody else's.

mod entry;
mod fact;
mod memory;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::access::Standing;
use crate::identity::{Identity, Mac, RecordKey, SealError, Sealer, StoreError, StoreKey, now_ms};
use entry::{entries, standing};
use fact::Whose;
use memory::{Era, LOOKS_EVERY, Memory, Writing};

pub use entry::{Entry, History};
pub use fact::{Consent, Fact, Kind, Lookup};
pub use store::{LedgerRow, LedgerStore};

/// Why entries could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no such entry.
    #[error("there is no such entry")]
    NoSuch,
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// A stored entry cannot be opened.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// A stored entry cannot be understood.
    #[error("a stored entry cannot be understood: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A stored entry is of a kind that nobody knows.
    #[error("a stored entry is of an unknown kind")]
    UnknownKind,
}

/// The entries about all patients. What is revoked is gone with the next decision, and on every other node within a
/// second.
pub struct Ledger {
    store: Arc<dyn LedgerStore>,
    sealer: Sealer,
    memory: Arc<Memory>,
}

impl Ledger {
    /// Opens the ledger.
    pub fn new(store: Arc<dyn LedgerStore>, key: &StoreKey) -> Result<Self, LedgerError> {
        Ok(Self { store, sealer: Sealer::new(key)?, memory: Arc::default() })
    }

    /// Looks for changes by other nodes for as long as it is polled. Until then, and while it fails, the store is asked
    /// for every decision.
    pub fn keep(&self) -> impl Future<Output = ()> + Send + 'static {
        let (store, memory) = (self.store.clone(), self.memory.clone());
        async move {
            let mut ticks = interval(LOOKS_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let at = Instant::now();
                match store.ledger_changes().await {
                    Ok(count) => memory.look(count, at),
                    Err(error) => {
                        tracing::debug!(%error, "changes of the ledger cannot be looked up");
                    }
                }
            }
        }
    }

    /// Tells when something was written, here or by another node.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.memory.follow()
    }

    /// All entries about each of these people, the oldest first, revoked ones too.
    pub async fn of(&self, people: &[&Identity]) -> Result<Vec<Vec<Entry>>, LedgerError> {
        let era = self.memory.era();
        let at_hand = |person: &&Identity| self.memory.of_person(era?, person);
        let mut found: Vec<Option<Vec<Entry>>> = people.iter().map(at_hand).collect();
        let missing = people.iter().zip(&found).filter(|(_, found)| found.is_none());
        let keys = missing.flat_map(|(person, _)| &person.links).map(|link| link.record);
        let of_record = self.of_records(era, keys.collect()).await?;
        for (person, found) in people.iter().zip(&mut found) {
            if found.is_none() {
                let entries = entries(person, &of_record);
                if let Some(era) = era {
                    self.memory.keep_person(era, person, &entries);
                }
                *found = Some(entries);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The entries about each of these records.
    async fn of_records(
        &self,
        era: Option<Era>,
        mut records: BTreeSet<RecordKey>,
    ) -> Result<BTreeMap<RecordKey, Arc<[Entry]>>, LedgerError> {
        let mut found = BTreeMap::new();
        if let Some(era) = era {
            records.retain(|record| {
                let known = self.memory.get(era, record);
                let is_unknown = known.is_none();
                found.extend(known.map(|entries| (*record, entries)));
                is_unknown
            });
        }
        if records.is_empty() {
            return Ok(found);
        }
        let mut read: BTreeMap<RecordKey, Vec<Entry>> =
            records.iter().map(|record| (*record, Vec::new())).collect();
        for (record, row) in self.store.entries_of(&Vec::from_iter(records)).await? {
            read.entry(record).or_default().push(self.open(&row)?);
        }
        for (record, entries) in read {
            let entries: Arc<[Entry]> = entries.into();
            if let Some(era) = era {
                self.memory.keep(era, record, entries.clone());
            }
            found.insert(record, entries);
        }
        Ok(found)
    }

    /// What holds of each of these people now.
    pub async fn standings(&self, people: &[&Identity]) -> Result<Vec<Standing>, LedgerError> {
        let all = self.of(people).await?;
        Ok(people.iter().zip(all).map(|(person, entries)| standing(person, entries)).collect())
    }

    /// All entries of a kind, the oldest first, revoked ones too.
    pub async fn of_kind(&self, kind: Kind) -> Result<Vec<Entry>, LedgerError> {
        let rows = self.store.entries_of_kind(kind.name()).await?;
        let mut entries: Vec<Entry> =
            rows.iter().map(|row| self.open(row)).collect::<Result<_, _>>()?;
        entries.sort_by_key(Entry::age);
        Ok(entries)
    }

    /// The relations and broken glasses of somebody, or of their organisation, whomever they are about: whatever bears
    /// one of both names, revoked ones too.
    pub async fn of_whom(
        &self,
        subject: &str,
        organization: Option<&str>,
    ) -> Result<Vec<Entry>, LedgerError> {
        let names = [Some(Whose::Subject(subject)), organization.map(Whose::Organization)];
        let macs: Vec<Mac> =
            names.into_iter().flatten().map(|whose| whose.mac(&self.sealer)).collect();
        self.store.entries_whose(&macs).await?.iter().map(|row| self.open(row)).collect()
    }

    /// Records something about a person.
    pub async fn record(
        &self,
        person: &Identity,
        fact: Fact,
        by: &str,
    ) -> Result<Entry, LedgerError> {
        let entry = Entry::new(person, fact, by);
        let records: Vec<RecordKey> = person.links.iter().map(|link| link.record).collect();
        let whose = entry.fact.whose().map(|whose| whose.mac(&self.sealer));
        let row = entry.seal(&self.sealer)?;
        let _writing = Writing(&self.memory);
        self.store.add_entry(&row, &records, whose.as_ref()).await?;
        Ok(entry)
    }

    /// The entry of that id.
    pub async fn get(&self, id: Uuid) -> Result<Entry, LedgerError> {
        let row = self.store.entry(id).await?.ok_or(LedgerError::NoSuch)?;
        self.open(&row)
    }

    /// Revokes an entry for good; one that is revoked already stays as it is.
    pub async fn revoke(&self, id: Uuid, by: &str) -> Result<Entry, LedgerError> {
        let mut entry = self.get(id).await?;
        if entry.history.revoked.is_none() {
            entry.history.revoked = Some((now_ms(), by.to_owned()));
            self.replace(&entry).await?;
        }
        Ok(entry)
    }

    /// Puts what an entry says now in the place of what it said.
    pub async fn replace(&self, entry: &Entry) -> Result<(), LedgerError> {
        let row = entry.seal(&self.sealer)?;
        let _writing = Writing(&self.memory);
        Ok(self.store.replace_entry(&row).await?)
    }

    fn open(&self, row: &LedgerRow) -> Result<Entry, LedgerError> {
        Entry::open(row, &self.sealer)
    }
}
