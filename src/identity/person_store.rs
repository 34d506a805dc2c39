//! What the index needs of a store. The index decides; the store remembers.
//!
//! Every list given or returned is bounded by the caller. Lists come back in no order; "the next" and "the first"
//! say which are in them.

use async_trait::async_trait;
use uuid::Uuid;

use super::error::StoreError;
use super::ids::{RecordKey, Seq, SourceId};
use super::seal::Mac;

/// How far the first reading of a source has come. The order matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Its records are being stored; they are neither looked up nor linked.
    #[default]
    Reading = 0,
    /// All its records are stored, and their keys are being written.
    Indexing = 1,
    /// All its keys are written, so it is known which are ambiguous, and its records are being linked.
    Linking = 2,
    /// Done; from here on changes are taken in one by one.
    Done = 3,
}

/// What is remembered of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// Our number for it.
    pub number: i64,
    /// Its configured id.
    pub id: SourceId,
    /// How far its first reading has come.
    pub phase: Phase,
    /// When the last reading that came to its end began.
    pub read_from_ms: Option<i64>,
    /// When the last full reading that came to its end began.
    pub full_from_ms: Option<i64>,
    /// How many of its records are linked to a person.
    pub people: i64,
}

impl SourceRow {
    /// True for a source that lists nobody, whose patients are looked up one by one. Of one that lists them it is known
    /// since when, once its changes are taken in.
    pub fn is_looked_up(&self) -> bool {
        self.phase == Phase::Done && self.full_from_ms.is_none()
    }
}

/// A stored record.
#[derive(Clone)]
pub struct RecordRow {
    /// Its place in the order of arrival.
    pub seq: Seq,
    /// The number of its source.
    pub source: i64,
    /// Its name.
    pub record: RecordKey,
    /// Its own id, which names the person when it is the eldest of the person's records.
    pub own: Uuid,
    /// False when the source has retired it.
    pub active: bool,
    /// Hash of its content.
    pub content: Mac,
    /// Its link keys, packed.
    pub keys: Vec<u8>,
    /// What is kept of it, sealed.
    pub sealed: Vec<u8>,
}

/// To which person a record belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The record.
    pub seq: Seq,
    /// The eldest record of the person.
    pub person: Seq,
    /// What links it, packed; 0 when it is alone.
    pub reason: i64,
    /// When it was linked.
    pub linked_at_ms: i64,
}

/// A record together with its place in a person.
#[derive(Clone)]
pub struct MemberRow {
    /// Its place in a person.
    pub member: Member,
    /// The number of its source.
    pub source: i64,
    /// Its name.
    pub record: RecordKey,
    /// Its own id.
    pub own: Uuid,
    /// What is kept of it, sealed.
    pub sealed: Vec<u8>,
}

/// Where a record is now.
#[derive(Clone, Copy, Debug)]
pub struct Whereabouts {
    /// Its own id.
    pub own: Uuid,
    /// The record.
    pub seq: Seq,
    /// The eldest record of its person; for a retired one, of the person that it last belonged to.
    pub person: Option<Seq>,
    /// True while it is active and linked.
    pub present: bool,
}

/// A link that an administrator removed.
#[derive(Clone)]
pub struct RemovalRow {
    /// Its number, in order of time.
    pub number: i64,
    /// The record that was taken out.
    pub record: RecordKey,
    /// The number of its source.
    pub source: i64,
    /// When.
    pub at_ms: i64,
    /// By whom and why, sealed.
    pub sealed: Vec<u8>,
}

/// The order of ids in a store, which keeps them as two whole numbers.
pub fn id_order(id: &Uuid) -> [i64; 2] {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
    let (high, low) = id.as_bytes().split_at(8);
    [number(high), number(low)]
}

