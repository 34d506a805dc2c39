//! A small world of sources and patients to try the index on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use caregraph_connectors::connector::{LocalId, RosterEntry};
use caregraph_connectors::record::{
    Address, ContactPoint, FuzzyDate, Identifier, Person, PersonName, systems,
};

use crate::identity::intake::{retire, take_in};
use crate::identity::profile::{Profile, record_key};
use crate::identity::{
    Everything, Identity, Link, PersonId, PersonIndex, RecordKey, SourceId, StoreKey, first_pass,
    ids::Seq, person_store::PersonStore,
};
use crate::store::Store;
use crate::store::testing::TestStore;

pub(super) const SSN: &str = systems::SSN;
pub(super) const MRN: &str = "urn:example:mrn";

/// A roster entry in the making.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) active: bool,
    pub(super) person: Person,
}

/// A woman named Ada Lovelace, born 1980-02-03, of whom nothing else is known.
pub(super) fn ada(id: &str) -> Entry {
    entry(id).named("Ada", "Lovelace").born("1980-02-03").sex("female")
}

/// Somebody of whom nothing is known.
pub(super) fn entry(id: &str) -> Entry {
    Entry { id: id.to_owned(), active: true, person: Person::default() }
}

impl Entry {
    pub(super) fn named(mut self, given: &str, family: &str) -> Self {
        self.person.names = Vec::new();
        self.also_named(given, family)
    }

    pub(super) fn also_named(mut self, given: &str, family: &str) -> Self {
        self.person.names.push(PersonName {
            given: given.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
            family: (!family.is_empty()).then(|| family.to_owned()),
            ..PersonName::default()
        });
        self
    }

    pub(super) fn born(mut self, date: &str) -> Self {
        self.person.birth_date = FuzzyDate::parse(date);
        self
    }

    pub(super) fn sex(mut self, sex: &str) -> Self {
        self.person.sex = Some(sex.to_owned());
        self
    }

    pub(super) fn phone(self, number: &str) -> Self {
        self.contact("phone", number)
    }

    pub(super) fn email(self, address: &str) -> Self {
        self.contact("email", address)
    }

    fn contact(mut self, system: &str, value: &str) -> Self {
        let (system, value) = (Some(system.to_owned()), value.to_owned());
        self.person.telecom.push(ContactPoint { system, value, usage: None });
        self
    }

    pub(super) fn lives(mut self, line: &str, postal: &str) -> Self {
        self.person.addresses.push(Address {
            line: vec![line.to_owned()],
            postal_code: Some(postal.to_owned()),
            ..Address::default()
        });
        self
    }

    pub(super) fn bears(self, system: &str, value: &str) -> Self {
        self.bears_kind(system, value, None)
    }

    pub(super) fn bears_kind(mut self, system: &str, value: &str, kind: Option<&str>) -> Self {
        self.person.identifiers.push(Identifier {
            system: (!system.is_empty()).then(|| system.into()),
            value: value.into(),
            kind: kind.map(Into::into),
        });
        self
    }

    pub(super) fn retired(mut self) -> Self {
        self.active = false;
        self
    }

    pub(super) fn to_roster(&self) -> RosterEntry {
        RosterEntry {
            id: LocalId::new(self.id.as_str()),
            active: self.active,
            person: self.person.clone(),
        }
    }
}

/// An index over a store of its own.
pub(super) struct World {
    pub(super) index: PersonIndex,
    pub(super) place: TestStore,
    sources: Vec<SourceId>,
}

/// The groups of records that are one person, each record as `source/id`.
pub(super) type Groups = BTreeSet<BTreeSet<String>>;

impl World {
    /// A world with these sources; none of them has been read.
    pub(super) async fn new(sources: &[&str]) -> Self {
        Self::on(TestStore::new().await, sources).await
    }

    pub(super) async fn on(place: TestStore, sources: &[&str]) -> Self {
        let sources: Vec<SourceId> = sources.iter().map(|source| SourceId::new(*source)).collect();
        let index = open(&place.store, &sources).await;
        Self { index, place, sources }
    }

    /// Another node on the same store.
    pub(super) async fn beside(other: &Self) -> Self {
        let place = TestStore { store: other.place.store.clone(), folder: None };
        let sources: Vec<&str> = other.sources.iter().map(SourceId::as_str).collect();
        Self::on(place, &sources).await
    }

    /// A world whose sources have been read in this order.
    pub(super) async fn of(rosters: &[(&str, Vec<Entry>)]) -> Self {
        let sources: Vec<&str> = rosters.iter().map(|(source, _)| *source).collect();
        let world = Self::new(&sources).await;
        for (source, entries) in rosters {
            world.read(source, entries).await;
        }
        world
    }

