//! An entry with its history, and what entries make of a person's standing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fact::{Fact, Kind};
use super::{LedgerError, LedgerRow};
use crate::access::{Attested, Standing};
use crate::identity::{Identity, PersonId, RecordKey, Sealer, now_ms};

/// An entry with its history.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub fact: Fact,
    /// Where it comes from.
    pub history: History,
}

/// Where an entry comes from, and whether it still holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// When it was recorded, in milliseconds since 1970-01-01T00:00Z.
    pub recorded_ms: i64,
    /// By whom.
    pub recorded_by: String,
    /// When it was revoked, and by whom.
    pub revoked: Option<(i64, String)>,
    /// Our id of the patient at that time. It names them to auditors, as the audit log does; what holds of whom is told by
    /// the records alone.
    #[serde(default)]
    person: Option<String>,
    /// The records that the patient had, in the text of their keys.
    records: Vec<String>,
}

/// An entry as it is sealed.
#[derive(Serialize, Deserialize)]
struct Written<F> {
    #[serde(flatten)]
    fact: F,
    #[serde(flatten)]
    history: History,
}

impl Entry {
    /// What `by` records about a person now.
    pub(super) fn new(person: &Identity, fact: Fact, by: &str) -> Self {
        let history = History {
            recorded_ms: now_ms(),
            recorded_by: by.to_owned(),
            revoked: None,
            person: Some(person.id.as_uuid().to_string()),
            records: person.links.iter().map(|link| link.record.to_text()).collect(),
        };
        Self { id: Uuid::new_v4(), fact, history }
    }

    /// Seals it for the store.
    pub(super) fn seal(&self, sealer: &Sealer) -> Result<LedgerRow, LedgerError> {
        let history = self.history.clone();
        let plain = match &self.fact {
            Fact::Consent(fact) => serde_json::to_vec(&Written { fact, history }),
            Fact::Relation(fact) => serde_json::to_vec(&Written { fact, history }),
            Fact::BreakGlass(fact) => serde_json::to_vec(&Written { fact, history }),
            Fact::Lookup(fact) => serde_json::to_vec(&Written { fact, history }),
        };
        let kind = self.fact.kind().name().to_owned();
        Ok(LedgerRow { id: self.id, kind, sealed: sealer.seal(self.id.as_bytes(), &plain?)? })
    }

    /// Opens what the store holds.
    pub(super) fn open(row: &LedgerRow, sealer: &Sealer) -> Result<Self, LedgerError> {
        let plain = sealer.open(row.id.as_bytes(), &row.sealed)?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == row.kind);
        let (fact, history) = match kind.ok_or(LedgerError::UnknownKind)? {
            Kind::Consent => read(&plain, Fact::Consent),
            Kind::Relation => read(&plain, Fact::Relation),
            Kind::BreakGlass => read(&plain, Fact::BreakGlass),
            Kind::Lookup => read(&plain, Fact::Lookup),
        }?;
        Ok(Self { id: row.id, fact, history })
    }

    /// True when it was made about somebody who had one of this person's records.
    pub fn is_about(&self, person: &Identity) -> bool {
        person.links.iter().any(|link| self.history.records.contains(&link.record.to_text()))
    }

    /// Our id of the patient when it was made.
    pub fn person(&self) -> Option<PersonId> {
        self.history.person.as_deref().and_then(PersonId::parse)
    }

    /// The records that the patient had when it was made, as far as their keys can be read.
    pub fn records(&self) -> Vec<RecordKey> {
        self.history.records.iter().filter_map(|text| RecordKey::parse(text)).collect()
    }

    /// True when it holds of this person.
    pub fn holds_of(&self, person: &Identity) -> bool {
        let has =
            |record: &String| person.links.iter().any(|link| link.record.to_text() == *record);
        self.history.revoked.is_none()
            && if self.fact.closes() {
                self.is_about(person)
            } else {
                self.history.records.iter().all(has)
            }
    }

    pub(super) fn age(&self) -> (i64, Uuid) {
        (self.history.recorded_ms, self.id)
    }
}

fn read<F: for<'d> Deserialize<'d>>(
    plain: &[u8],
    fact: fn(F) -> Fact,
) -> Result<(Fact, History), serde_json::Error> {
    let written: Written<F> = serde_json::from_slice(plain)?;
    Ok((fact(written.fact), written.history))
}

/// The entries of all of a person's records, each once.
pub(super) fn entries(
    person: &Identity,
    of_record: &BTreeMap<RecordKey, Arc<[Entry]>>,
) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    for entry in person
        .links
        .iter()
        .filter_map(|link| of_record.get(&link.record))
        .flat_map(|of_record| of_record.iter())
    {
        if !found.iter().any(|known| known.id == entry.id) {
            found.push(entry.clone());
        }
    }
    found.sort_by_key(Entry::age);
    found
}

pub(super) fn standing(person: &Identity, entries: Vec<Entry>) -> Standing {
    let mut standing = Standing::default();
    for entry in entries.into_iter().filter(|entry| entry.holds_of(person)) {
        match entry.fact {
            Fact::Consent(consent) => standing.directives.push(consent.directive),
            Fact::Relation(relation) => {
                let at_ms = entry.history.recorded_ms;
                standing.relations.push(Attested { relation, at_ms });
            }
            Fact::BreakGlass(glass) => standing.broken.push(glass),
            // It shows nobody anything: whoever may see the patient may see what is linked.
            Fact::Lookup(_) => {}
        }
    }
    standing
}