/// Reading, and the beginning of a change.
#[async_trait]
pub trait PersonStore: Send + Sync + 'static {
    /// Makes the sources known, and notes which key the store is written with. The key check that was noted
    /// first comes back: if it differs, nothing else was done.
    async fn register(&self, key_check: &Mac, sources: &[SourceId]) -> Result<Vec<u8>, StoreError>;
    /// All sources ever registered.
    async fn sources(&self) -> Result<Vec<SourceRow>, StoreError>;
    /// Names and numbers of all identifier systems.
    async fn systems(&self) -> Result<Vec<(String, i64)>, StoreError>;
    /// Begins a change. Changes of all nodes take turns. Dropped without a commit, it never was.
    async fn begin(&self) -> Result<Box<dyn PersonWrite>, StoreError>;
    /// Begins a change of the one node that reads the rosters, and keeps that right for `holder` until `until_ms`.
    /// `None` when another node holds it beyond `now_ms`.
    async fn begin_as_keeper(
        &self,
        holder: &str,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<Option<Box<dyn PersonWrite>>, StoreError>;
    /// Gives that right up, if `holder` has it.
    async fn hand_over(&self, holder: &str) -> Result<(), StoreError>;

    /// Where the records are whose own ids these are.
    async fn locate(&self, own: &[Uuid]) -> Result<Vec<Whereabouts>, StoreError>;
    /// Where these records are.
    async fn locate_records(&self, records: &[Seq]) -> Result<Vec<Whereabouts>, StoreError>;
    /// The records of these names.
    async fn records_named(&self, names: &[RecordKey]) -> Result<Vec<RecordRow>, StoreError>;
    /// The retired records that last belonged to a person of which one of these was the eldest record.
    async fn retired_into(&self, eldest: &[Seq]) -> Result<Vec<Whereabouts>, StoreError>;
    /// All records of these persons.
    async fn members(&self, persons: &[Seq]) -> Result<Vec<MemberRow>, StoreError>;
    /// Up to `limit` linked records that bear one of these keys.
    async fn records_bearing(
        &self,
        keys: &[Mac],
        limit: usize,
    ) -> Result<Vec<MemberRow>, StoreError>;
    /// The first `limit` linked records, in order of arrival, that have every one of these terms.
    async fn with_terms(&self, terms: &[Mac], limit: usize) -> Result<Vec<MemberRow>, StoreError>;
    /// The next persons after the one of the id `after`, in the order of [`id_order`]: their ids, and their eldest
    /// records. Ids are random, so the order tells nothing of where and when somebody became known.
    async fn persons_after(
        &self,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<(Uuid, Seq)>, StoreError>;
    /// The same of those who have a record in one of these sources.
    async fn persons_in_after(
        &self,
        sources: &[i64],
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<(Uuid, Seq)>, StoreError>;
    /// The next records after `after` that are linked to another, in the order of arrival.
    async fn linked_after(&self, after: Seq, limit: usize) -> Result<Vec<MemberRow>, StoreError>;
    /// The next active records of a source after `after`, in the order of arrival.
    async fn records_after(
        &self,
        source: i64,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<RecordRow>, StoreError>;
    /// The sequences of the next active records of a source after `after`, in the order of arrival.
    async fn active_after(
        &self,
        source: i64,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Seq>, StoreError>;
    /// All removals.
    async fn removals(&self) -> Result<Vec<RemovalRow>, StoreError>;
}

/// One change, all or nothing.
#[async_trait]
pub trait PersonWrite: Send {
    /// All sources, as this change sees them.
    async fn sources(&mut self) -> Result<Vec<SourceRow>, StoreError>;
    /// Rewrites what is remembered of a source, but for the number of people.
    async fn put_source(&mut self, source: &SourceRow) -> Result<(), StoreError>;
    /// Adds to the number of people of a source.
    async fn count_people(&mut self, source: i64, change: i64) -> Result<(), StoreError>;
    /// Gives a number to each of these identifier systems that has none.
    async fn add_systems(&mut self, systems: &[String]) -> Result<(), StoreError>;

    /// The last sequence given out.
    async fn last_seq(&mut self) -> Result<Seq, StoreError>;
    /// The records of these names.
    async fn records_named(&mut self, names: &[RecordKey]) -> Result<Vec<RecordRow>, StoreError>;
    /// These records.
    async fn records(&mut self, records: &[Seq]) -> Result<Vec<RecordRow>, StoreError>;
    /// Adds records, or rewrites the content of known ones.
    async fn put_records(&mut self, records: &[RecordRow]) -> Result<(), StoreError>;

    /// Makes records known under their own ids; an id that another record had is taken from it.
    async fn add_own_ids(&mut self, own: &[(Uuid, Seq)]) -> Result<(), StoreError>;
    /// Writes that these records of a source bear these keys.
    async fn add_keys(&mut self, source: i64, keys: &[(Mac, Seq)]) -> Result<(), StoreError>;
    /// Takes keys away.
    async fn drop_keys(&mut self, source: i64, keys: &[(Mac, Seq)]) -> Result<(), StoreError>;
    /// For each of these keys that records of two sources bear: the records that are alone in their source in
    /// bearing it. Only the given sources count.
    async fn sole_bearers(
        &mut self,
        keys: &[Mac],
        sources: &[i64],
    ) -> Result<Vec<(Mac, Seq)>, StoreError>;
    /// Writes that these records have these terms.
    async fn add_terms(&mut self, terms: &[(Mac, Seq)]) -> Result<(), StoreError>;
    /// Takes terms away.
    async fn drop_terms(&mut self, terms: &[(Mac, Seq)]) -> Result<(), StoreError>;

    /// The places of all records that are of the same persons as these, themselves included.
    async fn companions(&mut self, records: &[Seq]) -> Result<Vec<Member>, StoreError>;
    /// Writes places.
    async fn put_members(&mut self, members: &[Member]) -> Result<(), StoreError>;
    /// Takes records out of their persons.
    async fn drop_members(&mut self, records: &[Seq]) -> Result<(), StoreError>;
    /// Notes to which person a retired record belonged: record, eldest record of the person.
    async fn put_heirs(&mut self, heirs: &[(Seq, Seq)]) -> Result<(), StoreError>;
    /// Forgets such notes.
    async fn drop_heirs(&mut self, records: &[Seq]) -> Result<(), StoreError>;

    /// All separated pairs in which one of these records is the elder.
    async fn separations(&mut self, records: &[Seq]) -> Result<Vec<(Seq, Seq)>, StoreError>;
    /// Separates `record` from `others` for good; `sealed` says by whom and why.
    async fn add_removal(
        &mut self,
        record: Seq,
        others: &[Seq],
        at_ms: i64,
        sealed: &[u8],
    ) -> Result<(), StoreError>;

    /// Makes the change visible.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
