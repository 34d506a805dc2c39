//! What patients decided about their own data: recorded, found again, revoked.
//!
//! A directive belongs to the *records* that a patient had when it was made, not to our id of them: ids come and go as
//! records are linked and unlinked. A denial holds for whoever has one of these records; a permit for whoever has all
//! of them, so that it never reaches a record that turned out to be somebody else's.

mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::{Directive, Verdict};
use crate::identity::{Identity, RecordKey, SealError, Sealer, StoreError, StoreKey, now_ms};

pub use store::{ConsentRow, ConsentStore};

/// Why directives could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// There is no such directive.
    #[error("there is no such directive")]
    NoSuch,
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// A stored directive cannot be opened.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// A stored directive cannot be understood.
    #[error("a stored directive cannot be understood: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// A directive with its history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Consent {
    /// Its id.
    #[serde(skip)]
    pub id: Uuid,
    /// What was decided.
    pub directive: Directive,
    /// On what it rests: where the signed document is filed.
    pub basis: String,
    /// When it was recorded, in milliseconds since 1970-01-01T00:00Z.
    pub recorded_ms: i64,
    /// By whom.
    pub recorded_by: String,
    /// When it was revoked, and by whom.
    pub revoked: Option<(i64, String)>,
    /// The records that the patient had, in the text of their keys.
    records: Vec<String>,
}

/// The directives of all patients. Nothing of them is kept in memory: what is revoked is gone with the next decision,
/// on every node.
pub struct ConsentBook {
    store: Arc<dyn ConsentStore>,
    sealer: Sealer,
}

impl ConsentBook {
    /// Opens the book.
    pub fn new(store: Arc<dyn ConsentStore>, key: &StoreKey) -> Result<Self, ConsentError> {
        Ok(Self { store, sealer: Sealer::new(key)? })
    }

    /// All directives of each of these people, the oldest first, revoked ones too.
    pub async fn of(&self, people: &[&Identity]) -> Result<Vec<Vec<Consent>>, ConsentError> {
        let mut keys: Vec<RecordKey> =
            people.iter().flat_map(|person| &person.links).map(|link| link.record).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(vec![Vec::new(); people.len()]);
        }
        let mut of_record: BTreeMap<RecordKey, Vec<Consent>> = BTreeMap::new();
        for (record, row) in self.store.consents_of(&keys).await? {
            of_record.entry(record).or_default().push(self.open(&row)?);
        }
        Ok(people.iter().map(|person| consents(person, &of_record)).collect())
    }

    /// What holds of each of these people now.
    pub async fn in_force(
        &self,
        people: &[&Identity],
    ) -> Result<Vec<Vec<Directive>>, ConsentError> {
        let all = self.of(people).await?;
        let in_force = people.iter().zip(all).map(|(person, consents)| {
            consents
                .into_iter()
                .filter(|consent| consent.revoked.is_none() && consent.holds_of(person))
                .map(|consent| consent.directive)
                .collect()
        });
        Ok(in_force.collect())
    }

    /// Records a directive.
    pub async fn record(
        &self,
        person: &Identity,
        directive: Directive,
        basis: String,
        by: &str,
    ) -> Result<Consent, ConsentError> {
        let records: Vec<RecordKey> = person.links.iter().map(|link| link.record).collect();
        let consent = Consent {
            id: Uuid::new_v4(),
            directive,
            basis,
            recorded_ms: now_ms(),
            recorded_by: by.to_owned(),
            revoked: None,
            records: records.iter().map(RecordKey::to_text).collect(),
        };
        self.store.add_consent(&self.seal(&consent)?, &records).await?;
        Ok(consent)
    }

    /// The directive of that id.
    pub async fn get(&self, id: Uuid) -> Result<Consent, ConsentError> {
        let row = self.store.consent(id).await?.ok_or(ConsentError::NoSuch)?;
        self.open(&row)
    }

    /// Revokes a directive for good; one that is revoked already stays as it is.
    pub async fn revoke(&self, id: Uuid, by: &str) -> Result<Consent, ConsentError> {
        let mut consent = self.get(id).await?;
        if consent.revoked.is_none() {
            consent.revoked = Some((now_ms(), by.to_owned()));
            self.store.replace_consent(&self.seal(&consent)?).await?;
        }
        Ok(consent)
    }

    fn seal(&self, consent: &Consent) -> Result<ConsentRow, ConsentError> {
        let plain = serde_json::to_vec(consent)?;
        Ok(ConsentRow { id: consent.id, sealed: self.sealer.seal(consent.id.as_bytes(), &plain)? })
    }

    fn open(&self, row: &ConsentRow) -> Result<Consent, ConsentError> {
        let plain = self.sealer.open(row.id.as_bytes(), &row.sealed)?;
        Ok(Consent { id: row.id, ..serde_json::from_slice(&plain)? })
    }
}

impl Consent {
    /// True when it was made by somebody who had one of this person's records.
    pub fn is_about(&self, person: &Identity) -> bool {
        person.links.iter().any(|link| self.records.contains(&link.record.to_text()))
    }

    /// True when it binds this person's data.
    fn holds_of(&self, person: &Identity) -> bool {
        let has =
            |record: &String| person.links.iter().any(|link| link.record.to_text() == *record);
        match self.directive.verdict {
            Verdict::Deny => self.is_about(person),
            Verdict::Permit => self.records.iter().all(has),
        }
    }
}

/// The directives of all of a person's records, each once.
fn consents(person: &Identity, of_record: &BTreeMap<RecordKey, Vec<Consent>>) -> Vec<Consent> {
    let mut found: Vec<Consent> = Vec::new();
    for consent in person.links.iter().filter_map(|link| of_record.get(&link.record)).flatten() {
        if !found.iter().any(|known| known.id == consent.id) {
            found.push(consent.clone());
        }
    }
    found.sort_by_key(|consent| (consent.recorded_ms, consent.id));
    found
}
