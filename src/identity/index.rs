//! The index of persons: who is known in which source, under which id, and why we believe it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::core::Core;
use super::error::IndexError;
use super::ids::{PersonId, RecordKey, Seq, SourceId};
use super::person::{Found, Identity};
use super::person_store::PersonStore;
use super::progress::SourceProgress;
use super::seal::StoreKey;
use super::sight::Sight;

/// More records than this that bear one identifier are not looked at: it is nobody's own.
const MOST_BEARERS: usize = 100;

/// The index of persons. Cheap to clone.
#[derive(Clone)]
pub struct PersonIndex {
    pub(crate) core: Arc<Core>,
}

impl PersonIndex {
    /// Opens the index in a store, for the sources that have rosters. Takes milliseconds, however many people
    /// there are. What an earlier run had read is known at once.
    pub async fn new(
        store: Arc<dyn PersonStore>,
        sources: Vec<SourceId>,
        key: &StoreKey,
    ) -> Result<Self, IndexError> {
        let core = Core::open(store, &sources, key).await?;
        Ok(Self { core: Arc::new(core) })
    }

    /// Shows what these sources list too, from now on. What an earlier run had read of them is known at once.
    pub async fn add(&self, sources: &[SourceId]) -> Result<(), IndexError> {
        self.core.add(sources).await
    }

    /// Nobody reads the roster of this source any more. What was read of it stays; that it is shown to nobody is seen to
    /// by those who know which sources there are.
    pub fn let_go(&self, source: &SourceId) {
        self.core.progress.remove(source);
    }

    /// Who these ids stand for today, in the order asked. `None` for an id that nobody bears (any more).
    pub async fn resolve(&self, ids: &[PersonId]) -> Result<Vec<Option<Identity>>, IndexError> {
        let core = &self.core;
        let mut found: HashMap<PersonId, Identity> = ids
            .iter()
            .filter_map(|id| core.shelf.get(id).map(|identity| (*id, identity)))
            .collect();
        let missing: Vec<Uuid> =
            ids.iter().filter(|id| !found.contains_key(id)).map(|id| *id.as_uuid()).collect();
        if !missing.is_empty() {
            let persons = core.persons_of(&missing).await?;
            let seqs: Vec<Seq> = persons.values().copied().collect();
            let identities = core.identities_at_hand(&seqs).await?;
            found.extend(persons.into_iter().filter_map(|(own, person)| {
                identities.get(&person).map(|identity| (PersonId::new(own), identity.clone()))
            }));
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    /// Who bears this identifier, in any source by which `sight` lets people be found. Works for every identifier,
    /// record numbers included.
    pub async fn find(
        &self,
        system: &str,
        value: &str,
        sight: &dyn Sight,
    ) -> Result<Found, IndexError> {
        let macs = self.core.identifier_macs(system, value);
        if macs.is_empty() {
            return Ok(Found::Nobody);
        }
        let rows = self.core.store.records_bearing(&macs, MOST_BEARERS).await?;
        let persons: BTreeSet<Seq> = rows.iter().map(|row| row.member.person).collect();
        let identities = self.core.identities_at_hand(&Vec::from_iter(persons)).await?;
        let people: Vec<Identity> = identities.into_values().collect();
        let bears =
            |findable: &BTreeSet<RecordKey>| rows.iter().any(|row| findable.contains(&row.record));
        let findable = sight.findable(&people).await?;
        let mut found = people.into_iter().zip(&findable).filter(|(_, findable)| bears(findable));
        Ok(match (found.next(), found.next()) {
            (None, _) => Found::Nobody,
            (Some((person, _)), None) => Found::One(person),
            (Some(_), Some(_)) => Found::Ambiguous,
        })
    }

    /// Lets another node read the rosters at once; for an orderly stop, after the keepers have been stopped.
    pub async fn hand_over(&self) -> Result<(), IndexError> {
        self.core.hand_over().await
    }

    /// How far each source has been read, in order of their ids.
    pub fn progress(&self) -> Vec<SourceProgress> {
        self.core.progress.all()
    }

    /// True when every source's first pass is through, so that "not found" means not there.
    pub fn complete(&self) -> bool {
        self.progress().iter().all(SourceProgress::is_first_pass_done)
    }
}
