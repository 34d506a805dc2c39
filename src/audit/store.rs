//! What the log asks of a store.

use async_trait::async_trait;

use super::chain::{Point, Row};
use crate::identity::{PersonId, StoreError};

/// Where an entry stands among all entries by time: when, then chain and place.
pub type Place = (i64, i64, i64);

/// What is looked for in the log. What is `None` does not narrow.
#[derive(Clone, Default)]
pub struct Find {
    /// About one of these people; none of them when the list is empty.
    pub people: Option<Vec<PersonId>>,
    /// By this viewer.
    pub viewer: Option<String>,
    /// Not by viewers in these roles.
    pub not_in_roles: Vec<&'static str>,
    /// From when, in milliseconds since 1970-01-01T00:00Z.
    pub from_ms: Option<i64>,
    /// Until when; what happened at that moment is not in it.
    pub until_ms: Option<i64>,
    /// Only what stands behind this entry, from the newest to the oldest.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: usize,
}

/// Keeps entries.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// True when one process at most writes here, so that each continues the chain of the one before.
    fn has_one_writer(&self) -> bool;

    /// Adds entries, all or none. When this returns they outlast a power cut.
    async fn append(&self, rows: &[Row]) -> Result<(), StoreError>;

    /// The last entry of each chain, in order of the chains.
    async fn ends(&self) -> Result<Vec<Point>, StoreError>;

    /// The first entry of each chain, in order of the chains.
    async fn beginnings(&self) -> Result<Vec<Row>, StoreError>;

    /// At most so many entries behind an entry (chain, place), in order of chain and place.
    async fn behind(&self, after: (i64, i64), limit: usize) -> Result<Vec<Row>, StoreError>;

    /// What is looked for, the newest first.
    async fn find(&self, find: &Find) -> Result<Vec<Row>, StoreError>;

    /// Closes it.
    async fn close(&self);
}
