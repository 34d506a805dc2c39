//! What was recorded about who may see a patient: what the patient decided, who stands in which relation to them, and
//! who broke the glass. Recorded, found again, ended.
//!
//! An entry belongs to the *records* that a patient had when it was made, not to our id of them: ids come and go as
//! records are linked and unlinked. What closes holds for whoever has one of these records; what opens, for whoever has
//! all of them, so that it never reaches a record that turned out to be somebody else's.

mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::{Attested, BreakGlass, Directive, Relation, Standing, Verdict};
use crate::identity::{
    Identity, Mac, MacOf, PersonId, RecordKey, SealError, Sealer, StoreError, StoreKey, now_ms,
};

pub use store::{LedgerRow, LedgerStore};

/// Why entries could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no such entry.
    #[error("there is no such entry")]
    NoSuch,
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// A stored entry cannot be opened.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// A stored entry cannot be understood.
    #[error("a stored entry cannot be understood: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A stored entry is of a kind that nobody knows.
    #[error("a stored entry is of an unknown kind")]
    UnknownKind,
}

/// What a patient decided, and on what that rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What was decided.
    pub directive: Directive,
    /// On what it rests: where the signed document is filed.
    pub basis: String,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// What the patient decided.
    Consent(Consent),
    /// Who stands in which relation to them.
    Relation(Relation),
    /// That somebody broke the glass.
    BreakGlass(BreakGlass),
}

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

/// The entries about all patients. Nothing of them is kept in memory: what is revoked is gone with the next decision,
/// on every node.
pub struct Ledger {
    store: Arc<dyn LedgerStore>,
    sealer: Sealer,
}

impl Ledger {
    /// Opens the ledger.
    pub fn new(store: Arc<dyn LedgerStore>, key: &StoreKey) -> Result<Self, LedgerError> {
        Ok(Self { store, sealer: Sealer::new(key)? })
    }

    /// All entries about each of these people, the oldest first, revoked ones too.
    pub async fn of(&self, people: &[&Identity]) -> Result<Vec<Vec<Entry>>, LedgerError> {
        let mut keys: Vec<RecordKey> =
            people.iter().flat_map(|person| &person.links).map(|link| link.record).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(vec![Vec::new(); people.len()]);
        }
        let mut of_record: BTreeMap<RecordKey, Vec<Entry>> = BTreeMap::new();
        for (record, row) in self.store.entries_of(&keys).await? {
            of_record.entry(record).or_default().push(self.open(&row)?);
        }
        Ok(people.iter().map(|person| entries(person, &of_record)).collect())
    }

    /// What holds of each of these people now.
    pub async fn standings(&self, people: &[&Identity]) -> Result<Vec<Standing>, LedgerError> {
        let all = self.of(people).await?;
        Ok(people.iter().zip(all).map(|(person, entries)| standing(person, entries)).collect())
    }

    /// All entries of a kind, the oldest first, revoked ones too.
    pub async fn of_kind(&self, kind: Kind) -> Result<Vec<Entry>, LedgerError> {
        let rows = self.store.entries_of_kind(kind.name()).await?;
        let mut entries: Vec<Entry> =
            rows.iter().map(|row| self.open(row)).collect::<Result<_, _>>()?;
        entries.sort_by_key(Entry::age);
        Ok(entries)
    }

    /// The relations and broken glasses of somebody, or of their organisation, whomever they are about: whatever bears
    /// one of both names, revoked ones too.
    pub async fn of_whom(
        &self,
        subject: &str,
        organization: Option<&str>,
    ) -> Result<Vec<Entry>, LedgerError> {
        let names = [Some(Whose::Subject(subject)), organization.map(Whose::Organization)];
        let macs: Vec<Mac> =
            names.into_iter().flatten().map(|whose| whose.mac(&self.sealer)).collect();
        self.store.entries_whose(&macs).await?.iter().map(|row| self.open(row)).collect()
    }

    /// Records something about a person.
    pub async fn record(
        &self,
        person: &Identity,
        fact: Fact,
        by: &str,
    ) -> Result<Entry, LedgerError> {
        let records: Vec<RecordKey> = person.links.iter().map(|link| link.record).collect();
        let history = History {
            recorded_ms: now_ms(),
            recorded_by: by.to_owned(),
            revoked: None,
            person: Some(person.id.as_uuid().to_string()),
            records: records.iter().map(RecordKey::to_text).collect(),
        };
        let entry = Entry { id: Uuid::new_v4(), fact, history };
        let whose = entry.fact.whose().map(|whose| whose.mac(&self.sealer));
        self.store.add_entry(&self.seal(&entry)?, &records, whose.as_ref()).await?;
        Ok(entry)
    }

    /// The entry of that id.
    pub async fn get(&self, id: Uuid) -> Result<Entry, LedgerError> {
        let row = self.store.entry(id).await?.ok_or(LedgerError::NoSuch)?;
        self.open(&row)
    }

    /// Revokes an entry for good; one that is revoked already stays as it is.
    pub async fn revoke(&self, id: Uuid, by: &str) -> Result<Entry, LedgerError> {
        let mut entry = self.get(id).await?;
        if entry.history.revoked.is_none() {
            entry.history.revoked = Some((now_ms(), by.to_owned()));
            self.replace(&entry).await?;
        }
        Ok(entry)
    }

    /// Puts what an entry says now in the place of what it said.
    pub async fn replace(&self, entry: &Entry) -> Result<(), LedgerError> {
        Ok(self.store.replace_entry(&self.seal(entry)?).await?)
    }

    fn seal(&self, entry: &Entry) -> Result<LedgerRow, LedgerError> {
        let history = entry.history.clone();
        let plain = match &entry.fact {
            Fact::Consent(fact) => serde_json::to_vec(&Written { fact, history }),
            Fact::Relation(fact) => serde_json::to_vec(&Written { fact, history }),
            Fact::BreakGlass(fact) => serde_json::to_vec(&Written { fact, history }),
        };
        let sealed = self.sealer.seal(entry.id.as_bytes(), &plain?)?;
        Ok(LedgerRow { id: entry.id, kind: entry.fact.kind().name().to_owned(), sealed })
    }

    fn open(&self, row: &LedgerRow) -> Result<Entry, LedgerError> {
        let plain = self.sealer.open(row.id.as_bytes(), &row.sealed)?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == row.kind);
        let (fact, history) = match kind.ok_or(LedgerError::UnknownKind)? {
            Kind::Consent => read(&plain, Fact::Consent),
            Kind::Relation => read(&plain, Fact::Relation),
            Kind::BreakGlass => read(&plain, Fact::BreakGlass),
        }?;
        Ok(Entry { id: row.id, fact, history })
    }
}

