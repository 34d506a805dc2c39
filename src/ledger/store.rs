//! What the ledger asks of a store.

use async_trait::async_trait;
use uuid::Uuid;

use crate::identity::{Mac, RecordKey, StoreError};

/// A sealed entry.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// Its id.
    pub id: Uuid,
    /// Its kind.
    pub kind: String,
    /// What it says, sealed for this id alone.
    pub sealed: Vec<u8>,
}

/// Keeps sealed entries and by which records they are found.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// The entries about these records, each beside a record that it belongs to.
    async fn entries_of(
        &self,
        records: &[RecordKey],
    ) -> Result<Vec<(RecordKey, LedgerRow)>, StoreError>;

    /// All entries of a kind.
    async fn entries_of_kind(&self, kind: &str) -> Result<Vec<LedgerRow>, StoreError>;

    /// All entries that are of one of these people or organisations, and those of which it was not noted whose they are.
    async fn entries_whose(&self, whose: &[Mac]) -> Result<Vec<LedgerRow>, StoreError>;

    /// One entry.
    async fn entry(&self, id: Uuid) -> Result<Option<LedgerRow>, StoreError>;

    /// Adds an entry that is found by these records, and by whose it is.
    async fn add_entry(
        &self,
        row: &LedgerRow,
        records: &[RecordKey],
        whose: Option<&Mac>,
    ) -> Result<(), StoreError>;

    /// Replaces what an entry says.
    async fn replace_entry(&self, row: &LedgerRow) -> Result<(), StoreError>;

    /// How often entries were added or replaced, by any node.
    async fn ledger_changes(&self) -> Result<i64, StoreError>;
}
