//! Who the patient is: name, birth date, contact, identifiers.

use std::borrow::Cow;

use time::OffsetDateTime;

use super::concept::Concept;
use super::day::Day;
use super::gate::{choice, object};
use super::merge::{Claim, fold};
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use crate::gather::Category;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Section, Text, systems};

object! {
    /// A name in its parts.
    struct PersonName {
        /// As one would say it.
        text: Option<String>, Inherit;
        /// Family name.
        family: Option<String>, Inherit;
        /// Given names, first name first.
        given: Vec<String>, Inherit;
        /// Titles before the name.
        prefix: Vec<String>, Inherit;
        /// Suffixes.
        suffix: Vec<String>, Inherit;
    }
}

object! {
    /// A postal address.
    struct Address {
        /// home, work, temp, old, …
        r#use: Option<String>, Inherit;
        /// Street lines.
        line: Vec<String>, Inherit;
        /// City.
        city: Option<String>, Inherit;
        /// State or region.
        state: Option<String>, Inherit;
        /// Postal code.
        postal_code: Option<String>, Inherit;
        /// Country.
        country: Option<String>, Inherit;
    }
}

object! {
    /// A way to reach the patient.
    struct ContactPoint {
        /// phone, email, sms, …
        system: Option<String>, Inherit;
        /// The number or address.
        value: String, Inherit;
        /// home, work, mobile, old, …
        r#use: Option<String>, Inherit;
    }
}

object! {
    /// An identifier within a system. Of social security numbers only the last four digits are shown.
    struct Identifier {
        /// URI of the system.
        system: Option<Text>, Inherit;
        /// The value.
        value: Text, Inherit;
        /// HL7 v2-0203 code of its type: MR, SS, DL, …
        r#type: Option<Text>, Inherit;
    }
}

choice! {
    /// HL7 administrative gender.
    enum AdministrativeSex {
        /// Male.
        Male = "MALE",
        /// Female.
        Female = "FEMALE",
        /// Other.
        Other = "OTHER",
        /// Not known.
        Unknown = "UNKNOWN",
    }
}

/// What the sources say about who the patient is.
#[derive(Debug, Default)]
pub(crate) struct Demographics {
    pub(crate) name: Option<PersonName>,
    pub(crate) age_band: Option<String>,
    pub(crate) birth_date: Option<Day>,
    pub(crate) born: Option<FuzzyDate>,
    pub(crate) sex: Option<AdministrativeSex>,
    pub(crate) deceased: Option<FuzzyDate>,
    pub(crate) is_deceased: Option<bool>,
    pub(crate) languages: Option<Vec<Concept>>,
    pub(crate) addresses: Option<Vec<Address>>,
    pub(crate) telecom: Option<Vec<ContactPoint>>,
    pub(crate) identifiers: Option<Vec<Identifier>>,
    pub(crate) provenance: Option<Provenance>,
}

/// Where people are known best: the practice that has them for years, then the hospital, and so on.
fn rank(category: Category) -> u8 {
    match category {
        Category::PrimaryCare => 0,
        Category::Hospital => 1,
        Category::Specialist => 2,
        Category::BehavioralHealth => 3,
        Category::Pharmacy => 4,
        Category::Community => 5,
    }
}

/// How old somebody is, in steps: children as `0-12` and `13-17`, whoever is 90 or older as `90+` (as 45 CFR
/// 164.514(b)(2)(i)(C) has it). `None` when the year of birth does not decide it.
fn age_band(born: &FuzzyDate, today: OffsetDateTime) -> Option<String> {
    let day = born.as_day()?;
    let (year, rest) = day.split_at_checked(4)?;
    let year: i32 = year.parse().ok()?;
    let birthday = format!("-{:02}-{:02}", u8::from(today.month()), today.day());
    let age = today.year() - year - i32::from(*rest > *birthday);
    Some(match age {
        ..0 => return None,
        0..=12 => "0-12".to_owned(),
        13..=17 => "13-17".to_owned(),
        18..=29 => "18-29".to_owned(),
        30..=89 => format!("{}-{}", age / 10 * 10, age / 10 * 10 + 9),
        _ => "90+".to_owned(),
    })
}

/// Reads who the patient is from all linked records; that they belong together was decided by identity, so nothing
/// is merged by likeness here.
pub(crate) fn read(view: &View) -> Demographics {
    let claims = claims(view);
    if claims.is_empty() { Demographics::default() } else { said(Reading::of(claims)) }
}

