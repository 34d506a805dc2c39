//! What the register asks of a store.

use async_trait::async_trait;

use crate::identity::{SourceId, StoreError};

/// A sealed entry.
#[derive(Clone, Debug)]
pub struct RegisterRow {
    /// Its place among all entries; a later one is greater. Given by the store.
    pub seq: i64,
    /// Of which connector.
    pub connector: SourceId,
    /// Which of its entries this is, from 1.
    pub number: u32,
    /// What it says, sealed for this place alone.
    pub sealed: Vec<u8>,
}

/// Keeps sealed entries, and what connectors prove themselves with.
#[async_trait]
pub trait RegisterStore: Send + Sync {
    /// All entries after that one, in their order.
    async fn entries_after(&self, seq: i64) -> Result<Vec<RegisterRow>, StoreError>;

    /// Adds an entry after all others; false when the connector has one of that number already.
    async fn add_entry(&self, row: &RegisterRow) -> Result<bool, StoreError>;

    /// What a connector proves itself with, sealed.
    async fn credential(&self, connector: &SourceId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Adds an entry likewise, and replaces what its connector proves itself with; the one before is gone. Both or neither.
    async fn add_rotation(&self, row: &RegisterRow, sealed: &[u8]) -> Result<bool, StoreError>;
}
