//! Who is a member of the pharmacy, and how they are registered there.

use serde_json::{Value, json};

use crate::{
    dice::Dice,
    permutation::Permutation,
    person::{
        Person, Sex,
        kin::{Kin, Pair},
        names, places,
    },
    population::Population,
};

/// More members than anybody generates.
const NUMBERS: u64 = 100_000_000;

/// Turns people into members and back.
pub(crate) struct Members(Permutation);

impl Members {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Permutation::new(seed, "members of greenleaf", NUMBERS))
    }

    /// True for the patient whom the demo shows, and for nine of twenty others. Namesakes go elsewhere: nobody could tell which
    /// of them a record is about.
    pub(crate) fn has(population: &Population, person: u64) -> bool {
        if person >= population.size() {
            return false;
        }
        let seed = population.seed();
        let is_namesake = Kin::of(seed, person).pair() == Some(Pair::Namesakes);
        let joins = Dice::new(&[seed, person]).fork("greenleaf").percent(45);
        person == 0 || (joins && !is_namesake)
    }

    /// The number of a person, member or not.
    pub(super) fn number(&self, person: u64) -> String {
        format!("GL-{:08}", self.rank(person))
    }

    /// The same as a bare number.
    pub(super) fn rank(&self, person: u64) -> u64 {
        self.0.hide(person % NUMBERS).unwrap_or(0)
    }

    /// The person behind a number.
    pub(super) fn owner(&self, number: &str) -> Option<u64> {
        let digits = number.strip_prefix("GL-").filter(|digits| digits.len() == 8)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        self.0.reveal(digits.parse().ok().filter(|_| is_number)?)
    }

    /// What the list says of a member. The pharmacy knows no accents.
    pub(super) fn entry(&self, population: &Population, person: &Person) -> Value {
        let mut dice = dice(person);
        let [area, exchange, line] = population.ids().identities.phone(person.phone_of);
        let middle = person.uses_middle.then(|| person.middle.to_string());
        let state = match (person.deceased, dice.below(30)) {
            (true, _) => "C",
            (false, 0) if !person.featured() => "S",
            (false, _) => "A",
        };
        let plain = |name: &str| names::without_punctuation(name).replace(' ', "").to_lowercase();
        let email = format!(
            "{}.{}{}@mail.example",
            plain(person.given),
            plain(person.family),
            person.number
        );
        json!({
            "memberNo": self.number(person.number),
            "name": {
                "first": names::without_accents(person.given),
                "middle": middle,
                "last": names::without_accents(person.family),
            },
            "dob": super::file::american(person.birth),
            "gender": if person.sex == Sex::Female { "F" } else { "M" },
            "state": state,
            "address": {
                "street": person.address.line(),
                "city": person.address.town,
                "state": places::STATE,
                "zip": person.address.zip,
            },
            "phone": format!("+1 {area} {exchange} {line:04}"),
            // Where there is none the field is empty.
            "email": if person.age() >= 16 { email } else { String::new() },
        })
    }
}

/// What the pharmacy makes of a person.
pub(super) fn dice(person: &Person) -> Dice {
    person.dice.fork("greenleaf").fork("file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_and_strangers_lead_nowhere() {
        let members = Members::new(3);
        for person in [0, 1, 2, 999_999] {
            assert_eq!(members.owner(&members.number(person)), Some(person));
        }
        for strange in ["", "GL-", "GL-1234567", "GL-+1234567", "XX-12345678"] {
            assert_eq!(members.owner(strange), None, "{strange}");
        }
    }

    #[test]
    fn less_than_half_of_the_people_are_members_and_the_first_is_one() {
        let population = Population::new(1, 1000);
        let count = (0..1000).filter(|person| Members::has(&population, *person)).count();
        assert!((380..520).contains(&count), "{count}");
        assert!(Members::has(&population, 0));
        assert!(!Members::has(&population, 1000));
    }
}
