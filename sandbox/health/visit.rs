//! When a person was seen, and where.

use time::OffsetDateTime;

use super::{CLINICS, Held, problem::Problem};
use crate::{
    day,
    person::Person,
    site::Site,
    terms::{Code, problems::Care},
};

/// An encounter of one person.
pub(crate) struct Visit {
    /// The same at every site that knows of it.
    pub(crate) key: String,
    /// Where it happened.
    pub(crate) site: Site,
    pub(crate) class: Class,
    pub(crate) kind: Code,
    pub(crate) start: OffsetDateTime,
    pub(crate) end: OffsetDateTime,
    pub(crate) reason: Option<&'static str>,
    pub(crate) held: Held,
}

/// The setting, a code of `ActCode`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Ambulatory,
    Emergency,
    Inpatient,
    Virtual,
}

impl Class {
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Ambulatory => ("AMB", "ambulatory"),
            Self::Emergency => ("EMER", "emergency"),
            Self::Inpatient => ("IMP", "inpatient encounter"),
            Self::Virtual => ("VR", "virtual"),
        }
    }
}

const CHECK_UP: Code = ("185349003", "Encounter for check up (procedure)");
const CONSULTATION: Code = ("698314001", "Consultation for treatment (procedure)");
const FOLLOW_UP: Code = ("390906007", "Follow-up encounter (procedure)");
const EMERGENCY: Code = ("50849002", "Emergency room admission (procedure)");
const STAY: Code = ("183452005", "Emergency hospital admission (procedure)");

pub(crate) fn all(person: &Person, problems: &[Problem]) -> Vec<Visit> {
    let mut visits = Vec::new();
    for site in CLINICS.into_iter().filter(|site| person.known_to(*site)) {
        clinic_visits(person, site, problems, &mut visits);
    }
    hospital_stay(person, problems, &mut visits);
    visits
}

fn clinic_visits(person: &Person, site: Site, problems: &[Problem], visits: &mut Vec<Visit>) {
    let mut dice = person.dice.fork("visits").fork(site.id());
    let load = i64::try_from(problems.iter().filter(|problem| problem.held.has(site)).count())
        .unwrap_or(0);
    let count = match site {
        Site::Stmary => dice.between(0, 1 + load / 4),
        _ => dice.between(1, 2 + load / 2),
    };
    let reasons: Vec<_> = problems
        .iter()
        .filter(|problem| problem.held.has(site))
        .map(|problem| problem.term.key)
        .collect();
    let mut day = day::days_after(person.horizon, -dice.between(3, 60));
    for place in 0..count {
        let start = day::at(day, dice.between(13, 21), dice.between(0, 11) * 5);
        let (class, kind, minutes) = match (site, dice.below(10)) {
            (Site::Stmary, _) => (Class::Emergency, EMERGENCY, dice.between(90, 420)),
            (Site::Harbor, 0..4) => (Class::Virtual, CONSULTATION, 50),
            (Site::Harbor | Site::Northgate, _) => (Class::Ambulatory, CONSULTATION, 45),
            (_, 0..4) => (Class::Ambulatory, CHECK_UP, 30),
            _ => (Class::Ambulatory, FOLLOW_UP, 20),
        };
        visits.push(Visit {
            key: format!("encounter/{}-{place}", site.id()),
            site,
            class,
            kind,
            start,
            end: start + time::Duration::minutes(minutes),
            reason: (!reasons.is_empty()).then(|| dice.pick(&reasons)),
            held: Held::by(site),
        });
        day = day::days_after(day, -dice.between(25, 150));
        if day < person.birth {
            break;
        }
    }
}

/// The stay of whoever had something for the hospital; the practice was told of it.
fn hospital_stay(person: &Person, problems: &[Problem], visits: &mut Vec<Visit>) {
    let cause = problems
        .iter()
        .find(|problem| problem.term.care == Care::Hospital && problem.held.has(Site::Stmary));
    let Some(cause) = cause.filter(|_| person.known_to(Site::Stmary)) else { return };
    let mut dice = person.dice.fork("stay");
    let start = day::at(cause.onset, dice.between(1, 23), dice.between(0, 59));
    // The featured patient went home six days ago.
    let days = if person.featured() { 6 } else { dice.between(1, 9) };
    let end = start + time::Duration::days(days) - time::Duration::hours(3);
    visits.push(Visit {
        key: "encounter/stay".to_owned(),
        site: Site::Stmary,
        class: Class::Inpatient,
        kind: STAY,
        start,
        end,
        reason: Some(cause.term.key),
        held: Held::by(Site::Stmary).and(person, Site::Lakeside),
    });
}
