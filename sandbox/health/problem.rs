//! What is or was wrong with a person.

use time::Date;

use super::Held;
use crate::{
    day,
    dice::Dice,
    person::Person,
    site::Site,
    terms::problems::{Care, Course, PROBLEMS, ProblemTerm, problem},
};

/// A diagnosis of one person.
pub(crate) struct Problem {
    pub(crate) term: &'static ProblemTerm,
    pub(crate) onset: Date,
    pub(crate) abated: Option<Date>,
    pub(crate) held: Held,
}

impl Problem {
    /// The key of the fact, the same at every site.
    pub(crate) fn key(&self) -> String {
        format!("condition/{}", self.term.key)
    }

    pub(crate) fn active(&self) -> bool {
        self.abated.is_none()
    }
}

/// What the featured patient lives with.
const FEATURED: [&str; 14] = [
    "diabetes",
    "hypertension",
    "hyperlipidemia",
    "heart-failure",
    "atrial-fibrillation",
    "kidney-disease",
    "neuropathy",
    "hypothyroidism",
    "osteoarthritis",
    "depression",
    "alcohol-dependence",
    "food-insecurity",
    "transport",
    "pneumonia",
];

pub(crate) fn all(person: &Person) -> Vec<Problem> {
    let dice = person.dice.fork("problems");
    PROBLEMS
        .iter()
        .filter(|term| term.sex.is_none_or(|sex| sex == person.sex))
        .filter(|term| {
            if person.featured() { FEATURED.contains(&term.key) } else { has(person, term, &dice) }
        })
        .map(|term| Problem::throw(person, term, dice.fork("course").fork(term.key)))
        .collect()
}

/// True when the dice or the clinics that know the person say so: nobody sees a cardiologist for nothing.
fn has(person: &Person, term: &ProblemTerm, dice: &Dice) -> bool {
    let band = match person.age() {
        ..18 => 0,
        18..40 => 1,
        40..65 => 2,
        _ => 3,
    };
    let rate = term.rates[band];
    let seen = |site: Site, keys: &[&'static str]| {
        person.known_to(site) && dice.fork(site.id()).pick(keys) == term.key && person.age() >= 12
    };
    let related = depends_on(term.key).is_none_or(|cause| has(person, problem(cause), dice));
    (rate > 0 && dice.fork(term.key).per_mille(rate) && related)
        || seen(
            Site::Northgate,
            &["hypertension", "diabetes", "atrial-fibrillation", "coronary", "hypothyroidism"],
        )
        || seen(
            Site::Harbor,
            &[
                "depression",
                "anxiety",
                "bipolar",
                "ptsd",
                "alcohol-dependence",
                "opioid-dependence",
            ],
        )
}

/// Some problems only come with another.
fn depends_on(key: &str) -> Option<&'static str> {
    match key {
        "neuropathy" => Some("diabetes"),
        "heart-failure" => Some("hypertension"),
        _ => None,
    }
}

impl Problem {
    fn throw(person: &Person, term: &'static ProblemTerm, mut dice: Dice) -> Self {
        let today = person.horizon;
        let years = |from: i32| i64::from((person.age() - from).max(0)) * 365;
        let adult = if person.age() > 25 { 22 } else { 4 };
        let (onset, abated) = match term.course {
            Course::Chronic => {
                let onset =
                    day::days_after(today, -dice.between(120, years(adult).clamp(200, 6000)));
                let over = dice.per_mille(60) && term.care != Care::Heart && !person.featured();
                (onset, over.then(|| day::days_after(onset, onset_to(onset, today) / 2)))
            }
            Course::Acute => {
                let onset = day::days_after(
                    today,
                    -if person.featured() { 12 } else { dice.between(20, 1000) },
                );
                let end = day::days_after(onset, dice.between(7, 24));
                (onset, (end < today).then_some(end))
            }
            Course::Pregnancy => {
                let onset = day::days_after(today, -dice.between(30, 500));
                let birth = day::days_after(onset, 275);
                (onset, (birth < today).then_some(birth))
            }
        };
        // Nobody has a condition before birth.
        let onset = onset.max(day::days_after(person.birth, 40)).min(today);
        Self {
            term,
            onset,
            abated: abated.filter(|end| *end > onset),
            held: held(person, term, &mut dice),
        }
    }
}

fn onset_to(onset: Date, today: Date) -> i64 {
    (today - onset).whole_days().max(2)
}

/// Chances of the practice, the specialists, the hospital and behavioural health to know of it.
fn held(person: &Person, term: &ProblemTerm, dice: &mut Dice) -> Held {
    let chances = match term.care {
        Care::Practice => [95, 25, 40, 10],
        Care::Heart | Care::Hormones => [90, 95, 50, 8],
        Care::Mind => [55, 4, 25, 95],
        Care::Hospital => [45, 5, 100, 2],
        Care::Social => [70, 3, 35, 50],
    };
    Held::throw(person, dice, chances)
}
