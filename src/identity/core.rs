//! What the parts of the index share: the store, the keys, the cache, and how rows become persons.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use caregraph_connectors::record::Identifier;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::error::IndexError;
use super::facts::Facts;
use super::ids::{PersonId, Seq, SourceId};
use super::looked_up;
use super::normal::plain_identifier;
use super::packed::unpack_basis;
use super::person::{Also, Identity, Link, LinkReason};
use super::person_store::{MemberRow, PersonStore, PersonWrite, SourceRow, Whereabouts};
use super::profile::{Basis, LinkKey, Profile, identifier_mac};
use super::progress::ProgressBoard;
use super::seal::{Mac, MacOf, Sealer, StoreKey};
use super::shelf::Shelf;
use super::systems::Systems;

/// How long the right to write rosters lasts after the last write.
const LEASE_MS: i64 = 60_000;
/// How often an id may lead on to another before it is given up.
pub(crate) const MOST_HOPS: usize = 32;

/// By which right something is written. Changes of all nodes take turns, whoever makes them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Writer {
    /// That of the one node that reads the rosters.
    Keeper,
    /// That of any node, to what nobody reads.
    Anyone,
}

/// What the parts of the index share.
pub(crate) struct Core {
    pub store: Arc<dyn PersonStore>,
    pub sealer: Sealer,
    pub progress: ProgressBoard,
    systems: Systems,
    /// The sources that are shown, by number; those that the index was not opened with, and that were not added since, are not.
    sources: RwLock<Arc<HashMap<i64, SourceId>>>,
    /// What tells whether the key is the one with which the store was written.
    check: Mac,
    /// Persons at hand.
    pub(super) shelf: Shelf,
    /// Held by the source that is being linked for the first time.
    pub finishing: Mutex<()>,
    /// The name of this process among those that may read the rosters.
    holder: String,
}

impl Core {
    /// Opens the index in a store, for the sources that have rosters.
    pub(crate) async fn open(
        store: Arc<dyn PersonStore>,
        sources: &[SourceId],
        key: &StoreKey,
    ) -> Result<Self, IndexError> {
        let sealer = Sealer::new(key)?;
        let check = sealer.mac(MacOf::StoreItself, &[]);
        if store.register(&check, sources).await? != check {
            return Err(IndexError::WrongKey);
        }
        let core = Self {
            progress: ProgressBoard::new(&[]),
            systems: Systems::default(),
            sources: RwLock::default(),
            check,
            shelf: Shelf::new(),
            finishing: Mutex::new(()),
            holder: Uuid::new_v4().to_string(),
            sealer,
            store,
        };
        core.add(sources).await?;
        Ok(core)
    }

    /// Shows these sources, which list their patients, too from now on.
    pub(crate) async fn add(&self, sources: &[SourceId]) -> Result<(), IndexError> {
        self.register(sources).await?;
        for source in sources {
            looked_up::no_more(self, source).await?;
        }
        self.progress.add(sources);
        self.recall().await?;
        self.shelf.clear();
        Ok(())
    }

    /// Makes these sources known to the store, and shows them.
    pub(crate) async fn register(&self, sources: &[SourceId]) -> Result<(), IndexError> {
        if self.store.register(&self.check, sources).await? != self.check {
            return Err(IndexError::WrongKey);
        }
        self.show(sources).await
    }

    async fn show(&self, sources: &[SourceId]) -> Result<(), IndexError> {
        let rows = self.store.sources().await?;
        let new = rows.into_iter().filter(|row| sources.contains(&row.id));
        let mut shown = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        let all = shown.iter().map(|(number, id)| (*number, id.clone()));
        *shown = Arc::new(all.chain(new.map(|row| (row.number, row.id))).collect());
        Ok(())
    }

    fn shown(&self) -> Arc<HashMap<i64, SourceId>> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets another node read the rosters at once.
    pub(crate) async fn hand_over(&self) -> Result<(), IndexError> {
        Ok(self.store.hand_over(&self.holder).await?)
    }

