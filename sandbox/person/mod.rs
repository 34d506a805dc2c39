//! One person: who they are, where they live and which systems know them. What is wrong with them is in `health`.
//!
//! A person is a pure function of the population's seed and a number; nobody is stored.

pub(crate) mod identity;
pub(crate) mod kin;
pub(crate) mod names;
pub(crate) mod places;
pub(crate) mod registration;

use std::fmt;

use time::Date;

use crate::{day, dice::Dice, site::Site};
use kin::{Kin, Pair};
use places::Address;

/// Administrative sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

impl Sex {
    /// The FHIR code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }
}

/// A person of the population.
#[derive(Clone)]
pub struct Person {
    pub(crate) number: u64,
    pub(crate) given: &'static str,
    pub(crate) middle: char,
    pub(crate) uses_middle: bool,
    pub(crate) family: &'static str,
    /// What the family name was before, and what friends say: records that cannot be linked use these.
    pub(crate) former_family: &'static str,
    pub(crate) sex: Sex,
    pub(crate) birth: Date,
    /// The last day that something can happen to this person: today, or the day of death.
    pub(crate) horizon: Date,
    pub(crate) deceased: bool,
    pub(crate) address: Address,
    pub(crate) former_address: Address,
    /// Whose telephone it is: families share one.
    pub(crate) phone_of: u64,
    /// Which of [`Site::ALL`] know this person.
    pub(crate) sites: [bool; 5],
    pub(crate) kin: Kin,
    /// The dice of everything about this person that no relative shares.
    pub(crate) dice: Dice,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").finish_non_exhaustive()
    }
}

impl Person {
    pub(crate) fn new(seed: u64, number: u64, today: Date) -> Self {
        let kin = Kin::of(seed, number);
        let mut person = match kin {
            Kin::Second(_, first) => Self::alone(seed, first, today),
            Kin::None | Kin::First(_) => Self::alone(seed, number, today),
        };
        person.kin = kin;
        person.number = number;
        person.dice = Dice::new(&[seed, number]);
        match kin.pair() {
            Some(Pair::FatherAndSon) => person.become_father_or_son(today),
            Some(Pair::Twins) => person.become_twin(),
            Some(Pair::Namesakes) => person.sites = [true, false, true, false, person.sites[4]],
            None if number == 0 => person.become_featured(today),
            None => {}
        }
        person
    }

    fn alone(seed: u64, number: u64, today: Date) -> Self {
        let mut dice = Dice::new(&[seed, number]).fork("person");
        let sex = if dice.percent(53) { Sex::Female } else { Sex::Male };
        let birth = birth_date(&mut dice, today);
        let age = day::age_on(birth, today);
        let deceased = age > 70 && dice.percent(3);
        let horizon = if deceased { day::days_after(today, -dice.between(5, 90)) } else { today };
        Self {
            number,
            given: given_name(sex, &mut dice),
            middle: char::from(b'A' + u8::try_from(dice.below(26)).expect("a letter")),
            uses_middle: dice.percent(30),
            family: dice.pick(&names::FAMILIES),
            former_family: dice.pick(&names::FAMILIES),
            sex,
            birth,
            horizon,
            deceased,
            address: Address::throw(&mut dice),
            former_address: Address::throw(&mut dice),
            phone_of: number,
            sites: sites(&mut dice, age),
            kin: Kin::None,
            dice,
        }
    }

    /// The patient that the demo shows: known everywhere, with much to coordinate.
    fn become_featured(&mut self, today: Date) {
        (self.given, self.family, self.former_family) = ("Renée", "O'Malley-Castellano", "Byrne");
        self.sex = Sex::Female;
        self.birth = day::days_after(day::years_after(today, -69), 97);
        (self.deceased, self.horizon) = (false, today);
        self.sites = [true; 5];
    }

    fn become_father_or_son(&mut self, today: Date) {
        let mut dice = Dice::new(&[self.phone_of, 77]);
        self.sex = Sex::Male;
        self.given = given_name(Sex::Male, &mut dice);
        self.birth = day::days_after(day::years_after(today, -62), dice.between(0, 360));
        if matches!(self.kin, Kin::Second(..)) {
            self.birth = day::days_after(day::years_after(self.birth, 27), dice.between(1, 300));
        }
        (self.deceased, self.horizon) = (false, today);
        self.sites[Site::Lakeside.index()] = true;
    }

    fn become_twin(&mut self) {
        self.sites[Site::Lakeside.index()] = true;
        if matches!(self.kin, Kin::Second(..)) {
            let twin = self.given;
            let mut dice = self.dice.fork("twin");
            while self.given == twin {
                self.given = given_name(self.sex, &mut dice);
            }
        }
    }

    /// The person's place in the population.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Given name, as the person writes it.
    pub fn given(&self) -> &str {
        self.given
    }

    /// Family name, as the person writes it.
    pub fn family(&self) -> &str {
        self.family
    }

    /// Date of birth.
    pub fn birth_date(&self) -> Date {
        self.birth
    }

    /// Administrative sex.
    pub fn sex(&self) -> Sex {
        self.sex
    }

    /// True for the patient whom the demo shows.
    pub(crate) fn featured(&self) -> bool {
        self.number == 0
    }

    pub(crate) fn known_to(&self, site: Site) -> bool {
        match site {
            Site::Clearview => self.has_eyes_checked(),
            _ => self.sites[site.index()],
        }
    }

    /// True for two fifths of those who are forty, and for the patient whom the demo shows. Nobody goes there who is
    /// easily taken for somebody else.
    fn has_eyes_checked(&self) -> bool {
        let goes = self.age() >= 40 && self.dice.fork("clearview").percent(40);
        self.featured() || (goes && self.kin == Kin::None)
    }

    pub(crate) fn age(&self) -> i32 {
        day::age_on(self.birth, self.horizon)
    }

    /// The day when the person had some age.
    pub(crate) fn day_at_age(&self, age: i32) -> Date {
        day::years_after(self.birth, age)
    }
}

fn given_name(sex: Sex, dice: &mut Dice) -> &'static str {
    match sex {
        Sex::Female => dice.pick(&names::WOMEN),
        Sex::Male => dice.pick(&names::MEN),
    }
}

/// Care systems see the old more often than the young.
fn birth_date(dice: &mut Dice, today: Date) -> Date {
    let (youngest, oldest) = match dice.below(100) {
        0..14 => (1, 17),
        14..40 => (18, 39),
        40..74 => (40, 64),
        _ => (65, 93),
    };
    let age = i32::try_from(dice.between(youngest, oldest)).expect("ages are small");
    day::days_after(day::years_after(today, -age), -dice.between(1, 364))
}

/// Which systems know a person: everyone has at least a practice or the hospital.
fn sites(dice: &mut Dice, age: i32) -> [bool; 5] {
    let specialist = if age >= 45 { 38 } else { 8 };
    let behavioural = if age >= 15 { 14 } else { 3 };
    let lakeside = dice.percent(78);
    [
        lakeside,
        dice.percent(specialist),
        dice.percent(48) || !lakeside,
        dice.percent(behavioural),
        dice.percent(66),
    ]
}
