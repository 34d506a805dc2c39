//! What a roster entry is reduced to before it is stored: keyed hashes to link and search by, and sealed facts.

use std::fmt;

use caregraph_connectors::connector::RosterEntry;
use caregraph_connectors::record::{FuzzyDate, Person};

use super::facts::Facts;
use super::ids::{RecordKey, SourceId};
use super::normal::{Name, plain_address, plain_email, plain_identifier, plain_phone, plain_sex};
use super::seal::{Mac, MacOf, Sealer};

/// More identifiers, or more combinations of name and contact, say nothing about one person; the first in the order
/// of their hashes are kept.
const MOST_KEYS: usize = 24;

/// What a link key is made of. `S` names the system: its URI, or the number under which the store knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Basis<S> {
    /// An identifier.
    Identifier {
        /// Its system.
        system: S,
        /// True when a person has only one of its kind.
        personal: bool,
    },
    /// Name, birth date, sex and a telephone number.
    Phone,
    /// Name, birth date, sex and an address.
    Address,
    /// Name, birth date, sex and an e-mail address.
    Email,
}

/// Something by which records may be found to be the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LinkKey<S> {
    /// Its keyed hash.
    pub mac: Mac,
    /// What it is made of.
    pub basis: Basis<S>,
}

/// One roster entry, ready to be stored.
pub(crate) struct Profile {
    /// Its name in the index.
    pub record: RecordKey,
    /// False when the source has retired it.
    pub active: bool,
    /// What links it.
    pub keys: Vec<LinkKey<String>>,
    /// What finds it.
    pub terms: Vec<Mac>,
    /// What is kept of it, sealed.
    pub sealed: Vec<u8>,
    /// A hash of all of the above but the sealing: equal when nothing changed.
    pub content: Mac,
}

/// Personal: a debug print shows the type alone.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile")
    }
}

impl Profile {
    /// Reduces one entry of the roster of `source`.
    pub(crate) fn of(
        sealer: &Sealer,
        source: &SourceId,
        entry: &RosterEntry,
    ) -> Result<Self, super::seal::SealError> {
        let record = record_key(sealer, source, entry.id.as_str());
        let facts = Facts::of(entry.id.clone(), &entry.person);
        let mut keys = some(identifier_keys(sealer, &entry.person));
        keys.extend(some(contact_keys(sealer, &facts, &entry.person)));
        let plain = facts.to_bytes();
        let content = content(sealer, entry.active, &keys, &plain);
        Ok(Self {
            record,
            active: entry.active,
            terms: facts.terms(sealer),
            sealed: sealer.seal(record.as_bytes(), &plain)?,
            keys,
            content,
        })
    }
}

/// The name of a patient of a source in the index.
pub(crate) fn record_key(sealer: &Sealer, source: &SourceId, local: &str) -> RecordKey {
    RecordKey::new(sealer.mac(MacOf::Record, &[source.as_str().as_bytes(), local.as_bytes()]))
}

/// The hash of an identifier in plain form.
pub(crate) fn identifier_mac(sealer: &Sealer, system: &str, value: &str) -> Mac {
    sealer.mac(MacOf::Identifier, &[system.as_bytes(), value.as_bytes()])
}

/// Each once, and not too many.
fn some(mut keys: Vec<LinkKey<String>>) -> Vec<LinkKey<String>> {
    keys.sort();
    keys.dedup_by_key(|key| key.mac);
    keys.truncate(MOST_KEYS);
    keys
}

fn identifier_keys(sealer: &Sealer, person: &Person) -> Vec<LinkKey<String>> {
    let plain = person.identifiers.iter().filter_map(plain_identifier);
    plain
        .map(|id| LinkKey {
            mac: identifier_mac(sealer, &id.system, &id.value),
            basis: Basis::Identifier { system: id.system, personal: id.personal },
        })
        .collect()
}

/// Every whole name with birth date, sex and each way to reach the person.
fn contact_keys(sealer: &Sealer, facts: &Facts, person: &Person) -> Vec<LinkKey<String>> {
    let (Some(birth), Some(sex)) = (
        facts.birth.as_ref().and_then(FuzzyDate::as_day),
        person.sex.as_deref().and_then(plain_sex),
    ) else {
        return Vec::new();
    };
    let ways = ways_to_reach(person);
    let mut names: Vec<String> = facts.names.iter().filter_map(Name::exact).collect();
    names.sort();
    names.dedup();
    let mut keys = Vec::with_capacity(names.len() * ways.len());
    for name in &names {
        for (of, basis, way) in &ways {
            let parts = [name.as_bytes(), birth.as_bytes(), sex.as_bytes(), way.as_bytes()];
            keys.push(LinkKey { mac: sealer.mac(*of, &parts), basis: basis.clone() });
        }
    }
    keys
}

fn ways_to_reach(person: &Person) -> Vec<(MacOf, Basis<String>, String)> {
    let mut ways = Vec::new();
    for contact in &person.telecom {
        let (phone, email) = match contact.system.as_deref() {
            Some("phone" | "sms") => (true, false),
            Some("email") => (false, true),
            None => (!contact.value.contains('@'), contact.value.contains('@')),
            Some(_) => (false, false),
        };
        if phone && let Some(number) = plain_phone(&contact.value) {
            ways.push((MacOf::NameAndPhone, Basis::Phone, number));
        }
        if email && let Some(address) = plain_email(&contact.value) {
            ways.push((MacOf::NameAndEmail, Basis::Email, address));
        }
    }
    let addresses = person.addresses.iter().filter_map(plain_address);
    ways.extend(addresses.map(|address| (MacOf::NameAndAddress, Basis::Address, address)));
    ways
}

fn content(sealer: &Sealer, active: bool, keys: &[LinkKey<String>], facts: &[u8]) -> Mac {
    let mut whole = vec![u8::from(active)];
    for key in keys {
        whole.extend_from_slice(&key.mac);
        if let Basis::Identifier { system, personal } = &key.basis {
            whole.push(u8::from(*personal));
            whole.extend_from_slice(system.as_bytes());
        }
    }
    sealer.mac(MacOf::Content, &[&whole, facts])
}
