//! Persons at hand: a bounded cache in front of the store.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use uuid::Uuid;

use super::ids::{PersonId, Seq};
use super::person::Identity;

/// How many persons are kept at hand.
const KEPT: u64 = 20_000;
/// How long another node's change may stay unseen.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// Persons under their ids of today. An absorbed id is never kept, so it cannot outlive a change.
pub(super) struct Shelf {
    cache: Cache<PersonId, Kept>,
    /// Under which id a person may be kept whose eldest record this is. It may be somebody else's by now: an id is handed over
    /// when a link is removed.
    own: Cache<Seq, PersonId>,
    /// Goes up with every change, so that nothing read before a change is kept after it.
    changes: AtomicU64,
}

#[derive(Clone)]
struct Kept {
    eldest: Seq,
    identity: Identity,
}

impl Shelf {
    pub(super) fn new() -> Self {
        let cache = Cache::builder().max_capacity(KEPT).time_to_live(KEPT_FOR).build();
        Self { cache, own: Cache::new(KEPT), changes: AtomicU64::new(0) }
    }

    pub(super) fn get(&self, id: &PersonId) -> Option<Identity> {
        self.cache.get(id).map(|kept| kept.identity)
    }

    /// The person whose eldest record this is.
    pub(super) fn of_eldest(&self, record: Seq) -> Option<Identity> {
        let kept = self.cache.get(&self.own.get(&record)?);
        kept.filter(|kept| kept.eldest == record).map(|kept| kept.identity)
    }

    /// How many changes there have been; to be asked before reading what is to be kept.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Keeps persons that were read when the number of changes was `before`, by their eldest records.
    pub(super) fn keep(&self, before: u64, identities: &HashMap<Seq, Identity>) {
        for (eldest, identity) in identities {
            self.own.insert(*eldest, identity.id);
            let kept = Kept { eldest: *eldest, identity: identity.clone() };
            self.cache.insert(identity.id, kept);
            // Looked at after the insertion: whoever changes something counts first and forgets then.
            if self.changes() != before {
                self.cache.invalidate(&identity.id);
            }
        }
    }

    /// Forgets everybody.
    pub(super) fn clear(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.cache.invalidate_all();
    }

    /// Forgets persons after a change, by the own ids of all records that are or were of theirs.
    pub(super) fn forget(&self, own_ids: &[Uuid]) {
        if !own_ids.is_empty() {
            self.changes.fetch_add(1, Ordering::AcqRel);
            for own in own_ids {
                self.cache.invalidate(&PersonId::new(*own));
            }
        }
    }
}