/// The kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What patients decided.
    Consent,
    /// Who stands in which relation to them.
    Relation,
    /// Broken glasses.
    BreakGlass,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Consent, Self::Relation, Self::BreakGlass];

    /// Its name in the store.
    const fn name(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Relation => "relation",
            Self::BreakGlass => "break-glass",
        }
    }
}

/// Who holds a relation. One of a person of an organisation is that person's.
#[derive(Clone, Copy)]
enum Whose<'n> {
    Subject(&'n str),
    Organization(&'n str),
}

impl Whose<'_> {
    fn mac(self, sealer: &Sealer) -> Mac {
        let (of, name) = match self {
            Self::Subject(name) => (MacOf::Subject, name),
            Self::Organization(name) => (MacOf::Organization, name),
        };
        sealer.mac(of, &[name.as_bytes()])
    }
}

impl Fact {
    const fn kind(&self) -> Kind {
        match self {
            Self::Consent(_) => Kind::Consent,
            Self::Relation(_) => Kind::Relation,
            Self::BreakGlass(_) => Kind::BreakGlass,
        }
    }

    /// Whose it is, when it is somebody's.
    fn whose(&self) -> Option<Whose<'_>> {
        match self {
            Self::Consent(_) => None,
            Self::Relation(relation) => {
                let subject = relation.subject.as_deref().map(Whose::Subject);
                subject.or(relation.organization.as_deref().map(Whose::Organization))
            }
            Self::BreakGlass(glass) => Some(Whose::Subject(&glass.subject)),
        }
    }

    /// True for what closes; all else opens.
    fn closes(&self) -> bool {
        matches!(self, Self::Consent(consent) if consent.directive.verdict == Verdict::Deny)
    }
}

impl Entry {
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

    fn age(&self) -> (i64, Uuid) {
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
fn entries(person: &Identity, of_record: &BTreeMap<RecordKey, Vec<Entry>>) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    for entry in person.links.iter().filter_map(|link| of_record.get(&link.record)).flatten() {
        if !found.iter().any(|known| known.id == entry.id) {
            found.push(entry.clone());
        }
    }
    found.sort_by_key(Entry::age);
    found
}

fn standing(person: &Identity, entries: Vec<Entry>) -> Standing {
    let mut standing = Standing::default();
    for entry in entries.into_iter().filter(|entry| entry.holds_of(person)) {
        match entry.fact {
            Fact::Consent(consent) => standing.directives.push(consent.directive),
            Fact::Relation(relation) => {
                let at_ms = entry.history.recorded_ms;
                standing.relations.push(Attested { relation, at_ms });
            }
            Fact::BreakGlass(glass) => standing.broken.push(glass),
        }
    }
    standing
}
