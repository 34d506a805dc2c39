//! What this node keeps in its own memory, bounded by bytes.

use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic, SystemTime};

use caregraph_connectors::record::Section;
use caregraph_connectors::{LocalId, Problem, Share, Validator};
use moka::Expiry;
use moka::sync::Cache;
use tokio::time::Instant;

use super::CacheKey;
use super::floors::Floors;
use crate::gather::Said;
use crate::identity::SourceId;

/// What an entry costs beside its records: the key, the counters of the cache, the allocations that hold it all.
const OVERHEAD: usize = 400;

/// What a shared record costs beside the record itself.
const PER_RECORD: usize = size_of::<Said>() + 40;

/// All that a source said of one patient in one section.
pub(in crate::gather) struct Known {
    pub(in crate::gather) records: Vec<Said>,
    pub(in crate::gather) withdrawn: u32,
    /// When it said so, or last said that nothing has changed.
    pub(in crate::gather) fetched_at: SystemTime,
    /// When the source was asked for it: what is written there later is not in it.
    pub(super) asked_at: Instant,
    /// When it was last read in full.
    pub(super) read_at: SystemTime,
    /// By what the source can be asked whether it still holds.
    pub(super) validator: Option<Validator>,
    /// Since when the source itself does not know what has changed, if it says so.
    pub(super) as_of: Option<SystemTime>,
}

impl Known {
    pub(in crate::gather) fn new(share: Share, asked_at: Instant, fetched_at: SystemTime) -> Self {
        let (withdrawn, validator, as_of) = (share.withdrawn, share.validator, share.as_of);
        let records = share.records.into_iter().map(Said::from).collect();
        Self { records, withdrawn, fetched_at, asked_at, read_at: fetched_at, validator, as_of }
    }

    /// The same, as the source said it.
    pub(in crate::gather) fn share(&self) -> Share {
        let records = self.records.iter().map(|said| (**said).clone()).collect();
        let (withdrawn, validator, as_of) = (self.withdrawn, self.validator.clone(), self.as_of);
        Share { records, problem: None, withdrawn, validator, as_of }
    }

    /// Since when nobody knows what has changed: what is shown as its time. How long it is kept does not follow from that,
    /// since asking the source again brings nothing newer.
    pub(in crate::gather) fn told_at(&self) -> SystemTime {
        self.as_of.map_or(self.fetched_at, |as_of| as_of.min(self.fetched_at))
    }

    /// The same, which the source has just said to hold still.
    pub(super) fn confirmed(
        &self,
        as_of: Option<SystemTime>,
        asked_at: Instant,
        fetched_at: SystemTime,
    ) -> Self {
        let (records, validator) = (self.records.clone(), self.validator.clone());
        Self { records, fetched_at, asked_at, validator, as_of, ..*self }
    }

    /// How old it is, by whichever clock says more: the steady one stands still while a machine sleeps, the other one may
    /// be set back.
    pub(super) fn age(&self) -> Duration {
        self.age_at(Instant::now(), SystemTime::now())
    }

    fn age_at(&self, now: Instant, by_the_wall: SystemTime) -> Duration {
        let by_the_wall = by_the_wall.duration_since(self.fetched_at).unwrap_or_default();
        now.saturating_duration_since(self.asked_at).max(by_the_wall)
    }

    fn weight(&self) -> usize {
        let validator = self.validator.as_ref().map_or(0, |it| it.as_str().len());
        validator + self.records.iter().map(|said| said.weight() + PER_RECORD).sum::<usize>()
    }
}

/// A source that failed when it was asked last.
#[derive(Clone)]
pub(super) struct Failure {
    pub(super) problem: Problem,
    pub(super) at: Instant,
    /// It said nothing at all; what it says in part is worth asking for again.
    pub(super) said_nothing: bool,
}

/// What is known under a key.
#[derive(Clone, Default)]
pub(super) struct Entry {
    pub(super) known: Option<Arc<Known>>,
    pub(super) failure: Option<Failure>,
    /// How long it is of any use.
    pub(super) keep_for: Duration,
}

