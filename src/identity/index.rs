//! The index of persons: who is known in which source, under which id, and why we believe it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use caregraph_connectors::LocalId;
use caregraph_connectors::record::Identifier;
use moka::sync::Cache;
use uuid::Uuid;

use super::error::IndexError;
use super::facts::Facts;
use super::ids::{PersonId, RecordKey, Seq, SourceId};
use super::normal::plain_identifier;
use super::packed::unpack_basis;
use super::person_store::{MemberRow, PersonStore, PersonWrite, SourceRow, Whereabouts};
use super::profile::{Basis, LinkKey, Profile, identifier_mac};
use super::progress::{ProgressBoard, SourceProgress};
use super::seal::{Mac, MacOf, Sealer, StoreKey};
use super::systems::Systems;

/// How many persons are kept at hand.
const CACHED: u64 = 20_000;
/// How long another node's change may stay unseen.
const CACHED_FOR: Duration = Duration::from_secs(5);
/// How long the right to write rosters lasts after the last write.
const LEASE_MS: i64 = 60_000;
/// How often an id may lead on to another before it is given up.
const MOST_HOPS: usize = 32;

/// One person, as known in every source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person's id of today. An id that was absorbed resolves to this one.
    pub id: PersonId,
    /// The person's record in each source, in order of the sources' ids.
    pub links: Vec<Link>,
}

/// The record of a person in one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The record; also the id of the link.
    pub record: RecordKey,
    /// The source.
    pub source: SourceId,
    /// The id that the source gave the person.
    pub local: LocalId,
    /// Why we believe it.
    pub reason: LinkReason,
    /// Since when.
    pub linked_at_ms: i64,
}

/// Why a record is believed to be of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkReason {
    /// It is the only one.
    Sole,
    /// It shares an identifier with another record of the person.
    SharedIdentifier {
        /// The identifier's system.
        system: String,
    },
    /// Name, birth date, sex and one thing more are the same as on another record of the person.
    SamePerson {
        /// The thing more.
        also: Also,
    },
}

/// What is the same besides name, birth date and sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Also {
    /// A telephone number.
    Phone,
    /// A postal address.
    Address,
    /// An e-mail address.
    Email,
}

/// One sentence for a viewer; it never holds a value.
impl fmt::Display for LinkReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sole => f.write_str("This is the only record of the person."),
            Self::SharedIdentifier { system } if system.is_empty() => {
                f.write_str("It bears the same identifier as another record.")
            }
            Self::SharedIdentifier { system } => {
                write!(f, "It bears the same identifier of the system {system} as another record.")
            }
            Self::SamePerson { also } => {
                let also = match also {
                    Also::Phone => "telephone number",
                    Also::Address => "address",
                    Also::Email => "e-mail address",
                };
                write!(f, "Name, birth date, sex and {also} are the same as on another record.")
            }
        }
    }
}

/// What a look-up by identifier found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Everybody who bears it is this person.
    One(Identity),
    /// Nobody bears it, or it is a stand-in such as `000-00-0000`.
    Nobody,
    /// Several persons bear it.
    Ambiguous,
}

/// The index of persons. Cheap to clone.
#[derive(Clone)]
pub struct PersonIndex {
    pub(crate) core: Arc<Core>,
}

/// What the parts of the index share.
pub(crate) struct Core {
    pub store: Arc<dyn PersonStore>,
    pub sealer: Sealer,
    pub progress: ProgressBoard,
    systems: Systems,
    /// The sources that are configured now, by number; those that no longer are are not shown.
    sources: HashMap<i64, SourceId>,
    /// Persons under their ids of today.
    cache: Cache<PersonId, Identity>,
    /// Goes up with every change, so that nothing read before a change is cached after it.
    changes: AtomicU64,
    /// Held by the source that is being linked for the first time.
    pub finishing: tokio::sync::Mutex<()>,
    /// The name of this process among those that may read the rosters.
    holder: String,
}

impl PersonIndex {
    /// Opens the index in a store, for the sources that have rosters. Takes milliseconds, however many people
    /// there are. What an earlier run had read is known at once.
    pub async fn new(
        store: Arc<dyn PersonStore>,
        sources: Vec<SourceId>,
        key: &StoreKey,
    ) -> Result<Self, IndexError> {
        let sealer = Sealer::new(key)?;
        let check = sealer.mac(MacOf::StoreItself, &[]);
        if store.register(&check, &sources).await? != check {
            return Err(IndexError::WrongKey);
        }
        let rows = store.sources().await?;
        let core = Core {
            progress: ProgressBoard::new(&sources),
            systems: Systems::default(),
            sources: rows
                .iter()
                .filter(|row| sources.contains(&row.id))
                .map(|row| (row.number, row.id.clone()))
                .collect(),
            cache: Cache::builder().max_capacity(CACHED).time_to_live(CACHED_FOR).build(),
            changes: AtomicU64::new(0),
            finishing: tokio::sync::Mutex::new(()),
            holder: Uuid::new_v4().to_string(),
            sealer,
            store,
        };
        core.systems.learn(core.store.systems().await?);
        core.progress.recall(&rows);
        Ok(Self { core: Arc::new(core) })
    }

