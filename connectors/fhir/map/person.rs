//! Patients.

use serde::Deserialize;

use super::super::resource::Head;
use super::super::wire::{Concept, Identifier, Present, Reference, date, many};
use super::{Around, Wire, concept};
use crate::record::{self, ContactPoint, Fact, FuzzyDate, Person, PersonName};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Patient {
    active: Option<bool>,
    #[serde(default, deserialize_with = "many")]
    name: Vec<HumanName>,
    #[serde(default, deserialize_with = "date")]
    birth_date: Option<FuzzyDate>,
    gender: Option<String>,
    deceased_boolean: Option<bool>,
    #[serde(default, deserialize_with = "date")]
    deceased_date_time: Option<FuzzyDate>,
    #[serde(default, deserialize_with = "many")]
    communication: Vec<Communication>,
    #[serde(default, deserialize_with = "many")]
    address: Vec<Address>,
    #[serde(default, deserialize_with = "many")]
    telecom: Vec<Telecom>,
    #[serde(default, deserialize_with = "many")]
    link: Vec<Link>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct HumanName {
    #[serde(rename = "use")]
    usage: Option<String>,
    text: Option<String>,
    family: Option<String>,
    #[serde(default, deserialize_with = "many")]
    given: Vec<String>,
    #[serde(default, deserialize_with = "many")]
    prefix: Vec<String>,
    #[serde(default, deserialize_with = "many")]
    suffix: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Communication {
    language: Option<Concept>,
    preferred: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    #[serde(rename = "use")]
    usage: Option<String>,
    text: Option<String>,
    #[serde(default, deserialize_with = "many")]
    line: Vec<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Telecom {
    system: Option<String>,
    value: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Link {
    #[serde(rename = "type")]
    kind: Option<String>,
    other: Option<Present>,
}

impl Wire for Patient {
    const TYPE: &'static str = "Patient";

    /// A patient is known by the id of the resource itself.
    fn owners(&self) -> impl Iterator<Item = &Reference> {
        std::iter::empty()
    }

    fn withdrawn(&self) -> bool {
        false
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        (Fact::Person(Box::new(self.into_person(around.head))), None)
    }
}

impl Patient {
    /// Whether the record is in use: a source may have replaced it by another one.
    pub(in super::super) fn is_active(&self) -> bool {
        let replaced = self
            .link
            .iter()
            .any(|link| link.kind.as_deref() == Some("replaced-by") && link.other.is_some());
        self.active != Some(false) && !replaced
    }

    /// Who it is.
    pub(in super::super) fn into_person(self, head: &Head) -> Person {
        let deceased = match (self.deceased_date_time, self.deceased_boolean) {
            (Some(date), _) => Some(Some(date)),
            (None, Some(true)) => Some(None),
            (None, _) => None,
        };
        let mut spoken = self.communication;
        spoken.sort_by_key(|spoken| spoken.preferred != Some(true));
        let mut names: Vec<PersonName> = self.name.into_iter().map(Into::into).collect();
        names.sort_by_key(|name| rank(name.usage.as_deref()));
        Person {
            names,
            birth_date: self.birth_date,
            sex: self.gender,
            deceased,
            languages: spoken.into_iter().filter_map(|spoken| concept(spoken.language)).collect(),
            addresses: self.address.into_iter().map(Into::into).collect(),
            telecom: self.telecom.into_iter().filter_map(Telecom::into_record).collect(),
            identifiers: head.identifier.iter().filter_map(Identifier::to_record).collect(),
        }
    }
}

/// Official and usual names come first, old ones last.
fn rank(usage: Option<&str>) -> u8 {
    match usage {
        Some("official") => 0,
        Some("usual") | None => 1,
        Some("nickname" | "anonymous" | "temp") => 2,
        Some(_) => 3,
    }
}

impl From<HumanName> for PersonName {
    fn from(name: HumanName) -> Self {
        Self {
            text: name.text.filter(|text| !text.trim().is_empty()),
            family: name.family,
            given: name.given,
            prefix: name.prefix,
            suffix: name.suffix,
            usage: name.usage,
        }
    }
}

impl From<Address> for record::Address {
    fn from(address: Address) -> Self {
        let line =
            if address.line.is_empty() { address.text.into_iter().collect() } else { address.line };
        Self {
            usage: address.usage,
            line,
            city: address.city,
            state: address.state,
            postal_code: address.postal_code,
            country: address.country,
        }
    }
}

impl Telecom {
    fn into_record(self) -> Option<ContactPoint> {
        let value = self.value.filter(|value| !value.trim().is_empty())?;
        Some(ContactPoint { system: self.system, value, usage: self.usage })
    }
}