    /// Opens the same store again, as after a restart.
    pub(super) async fn restart(&mut self) {
        self.index.hand_over().await.unwrap();
        self.index = open(&self.place.store, &self.sources).await;
    }

    /// A whole first reading.
    pub(super) async fn read(&self, source: &str, entries: &[Entry]) {
        self.change(source, entries).await;
        self.close(source).await;
    }

    /// The end of a first reading.
    pub(super) async fn close(&self, source: &str) {
        let source = SourceId::new(source);
        first_pass::close_reading(&self.index.core, &source, 1_000).await.unwrap();
        first_pass::finish(&self.index.core, &source).await.unwrap();
        self.index.core.recall().await.unwrap();
    }

    /// One page.
    pub(super) async fn change(&self, source: &str, entries: &[Entry]) {
        let core = &self.index.core;
        let source = SourceId::new(source);
        let profile =
            |entry: &Entry| Profile::of(&core.sealer, &source, &entry.to_roster()).unwrap();
        take_in(core, &source, entries.iter().map(profile).collect()).await.unwrap();
    }

    /// The source no longer has these.
    pub(super) async fn vanish(&self, source: &str, ids: &[&str]) {
        let core = &self.index.core;
        let names: Vec<RecordKey> = ids.iter().map(|id| self.name(source, id)).collect();
        let mut write = core.store.begin().await.unwrap();
        let rows = write.records_named(&names).await.unwrap();
        drop(write);
        let seqs: Vec<Seq> = rows.iter().map(|row| row.seq).collect();
        retire(core, &SourceId::new(source), &seqs).await.unwrap();
    }

    pub(super) fn name(&self, source: &str, id: &str) -> RecordKey {
        record_key(&self.index.core.sealer, &SourceId::new(source), id)
    }

    /// Everybody, in the order of the index.
    pub(super) async fn people(&self) -> Vec<Identity> {
        let page = self.index.search(None, 10_000, None, &Everything).await.unwrap();
        assert!(!page.has_next && page.exhaustive);
        page.people
    }

    pub(super) async fn groups(&self) -> Groups {
        self.people().await.iter().map(shown).collect()
    }

    /// The sealed boxes of the records of the first source, which differ whenever they are written.
    pub(super) async fn stored(&self) -> Vec<Vec<u8>> {
        let rows = self.index.core.store.records_after(1, Seq::default(), 100).await.unwrap();
        rows.into_iter().map(|row| row.sealed).collect()
    }

    /// How many keys and search terms there are.
    pub(super) async fn keys_and_terms(&self) -> [i64; 2] {
        self.place.store.count_rows(["identity_key", "identity_term"]).await
    }

    /// The person of a record.
    pub(super) async fn person(&self, source: &str, id: &str) -> Identity {
        let people = self.people().await;
        let wanted = format!("{source}/{id}");
        people.into_iter().find(|person| shown(person).contains(&wanted)).unwrap()
    }

    pub(super) async fn id(&self, source: &str, id: &str) -> PersonId {
        self.person(source, id).await.id
    }

    pub(super) async fn link(&self, source: &str, id: &str) -> Link {
        let person = self.person(source, id).await;
        person.links.into_iter().find(|link| link.source.as_str() == source).unwrap()
    }

    pub(super) async fn resolve(&self, id: PersonId) -> Option<Identity> {
        self.index.resolve(&[id]).await.unwrap().pop().unwrap()
    }
}

async fn open(store: &Store, sources: &[SourceId]) -> PersonIndex {
    let store: Arc<dyn PersonStore> = Arc::new(store.clone());
    PersonIndex::new(store, sources.to_vec(), &StoreKey::new([7; 32])).await.unwrap()
}

pub(super) fn shown(person: &Identity) -> BTreeSet<String> {
    person.links.iter().map(|link| format!("{}/{}", link.source, link.local.as_str())).collect()
}

/// Groups written as `a/1 b/1, c/2`.
pub(super) fn groups(text: &str) -> Groups {
    text.split(',').map(|group| group.split_whitespace().map(str::to_owned).collect()).collect()
}

/// The groups that rosters end in when each is read as a whole: sources in this order.
pub(super) async fn groups_of(rosters: &[(&str, Vec<Entry>)]) -> Groups {
    World::of(rosters).await.groups().await
}

/// Rosters that can be changed and compared.
pub(super) type Rosters = BTreeMap<&'static str, BTreeMap<String, Entry>>;