impl Entry {
    /// When the source was asked for the oldest of it.
    fn asked_at(&self) -> Option<Instant> {
        let known = self.known.as_ref().map(|known| known.asked_at);
        let failed = self.failure.as_ref().map(|failure| failure.at);
        known.into_iter().chain(failed).min()
    }
}

/// The memory tier.
pub(super) struct Memory {
    entries: Cache<CacheKey, Arc<Entry>>,
    floors: Floors,
}

impl Memory {
    /// A memory of at most so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let weigher = |key: &CacheKey, entry: &Arc<Entry>| {
            let known = entry.known.as_ref().map_or(0, |known| known.weight());
            let name = LocalId::as_str(&key.patient).len() + key.source.as_str().len();
            u32::try_from(known + name + OVERHEAD).unwrap_or(u32::MAX)
        };
        let entries = Cache::builder().weigher(weigher).max_capacity(bytes);
        Self { entries: entries.expire_after(Leaves).build(), floors: Floors::default() }
    }

    pub(super) fn get(&self, key: &CacheKey) -> Option<Arc<Entry>> {
        let entry = self.entries.get(key)?;
        let is_outdated = entry.asked_at().is_some_and(|at| self.outdates(key, at));
        (!is_outdated).then_some(entry)
    }

    /// Whether what the source was asked for then was forgotten with all of it.
    pub(super) fn outdates(&self, key: &CacheKey, asked_at: Instant) -> bool {
        self.floors.outdate(key, asked_at)
    }

    /// Forgets all that a source was asked for until now, in one section or in all.
    pub(super) fn raise(&self, source: &SourceId, section: Option<Section>) {
        self.floors.raise(source, section);
    }

    pub(super) fn put(&self, key: &CacheKey, entry: Entry) {
        self.entries.insert(key.clone(), Arc::new(entry));
    }

    pub(super) fn remove(&self, key: &CacheKey) {
        self.entries.invalidate(key);
    }

    /// Removes where a source refused us, and tells where that was.
    pub(super) fn remove_refusals(&self, source: &SourceId) -> Vec<CacheKey> {
        let is_refusal = |entry: &Entry| {
            let problem = entry.failure.as_ref().map(|failure| &failure.problem);
            matches!(problem, Some(Problem::Unauthorized))
        };
        let all = self.entries.iter().filter(|(key, _)| key.source == *source);
        let refused = all.filter(|(_, entry)| is_refusal(entry));
        let keys: Vec<CacheKey> = refused.map(|(key, _)| CacheKey::clone(&key)).collect();
        for key in &keys {
            self.remove(key);
        }
        keys
    }

    pub(super) fn clear(&self) {
        self.entries.invalidate_all();
    }

    /// How many bytes it holds, and how many entries.
    pub(super) fn size(&self) -> (u64, u64) {
        self.entries.run_pending_tasks();
        (self.entries.weighted_size(), self.entries.entry_count())
    }
}

/// When an entry gives its bytes back. Whether it may be shown is decided by its windows, each time.
struct Leaves;

impl Expiry<CacheKey, Arc<Entry>> for Leaves {
    fn expire_after_create(
        &self,
        _: &CacheKey,
        entry: &Arc<Entry>,
        _: Monotonic,
    ) -> Option<Duration> {
        Some(entry.keep_for)
    }

    fn expire_after_update(
        &self,
        _: &CacheKey,
        entry: &Arc<Entry>,
        _: Monotonic,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.keep_for)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_never_younger_than_the_steady_clock_says_wherever_the_other_one_jumps() {
        let (asked_at, fetched_at) = (Instant::now(), SystemTime::now());
        let known = Known::new(Share::default(), asked_at, fetched_at);
        let (minute, hour) = (Duration::from_mins(1), Duration::from_hours(1));
        let later = asked_at + minute;
        assert_eq!(known.age_at(later, fetched_at + minute), minute);
        assert_eq!(known.age_at(later, fetched_at + minute - hour), minute, "set back");
        assert_eq!(known.age_at(later, fetched_at + minute + hour), minute + hour, "set on");
        // While a machine sleeps, the steady clock stands still.
        assert_eq!(known.age_at(asked_at, fetched_at + hour), hour);
    }
}