    /// Who these ids stand for today, in the order asked. `None` for an id that nobody bears (any more).
    pub async fn resolve(&self, ids: &[PersonId]) -> Result<Vec<Option<Identity>>, IndexError> {
        let core = &self.core;
        let mut found: HashMap<PersonId, Identity> = ids
            .iter()
            .filter_map(|id| core.cache.get(id).map(|identity| (*id, identity)))
            .collect();
        let missing: Vec<Uuid> =
            ids.iter().filter(|id| !found.contains_key(id)).map(|id| *id.as_uuid()).collect();
        if !missing.is_empty() {
            let before = core.changes.load(Ordering::Acquire);
            let persons = core.persons_of(&missing).await?;
            let seqs: Vec<Seq> = persons.values().copied().collect();
            let identities = core.identities(&seqs).await?;
            core.keep(before, identities.values());
            found.extend(persons.into_iter().filter_map(|(own, person)| {
                identities.get(&person).map(|identity| (PersonId::new(own), identity.clone()))
            }));
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    /// Who bears this identifier, in any source. Works for every identifier, record numbers included.
    pub async fn find(&self, system: &str, value: &str) -> Result<Found, IndexError> {
        let macs = self.core.identifier_macs(system, value);
        if macs.is_empty() {
            return Ok(Found::Nobody);
        }
        let persons = self.core.store.persons_bearing(&macs, 2).await?;
        if persons.len() > 1 {
            return Ok(Found::Ambiguous);
        }
        let identities = self.core.identities(&persons).await?;
        Ok(identities.into_values().next().map_or(Found::Nobody, Found::One))
    }

    /// Lets another node read the rosters at once; for an orderly stop, after the keepers have been stopped.
    pub async fn hand_over(&self) -> Result<(), IndexError> {
        Ok(self.core.store.hand_over(&self.core.holder).await?)
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

impl Core {
    /// Begins a change of roster data, if this node is the one that reads the rosters.
    pub(crate) async fn begin_as_keeper(&self) -> Result<Box<dyn PersonWrite>, IndexError> {
        let now = super::now_ms();
        let write = self.store.begin_as_keeper(&self.holder, now, now + LEASE_MS).await?;
        write.ok_or(IndexError::NotKeeper)
    }

    /// Makes sure that every identifier system of these profiles has a number.
    pub(crate) async fn learn_systems(&self, profiles: &[Profile]) -> Result<(), IndexError> {
        let names =
            profiles.iter().flat_map(|profile| &profile.keys).filter_map(|key| match &key.basis {
                Basis::Identifier { system, .. } => Some(system.as_str()),
                Basis::Phone | Basis::Address | Basis::Email => None,
            });
        let unknown = self.systems.unknown(names);
        if !unknown.is_empty() {
            let mut write = self.begin_as_keeper().await?;
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

    /// Forgets cached persons after a change.
    pub(crate) fn forget(&self, own_ids: &[Uuid]) {
        if !own_ids.is_empty() {
            self.changes.fetch_add(1, Ordering::AcqRel);
            for own in own_ids {
                self.cache.invalidate(&PersonId::new(*own));
            }
        }
    }

    /// Caches persons that were read when `changes` stood at `before`.
    fn keep<'a>(&self, before: u64, identities: impl Iterator<Item = &'a Identity>) {
        for identity in identities {
            self.cache.insert(identity.id, identity.clone());
            // Looked at after the insertion: whoever changes something counts first and forgets then.
            if self.changes.load(Ordering::Acquire) != before {
                self.cache.invalidate(&identity.id);
            }
        }
    }

    fn identifier_macs(&self, system: &str, value: &str) -> Vec<Mac> {
        let read = |kind: Option<&str>| {
            let identifier = Identifier {
                system: Some(system.to_owned()),
                value: value.to_owned(),
                kind: kind.map(str::to_owned),
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
    async fn persons_of(&self, own: &[Uuid]) -> Result<HashMap<Uuid, Seq>, IndexError> {
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

    /// The link that a record is, unless its source is no longer configured.
    pub(crate) fn link(&self, row: &MemberRow) -> Result<Option<Link>, IndexError> {
        let Some(source) = self.sources.get(&row.source) else { return Ok(None) };
        let facts = Facts::open(&self.sealer, row.record, &row.sealed)?;
        Ok(Some(Link {
            record: row.record,
            source: source.clone(),
            local: facts.local,
            reason: self.reason(row.member.reason),
            linked_at_ms: row.member.linked_at_ms,
        }))
    }

    fn reason(&self, packed: i64) -> LinkReason {
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

    /// The configured source of that number.
    pub(crate) fn source(&self, number: i64) -> Option<&SourceId> {
        self.sources.get(&number)
    }

    /// What the store remembers of sources, afresh, shown on the progress board too.
    pub(crate) async fn recall(&self) -> Result<Vec<SourceRow>, IndexError> {
        let rows = self.store.sources().await?;
        self.progress.recall(&rows);
        Ok(rows)
    }
}
