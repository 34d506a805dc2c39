//! A made-up population, scattered over sources. Nothing is kept: whoever is asked for is made up again.

use async_trait::async_trait;
use caregraph_connectors::connector::{Answer, Ask, LocalId, RosterEntry};
use caregraph_connectors::record::{
    Address, ContactPoint, FuzzyDate, Identifier, Person, PersonName, Section, systems,
};
use caregraph_connectors::{Connector, Problem, RosterCursor, RosterPage};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::Instant;

/// The family name that one in thirty bears.
pub(crate) const COMMON: &str = "Baker";
/// A family name that hardly anybody bears.
pub(crate) const RARE: &str = "Zuzuzu";

const PAGE: usize = 500;
const SYLLABLES: [&str; 32] = [
    "ba", "ker", "mon", "ta", "lo", "ris", "fen", "gar", "du", "val", "hol", "mer", "sti", "pra",
    "ne", "wil", "ca", "tor", "bri", "el", "sa", "jo", "ran", "ki", "mu", "ode", "las", "qui",
    "xi", "ya", "zu", "on",
];

/// How many people there are, and in how many sources.
#[derive(Clone, Copy)]
pub(crate) struct Population {
    pub(crate) people: u64,
    pub(crate) sources: u32,
}

/// Who somebody really is.
pub(crate) struct Truth {
    pub(crate) given: String,
    pub(crate) family: String,
    pub(crate) birth: String,
    sex: &'static str,
    social: String,
    member: String,
    phone: String,
    street: String,
    postal: String,
}

impl Population {
    /// Everybody is in one source at least, and in two of five of the others.
    pub(crate) fn is_in(self, person: u64, source: u32) -> bool {
        let mut random = StdRng::seed_from_u64(person ^ 0xA11C_E000_0000_0000);
        let home = random.random_range(0..self.sources);
        let also = (0..=source).map(|_| random.random_bool(0.4)).last();
        source == home || also == Some(true)
    }

    /// An identifier that somebody bears wherever they are.
    pub(crate) fn identifier(person: u64) -> (String, String) {
        (systems::SSN.to_owned(), Self::person(person).social)
    }

    pub(crate) fn person(person: u64) -> Truth {
        let mut random = StdRng::seed_from_u64(person);
        let family = match random.random_range(0..900) {
            0..30 => COMMON.to_owned(),
            _ => word(&mut random, 3),
        };
        Truth {
            given: word(&mut random, 2),
            family,
            birth: format!(
                "{}-{:02}-{:02}",
                random.random_range(1930..2020),
                random.random_range(1..13),
                random.random_range(1..29)
            ),
            sex: if random.random_bool(0.5) { "female" } else { "male" },
            social: format!(
                "{:03}-{:02}-{:04}",
                100 + person / 891_800 % 500,
                1 + person / 9_100 % 98,
                1 + person % 9_100
            ),
            member: format!("M{person:09}"),
            phone: format!("617{:07}", 2_000_000 + person * 3 % 7_000_000),
            street: format!("{} {} Street", random.random_range(1..2_000), word(&mut random, 2)),
            postal: format!("{:05}", random.random_range(1_000..99_000)),
        }
    }

    /// Somebody as one source has them: with gaps, and now and then with a mistake.
    fn record(person: u64, source: u32) -> Person {
        let truth = Self::person(person);
        let mut random = StdRng::seed_from_u64(person * 31 + u64::from(source) + 1_000_000_007);
        let mut identifiers =
            vec![identifier(&format!("urn:source-{source}:mrn"), &format!("{person:08}"))];
        if random.random_bool(0.6) {
            identifiers.push(identifier(systems::SSN, &truth.social));
        }
        if random.random_bool(0.6) {
            identifiers.push(identifier("urn:payer:member", &truth.member));
        }
        let misspelt = random.random_bool(0.05);
        let family = if misspelt { format!("{}e", truth.family) } else { truth.family };
        let mut telecom = Vec::new();
        if random.random_bool(0.8) {
            let value = if random.random_bool(0.1) { "6175550199".to_owned() } else { truth.phone };
            telecom.push(contact("phone", value));
        }
        if random.random_bool(0.5) {
            telecom.push(contact("email", format!("p{person}@example.org")));
        }
        Person {
            names: vec![PersonName {
                given: vec![truth.given],
                family: Some(family),
                ..PersonName::default()
            }],
            birth_date: FuzzyDate::parse(&truth.birth),
            sex: Some(truth.sex.to_owned()),
            addresses: vec![Address {
                line: vec![truth.street],
                postal_code: Some(truth.postal),
                ..Address::default()
            }],
            telecom,
            identifiers,
            ..Person::default()
        }
    }
}

fn word(random: &mut StdRng, syllables: usize) -> String {
    // Two dice instead of one: some names are more usual than others.
    let syllable = |random: &mut StdRng| {
        SYLLABLES[random.random_range(0..32usize).min(random.random_range(0..32))]
    };
    let word: String = (0..syllables).map(|_| syllable(random)).collect();
    word[..1].to_uppercase() + &word[1..]
}

fn identifier(system: &str, value: &str) -> Identifier {
    Identifier { system: Some(system.into()), value: value.into(), kind: None }
}

fn contact(system: &str, value: String) -> ContactPoint {
    ContactPoint { system: Some(system.to_owned()), value, usage: None }
}

/// The roster of one source.
pub(crate) struct Roster {
    population: Population,
    source: u32,
    total: u64,
}

#[async_trait]
impl Connector for Roster {
    fn offers(&self) -> &[Section] {
        &[Section::Demographics]
    }

    async fn fetch(&self, _: Ask<'_>) -> Answer {
        Answer::new()
    }

    async fn roster(&self, from: &RosterCursor, _: Instant) -> Result<RosterPage, Problem> {
        let start = match from {
            RosterCursor::Start => 0,
            RosterCursor::ChangedSince(_) => self.population.people,
            RosterCursor::Page(page) => page.parse().map_err(|_| Problem::Garbled)?,
        };
        let mut page = RosterPage { total: Some(self.total), ..RosterPage::default() };
        for person in (start..self.population.people)
            .filter(|person| self.population.is_in(*person, self.source))
        {
            if page.people.len() == PAGE {
                page.next = Some(RosterCursor::Page(person.to_string()));
                break;
            }
            page.people.push(RosterEntry {
                id: LocalId::new(format!("p{person}")),
                active: true,
                person: Population::record(person, self.source),
            });
        }
        Ok(page)
    }
}

impl Roster {
    pub(crate) fn new(population: Population, source: u32) -> Self {
        let total =
            (0..population.people).filter(|person| population.is_in(*person, source)).count();
        Self { population, source, total: total as u64 }
    }
}
