//! What is true of a person's health, whichever system knows it. How systems write it down is in `chart`.

mod featured;
pub(crate) mod problem;
pub(crate) mod reading;
pub(crate) mod therapy;
pub(crate) mod visit;

use crate::{person::Person, site::Site};
use problem::Problem;
use reading::Reading;
use therapy::Therapy;
use visit::Visit;

/// Everything that is true of a person's health and takes part in more than one section.
pub(crate) struct Health {
    pub(crate) problems: Vec<Problem>,
    pub(crate) visits: Vec<Visit>,
    pub(crate) therapies: Vec<Therapy>,
    pub(crate) readings: Vec<Reading>,
}

impl Health {
    pub(crate) fn of(person: &Person) -> Self {
        let problems = problem::all(person);
        let visits = visit::all(person, &problems);
        let therapies = therapy::all(person, &problems);
        let readings = reading::all(person, &problems, &therapies);
        let mut health = Self { problems, visits, therapies, readings };
        featured::stage(&mut health, person);
        health
    }

    /// The problem with a key of the tables, if the person has or had it.
    pub(crate) fn problem(&self, key: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.term.key == key)
    }
}

/// The sites that know of a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held([bool; Site::WITH_PARTNER.len()]);

impl Held {
    pub(crate) fn by(site: Site) -> Self {
        let mut held = Self::default();
        held.0[site.index()] = true;
        held
    }

    pub(crate) fn has(self, site: Site) -> bool {
        self.0[site.index()]
    }

    pub(crate) fn count(self) -> usize {
        self.0.iter().filter(|held| **held).count()
    }

    /// Throws for each clinic that knows the person: `chances` in percent, pharmacy excepted. Somebody always knows.
    pub(crate) fn throw(person: &Person, dice: &mut crate::dice::Dice, chances: [u64; 4]) -> Self {
        let mut held = Self::default();
        for (site, chance) in Site::ALL.into_iter().zip(chances) {
            held.0[site.index()] = dice.percent(chance) && person.known_to(site);
        }
        if held.count() == 0 {
            let likely =
                Site::ALL.into_iter().zip(chances).filter(|(site, _)| person.known_to(*site));
            if let Some((site, _)) = likely.max_by_key(|(_, chance)| *chance) {
                held.0[site.index()] = true;
            }
        }
        held
    }

    /// The same sites and one more, if it knows the person.
    pub(crate) fn and(mut self, person: &Person, site: Site) -> Self {
        self.0[site.index()] |= person.known_to(site);
        self
    }
}

/// Sites that see the person in a clinic: all but the pharmacy.
pub(crate) const CLINICS: [Site; 4] = [Site::Lakeside, Site::Northgate, Site::Stmary, Site::Harbor];

/// The first of some sites that knows the person, else the practice or the hospital that does.
pub(crate) fn first_known(person: &Person, wanted: &[Site]) -> Site {
    let fallback = [Site::Lakeside, Site::Stmary];
    wanted
        .iter()
        .chain(&fallback)
        .copied()
        .find(|site| person.known_to(*site))
        .unwrap_or(Site::Lakeside)
}