/// What is said of the person, by whoever knows people best first.
fn claims(view: &View) -> Vec<Claim<'_, record::Person>> {
    let members = view.section(Section::Demographics).members().iter();
    let mut claims: Vec<_> = members
        .filter_map(|member| match &member.record.fact {
            Fact::Person(fact) => Some(Claim { member, fact: &**fact }),
            _ => None,
        })
        .collect();
    claims
        .sort_by_key(|claim| (rank(claim.member.source.category), claim.member.source.id.clone()));
    claims
}

fn said(mut reading: Reading<'_, record::Person>) -> Demographics {
    let born = reading.date("birthDate", |person| person.birth_date.as_ref());
    let sex = reading.agreed("sex", sex, |sex| Cow::Borrowed(sex.name()));
    let name = reading.agreed(
        "name",
        |person| person.names.first()?.display().map(|name| fold(&name)),
        |name| Cow::Owned(name.clone()),
    );
    let deceased = reading.date("deceased", |person| person.deceased.as_ref()?.as_ref());
    Demographics {
        name: name.and_then(|_| reading.first(|person| person.names.first()).map(Into::into)),
        age_band: born.as_ref().and_then(|born| age_band(born, OffsetDateTime::now_utc())),
        birth_date: born.as_ref().and_then(FuzzyDate::as_day).map(|day| Day(day.to_owned())),
        born,
        sex,
        is_deceased: reading.first(|person| person.deceased.as_ref().map(|_| true)),
        deceased,
        languages: reading.concepts(|person| &person.languages),
        addresses: distinct(
            &reading,
            |person| person.addresses.iter().map(Into::into).collect(),
            Address::key,
        ),
        telecom: distinct(
            &reading,
            |person| person.telecom.iter().map(Into::into).collect(),
            ContactPoint::key,
        ),
        identifiers: distinct(
            &reading,
            |person| person.identifiers.iter().map(Into::into).collect(),
            Identifier::key,
        ),
        provenance: Some(reading.provenance()),
    }
}

fn sex(person: &record::Person) -> Option<AdministrativeSex> {
    match person.sex.as_deref()? {
        "male" => Some(AdministrativeSex::Male),
        "female" => Some(AdministrativeSex::Female),
        "other" => Some(AdministrativeSex::Other),
        "unknown" => Some(AdministrativeSex::Unknown),
        _ => None,
    }
}

fn distinct<'m, T>(
    reading: &Reading<'m, record::Person>,
    of: impl Fn(&'m record::Person) -> Vec<T>,
    key: impl Fn(&T) -> String,
) -> Option<Vec<T>> {
    let mut seen = std::collections::HashSet::new();
    let all: Vec<T> = reading.facts().flat_map(of).filter(|item| seen.insert(key(item))).collect();
    (!all.is_empty()).then_some(all)
}

impl From<&record::PersonName> for PersonName {
    fn from(name: &record::PersonName) -> Self {
        Self {
            text: name.display(),
            family: name.family.clone(),
            given: name.given.clone(),
            prefix: name.prefix.clone(),
            suffix: name.suffix.clone(),
        }
    }
}

impl From<&record::Address> for Address {
    fn from(address: &record::Address) -> Self {
        Self {
            r#use: address.usage.clone(),
            line: address.line.clone(),
            city: address.city.clone(),
            state: address.state.clone(),
            postal_code: address.postal_code.clone(),
            country: address.country.clone(),
        }
    }
}

impl Address {
    fn key(&self) -> String {
        let parts = self.line.iter().chain(&self.city).chain(&self.state).chain(&self.postal_code);
        fold(&parts.map(String::as_str).collect::<Vec<_>>().join(" "))
    }
}

impl From<&record::ContactPoint> for ContactPoint {
    fn from(point: &record::ContactPoint) -> Self {
        Self {
            system: point.system.clone(),
            value: point.value.clone(),
            r#use: point.usage.clone(),
        }
    }
}

impl ContactPoint {
    fn key(&self) -> String {
        match self.system.as_deref() {
            Some("phone" | "sms" | "fax") => {
                self.value.chars().filter(char::is_ascii_digit).collect()
            }
            _ => fold(&self.value),
        }
    }
}

impl From<&record::Identifier> for Identifier {
    fn from(identifier: &record::Identifier) -> Self {
        let is_ssn = identifier.system.as_deref() == Some(systems::SSN)
            || identifier.kind.as_deref() == Some("SS");
        let value = if is_ssn { last_four(&identifier.value) } else { identifier.value.clone() };
        Self { system: identifier.system.clone(), value, r#type: identifier.kind.clone() }
    }
}

impl Identifier {
    fn key(&self) -> String {
        format!("{}|{}", self.system.as_deref().unwrap_or_default(), self.value)
    }
}

fn last_four(number: &str) -> Text {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let last: String = digits[digits.len().saturating_sub(4)..].iter().collect();
    Text::from(format!("***-**-{last}"))
}
