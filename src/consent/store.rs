//! What the book of consents asks of a store.

use async_trait::async_trait;
use uuid::Uuid;

use crate::identity::{RecordKey, StoreError};

/// A sealed directive.
#[derive(Clone, Debug)]
pub struct ConsentRow {
    /// Its id.
    pub id: Uuid,
    /// What it says, sealed for this id alone.
    pub sealed: Vec<u8>,
}

/// Keeps sealed directives and by which records they are found.
#[async_trait]
pub trait ConsentStore: Send + Sync {
    /// The directives of these records, each beside a record that it belongs to.
    async fn consents_of(
        &self,
        records: &[RecordKey],
    ) -> Result<Vec<(RecordKey, ConsentRow)>, StoreError>;

    /// One directive.
    async fn consent(&self, id: Uuid) -> Result<Option<ConsentRow>, StoreError>;

    /// Adds a directive that is found by these records.
    async fn add_consent(&self, row: &ConsentRow, records: &[RecordKey]) -> Result<(), StoreError>;

    /// Replaces what a directive says.
    async fn replace_consent(&self, row: &ConsentRow) -> Result<(), StoreError>;
}