    /// Begins a change by that right.
    pub(crate) async fn begin(&self, by: Writer) -> Result<Box<dyn PersonWrite>, IndexError> {
        match by {
            Writer::Keeper => self.begin_as_keeper().await,
            Writer::Anyone => Ok(self.store.begin().await?),
        }
    }

    /// Begins a change of roster data, if this node is the one that reads the rosters.
    pub(crate) async fn begin_as_keeper(&self) -> Result<Box<dyn PersonWrite>, IndexError> {
        let now = super::now_ms();
        let write = self.store.begin_as_keeper(&self.holder, now, now + LEASE_MS).await?;
        write.ok_or(IndexError::NotKeeper)
    }

    /// Makes sure that every identifier system of these profiles has a number.
    pub(crate) async fn learn_systems(
        &self,
        profiles: &[Profile],
        by: Writer,
    ) -> Result<(), IndexError> {
        let names =
            profiles.iter().flat_map(|profile| &profile.keys).filter_map(|key| match &key.basis {
                Basis::Identifier { system, .. } => Some(system.as_str()),
                Basis::Phone | Basis::Address | Basis::Email => None,
            });
        let unknown = self.systems.unknown(names);
        if !unknown.is_empty() {
            let mut write = self.begin(by).await?;
            write.add_systems(&unknown).await?;
            write.commit().await?;
            self.systems.learn(self.store.systems().await?);
        }
        Ok(())
    }

    /// The keys with their systems by number. A system beyond the limit cannot keep people apart.
    pub(crate) fn numbered(&self, keys: &[LinkKey<String>]) -> Vec<LinkKey<u32>> {
        let numbered = |basis: &Basis<String>| match basis {
            Basis::Identifier { system, personal } => {
                let number = self.systems.number(system);
                Basis::Identifier { system: number, personal: *personal && number != 0 }
            }
            Basis::Phone => Basis::Phone,
            Basis::Address => Basis::Address,
            Basis::Email => Basis::Email,
        };
        keys.iter().map(|key| LinkKey { mac: key.mac, basis: numbered(&key.basis) }).collect()
    }

