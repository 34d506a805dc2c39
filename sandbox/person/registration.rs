//! How one system has registered a person: which numbers, which spelling, which contact, and what can be linked by it.

use serde::{Serialize, Serializer};

use super::{
    Person,
    identity::{Identities, Shared},
    kin::Pair,
    names,
    places::Address,
};
use crate::{dice::Dice, site::Site};

/// How well a record can be told to be this person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    /// Numbers that other systems know too.
    Numbers,
    /// No such number, but the exact name, birth date, sex and some contact.
    Demographics,
    /// Neither: another name, another address.
    Nothing,
}

/// A ground on which two records are one person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// They carry the same identifier; its system.
    Identifier(&'static str),
    /// Name, birth date and sex agree, and so does this.
    Demographics(Contact),
}

impl Serialize for Ground {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Identifier(system) => serializer.serialize_str(&format!("identifier {system}")),
            Self::Demographics(contact) => {
                serializer.serialize_str(&format!("demographics and {}", contact.as_str()))
            }
        }
    }
}

/// A way to reach a person that two systems may both have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contact {
    /// Telephone.
    Phone,
    /// Postal address.
    Address,
    /// E-mail.
    Email,
}

impl Contact {
    fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Address => "address",
            Self::Email => "email",
        }
    }
}

/// One system's registration of a person.
pub(crate) struct Registration {
    pub(crate) site: Site,
    carries: Carries,
    /// The contacts that were written down.
    contacts: Vec<Contact>,
    /// The person shares all of this with somebody else at the same site.
    ambiguous: bool,
    style: u64,
}

impl Registration {
    /// The registrations of a person, site by site. `doubled` when the person's namesake is in the population.
    pub(crate) fn all(person: &Person, doubled: bool) -> Vec<Self> {
        let dice = person.dice.fork("registrations");
        let known: Vec<Site> =
            Site::ALL.into_iter().filter(|site| person.known_to(*site)).collect();
        known
            .iter()
            .zip(0..)
            .map(|(site, place)| {
                let mut dice = dice.fork(site.id());
                let carries = carries(person, *site, (place, known.len()), dice.below(1000));
                Self::throw(person, *site, carries, doubled, dice)
            })
            .collect()
    }

    /// How the clinic among the partners has registered a person whom it knows: with the numbers that others know too, but
    /// for one in six.
    pub(crate) fn at_partner(person: &Person) -> Self {
        let site = Site::Clearview;
        let mut dice = person.dice.fork("registrations").fork(site.id());
        let numbers = person.featured() || dice.below(6) > 0;
        let carries = if numbers { Carries::Numbers } else { Carries::Demographics };
        Self::throw(person, site, carries, false, dice)
    }

    fn throw(person: &Person, site: Site, carries: Carries, doubled: bool, mut dice: Dice) -> Self {
        let contacts = contacts(person, carries, &mut dice);
        let namesake = person.kin.pair() == Some(Pair::Namesakes);
        let ambiguous = doubled && namesake && carries == Carries::Demographics;
        let style = if carries == Carries::Numbers && dice.percent(50) { 0 } else { dice.throw() };
        Self { site, carries, contacts, ambiguous, style }
    }

