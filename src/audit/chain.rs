//! One entry as it is stored, and how it is chained to the one before it.

use aws_lc_rs::digest::{Context, SHA256};

use super::entry::{Body, Entry};
use super::error::AuditError;
use crate::identity::PersonId;

/// A SHA-256 or an HMAC with it.
pub type Hash = [u8; 32];

/// What is before the first entry of a chain.
pub(super) const BEGINNING: Hash = [0; 32];

/// One entry as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The chain, counted from 1: the only one, or where several nodes write one for each run of each.
    pub chain: i64,
    /// Its place in the chain, counted from 1.
    pub seq: i64,
    /// When, in milliseconds since 1970-01-01T00:00Z.
    pub at_ms: i64,
    /// The 16 bytes of the person's id; none for what is about nobody.
    pub person: Vec<u8>,
    /// Who, in the words of the issuer; empty for the gateway itself.
    pub viewer: String,
    /// All else, as JSON.
    pub body: String,
    /// Over the entry before it and all of the above.
    pub hash: Hash,
    /// That whoever holds the store's key wrote it.
    pub mac: Hash,
    /// A signature, on the last entry of each group that was written at once; else empty.
    pub seal: Vec<u8>,
}

/// An entry of a chain, by its place and its hash: stands for all entries up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The chain.
    pub chain: i64,
    /// The place; 0 before the first entry.
    pub seq: i64,
    /// The hash.
    pub hash: Hash,
}

impl Row {
    /// The row of an entry behind `after`, without anything that vouches for it.
    pub(super) fn behind(after: &Point, entry: &Entry) -> Self {
        let mut row = Self {
            chain: after.chain,
            seq: after.seq + 1,
            at_ms: entry.at_ms,
            person: entry
                .person
                .map(|person| person.as_uuid().as_bytes().to_vec())
                .unwrap_or_default(),
            viewer: entry.viewer.clone(),
            // Writing plain structs of texts as JSON to memory cannot fail.
            body: serde_json::to_string(&entry.body).unwrap_or_default(),
            hash: BEGINNING,
            mac: BEGINNING,
            seal: Vec::new(),
        };
        row.hash = row.hash_behind(&after.hash);
        row
    }

    /// What its hash must be behind an entry of that hash.
    pub(super) fn hash_behind(&self, before: &Hash) -> Hash {
        let mut context = Context::new(&SHA256);
        context.update(b"caregraph audit entry 1");
        context.update(before);
        for number in [self.chain, self.seq, self.at_ms] {
            context.update(&number.to_be_bytes());
        }
        // Each with its length, so that no two divisions of the same bytes look alike.
        for part in [&self.person[..], self.viewer.as_bytes(), self.body.as_bytes()] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut hash = BEGINNING;
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }

    /// Where it stands.
    pub fn point(&self) -> Point {
        Point { chain: self.chain, seq: self.seq, hash: self.hash }
    }

    /// What it says.
    pub fn entry(&self) -> Result<Entry, AuditError> {
        let unreadable = || AuditError::Unreadable { chain: self.chain, seq: self.seq };
        let body: Body = serde_json::from_str(&self.body).map_err(|_| unreadable())?;
        let person = match self.person.as_slice() {
            [] => None,
            bytes => Some(PersonId::new(uuid::Uuid::from_slice(bytes).map_err(|_| unreadable())?)),
        };
        Ok(Entry { at_ms: self.at_ms, person, viewer: self.viewer.clone(), body })
    }
}

/// It tells who saw whom: a debug print shows the place alone.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row({}, {})", self.chain, self.seq)
    }
}