    /// Runs what keeps the processor busy where it keeps nobody waiting.
    pub(crate) async fn aside<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Sealer) -> T + Send + 'static,
    ) -> Result<T, IndexError> {
        let core = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&core.sealer))
            .await
            .map_err(|_| IndexError::Stopping)
    }

    /// The hashes under which an identifier may be known; none for a stand-in.
    pub(crate) fn identifier_macs(&self, system: &str, value: &str) -> Vec<Mac> {
        let read = |kind: Option<&str>| {
            let identifier = Identifier {
                system: Some(system.into()),
                value: value.into(),
                kind: kind.map(Into::into),
            };
            plain_identifier(&identifier)
                .map(|id| identifier_mac(&self.sealer, &id.system, &id.value))
        };
        // A source may have marked its own system as one of social security numbers; those are kept without dashes.
        let social = (value.trim().split('-').map(str::len).eq([3, 2, 4]))
            .then(|| read(Some("SS")))
            .flatten();
        let macs: BTreeSet<Mac> = read(None).into_iter().chain(social).collect();
        macs.into_iter().collect()
    }

    /// The eldest record of the person for each own id that leads to one. The id of a retired record leads on to
    /// the person that it last belonged to, which may have been absorbed since.
    pub(crate) async fn persons_of(&self, own: &[Uuid]) -> Result<HashMap<Uuid, Seq>, IndexError> {
        let mut found = HashMap::new();
        let mut places = self.store.locate(own).await?;
        let mut open: Vec<(Uuid, Seq)> =
            places.iter().map(|place| (place.own, place.seq)).collect();
        for _ in 0..MOST_HOPS {
            let by_seq: HashMap<Seq, &Whereabouts> =
                places.iter().map(|place| (place.seq, place)).collect();
            let mut next = Vec::new();
            for (own, seq) in open {
                let Some((person, present)) =
                    by_seq.get(&seq).and_then(|at| Some((at.person?, at.present)))
                else {
                    continue;
                };
                if present {
                    found.insert(own, person);
                } else {
                    next.push((own, person));
                }
            }
            if next.is_empty() {
                break;
            }
            let seqs: BTreeSet<Seq> = next.iter().map(|(_, seq)| *seq).collect();
            places = self.store.locate_records(&seqs.into_iter().collect::<Vec<_>>()).await?;
            open = next;
        }
        Ok(found)
    }

    /// The persons whose eldest records these are.
    pub(crate) async fn identities(
        &self,
        persons: &[Seq],
    ) -> Result<HashMap<Seq, Identity>, IndexError> {
        let mut rows: BTreeMap<Seq, Vec<MemberRow>> = BTreeMap::new();
        for row in self.store.members(persons).await? {
            rows.entry(row.member.person).or_default().push(row);
        }
        let mut found = HashMap::with_capacity(rows.len());
        for (person, rows) in rows {
            if let Some(identity) = self.identity(person, &rows)? {
                found.insert(person, identity);
            }
        }
        Ok(found)
    }

    /// The same, of whoever is at hand as they were a moment ago.
    pub(crate) async fn identities_at_hand(
        &self,
        persons: &[Seq],
    ) -> Result<HashMap<Seq, Identity>, IndexError> {
        let at_hand = |seq: &Seq| Some((*seq, self.shelf.of_eldest(*seq)?));
        let mut found: HashMap<Seq, Identity> = persons.iter().filter_map(at_hand).collect();
        let missing: Vec<Seq> =
            persons.iter().filter(|seq| !found.contains_key(seq)).copied().collect();
        if !missing.is_empty() {
            let before = self.shelf.changes();
            let read = self.identities(&missing).await?;
            self.shelf.keep(before, &read);
            found.extend(read);
        }
        Ok(found)
    }

    fn identity(&self, person: Seq, rows: &[MemberRow]) -> Result<Option<Identity>, IndexError> {
        let Some(eldest) = rows.iter().find(|row| row.member.seq == person) else {
            return Ok(None);
        };
        let mut links = rows
            .iter()
            .filter_map(|row| self.link(row).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        links.sort_by(|a, b| (&a.source, a.record).cmp(&(&b.source, b.record)));
        Ok((!links.is_empty()).then(|| Identity { id: PersonId::new(eldest.own), links }))
    }

    /// The link that a record is, unless its source is not shown.
    pub(crate) fn link(&self, row: &MemberRow) -> Result<Option<Link>, IndexError> {
        let Some(source) = self.source(row.source) else { return Ok(None) };
        let facts = Facts::open(&self.sealer, row.record, &row.sealed)?;
        Ok(Some(Link {
            record: row.record,
            source,
            local: facts.local,
            born: facts.birth,
            reason: self.reason(row.member.reason),
            linked_at_ms: row.member.linked_at_ms,
        }))
    }

    /// The numbers of these sources, as far as they are shown.
    pub(super) fn numbers(&self, sources: &BTreeSet<SourceId>) -> Vec<i64> {
        let shown = self.shown();
        let known = shown.iter().filter(|(_, id)| sources.contains(*id));
        known.map(|(number, _)| *number).collect()
    }

    /// The reason that a number stands for.
    pub(crate) fn reason(&self, packed: i64) -> LinkReason {
        match u32::try_from(packed).ok().and_then(unpack_basis) {
            None => LinkReason::Sole,
            Some(Basis::Identifier { system, .. }) => LinkReason::SharedIdentifier {
                system: self.systems.name(system).unwrap_or_default(),
            },
            Some(Basis::Phone) => LinkReason::SamePerson { also: Also::Phone },
            Some(Basis::Address) => LinkReason::SamePerson { also: Also::Address },
            Some(Basis::Email) => LinkReason::SamePerson { also: Also::Email },
        }
    }

    /// The source of that number, if it is shown.
    pub(crate) fn source(&self, number: i64) -> Option<SourceId> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    /// What the store remembers of sources, afresh, shown on the progress board too.
    pub(crate) async fn recall(&self) -> Result<Vec<SourceRow>, IndexError> {
        self.systems.learn(self.store.systems().await?);
        let rows = self.store.sources().await?;
        self.progress.recall(&rows);
        Ok(rows)
    }
}
