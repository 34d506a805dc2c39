//! Entries that were read before, for as long as it is known that nothing was written since.
//!
//! Whatever this node writes is known at once. What another node writes is known by a count in the store that goes up with
//! every change and is looked at four times a second. While nobody can say that the count was seen lately, nothing is taken
//! from here: a revoked consent is gone on every node within a second, or the store itself is asked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use tokio::sync::watch;

use super::entry::Entry;
use crate::identity::{Identity, PersonId, RecordKey};

/// How many records' entries are kept.
const KEPT: u64 = 100_000;

/// How often the store is asked whether anything changed.
pub(super) const LOOKS_EVERY: Duration = Duration::from_millis(250);

/// How long it is believed that nothing has changed since.
const SURE_FOR: Duration = Duration::from_millis(750);

/// How often anything has changed, as far as this node knows. What was read before a change is of an earlier era.
pub(super) type Era = u64;

/// How many people's entries are kept.
const PEOPLE: u64 = 20_000;

/// Entries by the record that they belong to, with the era in which they were read.
pub(super) struct Memory {
    entries: Cache<RecordKey, (Era, Arc<[Entry]>)>,
    /// All entries of a person, as long as the person has these records. Somebody may have hundreds of them.
    people: Cache<PersonId, Arc<OfPerson>>,
    era: watch::Sender<Era>,
    seen: Mutex<Option<Seen>>,
}

/// What was read of a person.
struct OfPerson {
    era: Era,
    records: Box<[RecordKey]>,
    entries: Vec<Entry>,
}

/// What the store counted last.
#[derive(Clone, Copy)]
struct Seen {
    count: i64,
    /// When it was asked.
    at: Instant,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            entries: Cache::new(KEPT),
            people: Cache::new(PEOPLE),
            era: watch::Sender::new(0),
            seen: Mutex::default(),
        }
    }
}

impl Memory {
    /// The present era, when it is certain; to be asked before anything is read that is to be kept.
    pub(super) fn era(&self) -> Option<Era> {
        self.era_at(Instant::now())
    }

    fn era_at(&self, now: Instant) -> Option<Era> {
        let seen = (*self.seen.lock().unwrap_or_else(PoisonError::into_inner))?;
        (now.saturating_duration_since(seen.at) < SURE_FOR).then(|| *self.era.borrow())
    }

    /// The entries about a record, if they were read in this era.
    pub(super) fn get(&self, era: Era, record: &RecordKey) -> Option<Arc<[Entry]>> {
        self.entries.get(record).filter(|(read_in, _)| *read_in == era).map(|(_, entries)| entries)
    }

    /// Keeps the entries about a record that were read in that era.
    pub(super) fn keep(&self, era: Era, record: RecordKey, entries: Arc<[Entry]>) {
        self.entries.insert(record, (era, entries));
    }

    /// All entries about a person, if they were read in this era and of the very records that the person has now.
    pub(super) fn of_person(&self, era: Era, person: &Identity) -> Option<Vec<Entry>> {
        let known = self.people.get(&person.id)?;
        let has_these = known.records.iter().eq(person.links.iter().map(|link| &link.record));
        (known.era == era && has_these).then(|| known.entries.clone())
    }

    /// Keeps all entries about a person that were read in that era.
    pub(super) fn keep_person(&self, era: Era, person: &Identity, entries: &[Entry]) {
        let records = person.links.iter().map(|link| link.record).collect();
        let of_person = OfPerson { era, records, entries: entries.to_vec() };
        self.people.insert(person.id, Arc::new(of_person));
    }

    /// Begins another era: something was written, or may have been.
    pub(super) fn change(&self) {
        self.era.send_modify(|era| *era += 1);
    }

    /// Notes how often the store has changed, as it said when it was asked at `at`.
    pub(super) fn look(&self, count: i64, at: Instant) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_none_or(|before| before.count != count) {
            self.change();
        }
        *seen = Some(Seen { count, at });
    }

    /// Tells each new era.
    pub(super) fn follow(&self) -> watch::Receiver<Era> {
        self.era.subscribe()
    }
}

/// Begins another era when it ends, however it ends: whoever writes may go away before the store has answered.
pub(super) struct Writing<'m>(pub(super) &'m Memory);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.change();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: RecordKey = RecordKey::new([7; 16]);

    fn kept(memory: &Memory) -> bool {
        memory.era().is_some_and(|era| memory.get(era, &RECORD).is_some())
    }

    #[test]
    fn nothing_is_taken_until_the_store_has_been_looked_at() {
        let memory = Memory::default();
        memory.keep(0, RECORD, Arc::default());
        assert!(!kept(&memory));
        memory.look(4, Instant::now());
        // What was read before the first look may be older than what was counted.
        assert!(!kept(&memory));
        memory.keep(memory.era().unwrap(), RECORD, Arc::default());
        assert!(kept(&memory));
    }

    #[test]
    fn whatever_is_written_here_or_elsewhere_ends_it() {
        let memory = Memory::default();
        memory.look(4, Instant::now());
        for change in [(|it| it.change()) as fn(&Memory), |it| it.look(5, Instant::now())] {
            memory.keep(memory.era().unwrap(), RECORD, Arc::default());
            assert!(kept(&memory));
            let before = memory.era().unwrap();
            change(&memory);
            assert!(!kept(&memory));
            // Whoever was reading meanwhile may have read what was there before.
            memory.keep(before, RECORD, Arc::default());
            assert!(!kept(&memory));
        }
        memory.keep(memory.era().unwrap(), RECORD, Arc::default());
        memory.look(5, Instant::now());
        assert!(kept(&memory));
    }

    #[test]
    fn a_store_that_was_not_seen_lately_is_asked_itself() {
        let (memory, now) = (Memory::default(), Instant::now());
        memory.look(4, now);
        assert!(memory.era_at(now + SURE_FOR.mul_f32(0.9)).is_some());
        assert!(memory.era_at(now + SURE_FOR).is_none());
    }

    #[test]
    fn whoever_goes_away_while_writing_leaves_nothing_old() {
        let memory = Memory::default();
        memory.look(4, Instant::now());
        let news = memory.follow();
        memory.keep(memory.era().unwrap(), RECORD, Arc::default());
        drop(Writing(&memory));
        assert!(!kept(&memory));
        assert!(news.has_changed().unwrap());
    }
}
