//! By which of their records people may be found.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::circle::Circle;
use super::ids::RecordKey;
use super::person::Identity;

/// Says, for whoever asks, by which of their records people may be found. What a record says must not lead anybody to
/// a person who may not know that there is such a record.
#[async_trait]
pub trait Sight: Send + Sync {
    /// For each of these people, in their order: the records by which they may be found. None: for whoever asks there
    /// is no such person.
    async fn findable(&self, people: &[Identity]) -> Result<Vec<BTreeSet<RecordKey>>, Blind>;

    /// In which circle all are whom it lets be found, so that nobody else need be looked at to list them; `None` when
    /// anybody may be one of them.
    async fn circle(&self) -> Result<Option<Circle>, Blind> {
        Ok(None)
    }
}

/// It cannot be known who may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blind;

/// Everybody may be found by everything.
#[derive(Clone, Copy, Debug)]
pub struct Everything;

#[async_trait]
impl Sight for Everything {
    async fn findable(&self, people: &[Identity]) -> Result<Vec<BTreeSet<RecordKey>>, Blind> {
        let records = |person: &Identity| {
            person.links.iter().map(|link| link.record).collect::<BTreeSet<_>>()
        };
        Ok(people.iter().map(records).collect())
    }
}