    /// The shared numbers that this record carries.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = Shared> {
        let carried = self.carries == Carries::Numbers;
        Shared::ALL.into_iter().filter(move |shared| carried && shared.known_to(self.site))
    }

    /// Why two registrations of one person can be told to be one person's, best ground first.
    pub(crate) fn ground(&self, other: &Self) -> Option<Ground> {
        if let Some(shared) =
            self.numbers().find(|shared| other.numbers().any(|known| known == *shared))
        {
            return Some(Ground::Identifier(shared.system()));
        }
        // Records under another name and address agree with each other, but with none of the rest.
        let strange = |record: &Self| record.carries == Carries::Nothing;
        if self.ambiguous || other.ambiguous || strange(self) != strange(other) {
            return None;
        }
        let agreeing = self.contacts.iter().find(|contact| other.contacts.contains(contact));
        agreeing.copied().map(Ground::Demographics)
    }

    /// True when somebody else at this site looks the same on paper.
    pub(crate) fn ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// Family name and given names, as this site spells them.
    pub(crate) fn name(&self, person: &Person) -> (String, Vec<String>) {
        let stranger = self.carries == Carries::Nothing;
        let family = if stranger { person.former_family } else { person.family };
        let given = if stranger { other_name(person) } else { person.given };
        let spell = |name: &str| match self.style % 5 {
            1 => names::without_accents(name),
            2 => names::without_accents(name).to_uppercase(),
            3 => names::without_punctuation(name),
            4 => name.to_uppercase(),
            _ => name.to_owned(),
        };
        let mut given = vec![spell(given)];
        if person.uses_middle && !stranger {
            given.push(person.middle.to_string());
        }
        (spell(family), given)
    }

    /// The telephone, as this site writes numbers.
    pub(crate) fn phone(&self, person: &Person, identities: &Identities) -> Option<String> {
        let owner = if self.carries == Carries::Nothing {
            person.phone_of + 4_000_000
        } else {
            person.phone_of
        };
        let [area, exchange, line] = identities.phone(owner);
        self.contacts.contains(&Contact::Phone).then(|| match self.style / 15 % 4 {
            1 => format!("({area}) {exchange}-{line:04}"),
            2 => format!("+1 {area} {exchange} {line:04}"),
            3 => format!("{area}.{exchange}.{line:04}"),
            _ => format!("{area}-{exchange}-{line:04}"),
        })
    }

    /// The e-mail address.
    pub(crate) fn email(&self, person: &Person) -> Option<String> {
        let plain = |name: &str| names::without_punctuation(name).replace(' ', "").to_lowercase();
        let name = plain(self.email_name(person));
        let address = format!("{name}.{}{}@mail.example", plain(person.family), person.number);
        self.contacts
            .contains(&Contact::Email)
            .then(|| if self.style / 60 % 4 == 1 { address.to_uppercase() } else { address })
    }

    fn email_name<'a>(&self, person: &'a Person) -> &'a str {
        if self.carries == Carries::Nothing { "contact" } else { person.given }
    }

    /// The address, and its first line as this site writes it.
    pub(crate) fn address(&self, person: &Person) -> Option<(Address, String)> {
        let address =
            if self.carries == Carries::Nothing { person.former_address } else { person.address };
        let line = address.line();
        self.contacts
            .contains(&Contact::Address)
            .then(|| (address, if self.style / 240 % 3 == 1 { line.to_uppercase() } else { line }))
    }
}

/// What a record carries: most carry numbers, some do not, few cannot be told to be anybody's.
fn carries(person: &Person, site: Site, (place, count): (usize, usize), thrown: u64) -> Carries {
    // The featured patient can be found everywhere, on both grounds.
    if person.featured() {
        return if site == Site::Cornerstone { Carries::Demographics } else { Carries::Numbers };
    }
    match thrown {
        // Only the first record of a namesake carries a number: that is what makes the others ambiguous.
        _ if person.kin.pair() == Some(Pair::Namesakes) => {
            if place == 0 {
                Carries::Numbers
            } else {
                Carries::Demographics
            }
        }
        0..150 => Carries::Demographics,
        150..170 if count > 1 => Carries::Nothing,
        _ => Carries::Numbers,
    }
}

/// A given name that is not the person's own.
fn other_name(person: &Person) -> &'static str {
    let pool = match person.sex {
        super::Sex::Female => &names::WOMEN,
        super::Sex::Male => &names::MEN,
    };
    let other = person.dice.fork("nickname").pick(pool);
    match other == person.given {
        true if person.given == pool[0] => pool[1],
        true => pool[0],
        false => other,
    }
}

/// The contacts of a record: nearly all, or one or two when little else is known.
fn contacts(person: &Person, carries: Carries, dice: &mut Dice) -> Vec<Contact> {
    // Namesakes have what they share, and nothing that would tell them apart.
    if person.kin.pair() == Some(Pair::Namesakes) {
        return vec![Contact::Phone, Contact::Address];
    }
    let kept = dice.below(3);
    let sparse = carries == Carries::Demographics;
    let writes = person.age() >= 16 && dice.percent(80);
    let mut contacts = Vec::with_capacity(3);
    if !sparse || kept == 0 || dice.percent(40) {
        contacts.push(Contact::Phone);
    }
    if !sparse || kept == 1 || dice.percent(40) {
        contacts.push(Contact::Address);
    }
    if writes && (!sparse || kept == 2) {
        contacts.push(Contact::Email);
    }
    if contacts.is_empty() {
        contacts.push(Contact::Address);
    }
    contacts
}
