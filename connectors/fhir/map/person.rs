//! Patients.

use serde::Deserialize;

use super::super::wire::{Concept, Identifier, Present, date, many};
use super::{Around, Wire, concept};
use crate::record::{self, ContactPoint, Fact, FuzzyDate, Person, PersonName};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Patient {
    id: Option<String>,
    active: Option<bool>,
    #[serde(deserialize_with = "many")]
    name: Vec<HumanName>,
    #[serde(deserialize_with = "date")]
    birth_date: Option<FuzzyDate>,
    gender: Option<String>,
    deceased_boolean: Option<bool>,
    #[serde(deserialize_with = "date")]
    deceased_date_time: Option<FuzzyDate>,
    #[serde(deserialize_with = "many")]
    communication: Vec<Communication>,
    #[serde(deserialize_with = "many")]
    address: Vec<Address>,
    #[serde(deserialize_with = "many")]
    telecom: Vec<Telecom>,
    #[serde(deserialize_with = "many")]
    identifier: Vec<Identifier>,
    #[serde(deserialize_with = "many")]
    link: Vec<Link>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HumanName {
    #[serde(rename = "use")]
    usage: Option<String>,
    text: Option<String>,
    family: Option<String>,
    #[serde(deserialize_with = "many")]
    given: Vec<String>,
    #[serde(deserialize_with = "many")]
    prefix: Vec<String>,
    #[serde(deserialize_with = "many")]
    suffix: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Communication {
    language: Option<Concept>,
    preferred: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Address {
    #[serde(rename = "use")]
    usage: Option<String>,
    text: Option<String>,
    #[serde(deserialize_with = "many")]
    line: Vec<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Telecom {
    system: Option<String>,
    value: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link {
    #[serde(rename = "type")]
    kind: Option<String>,
    other: Option<Present>,
}

/// One patient of a roster: id, whether the record is in use, and who it is.
pub(in super::super) fn roster_entry(json: &[u8]) -> Option<(String, bool, Person)> {
    let patient: Patient = serde_json::from_slice(json).ok()?;
    let id = patient.id.clone().filter(|id| !id.is_empty())?;
    // A record that the source has replaced by another one is no longer in use.
    let replaced = patient
        .link
        .iter()
        .any(|link| link.kind.as_deref() == Some("replaced-by") && link.other.is_some());
    Some((id, patient.active != Some(false) && !replaced, patient.into()))
}

impl Wire for Patient {
    fn withdrawn(&self) -> bool {
        false
    }

    fn state(self, _: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        (Fact::Person(Box::new(self.into())), None)
    }
}

impl From<Patient> for Person {
    fn from(patient: Patient) -> Self {
        let deceased = match (patient.deceased_date_time, patient.deceased_boolean) {
            (Some(date), _) => Some(Some(date)),
            (None, Some(true)) => Some(None),
            (None, _) => None,
        };
        let mut spoken = patient.communication;
        spoken.sort_by_key(|spoken| spoken.preferred != Some(true));
        let mut names: Vec<PersonName> = patient.name.into_iter().map(Into::into).collect();
        names.sort_by_key(|name| rank(name.usage.as_deref()));
        Self {
            names,
            birth_date: patient.birth_date,
            sex: patient.gender,
            deceased,
            languages: spoken.into_iter().filter_map(|spoken| concept(spoken.language)).collect(),
            addresses: patient.address.into_iter().map(Into::into).collect(),
            telecom: patient.telecom.into_iter().filter_map(Telecom::into_record).collect(),
            identifiers: patient.identifier.iter().filter_map(Identifier::to_record).collect(),
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
