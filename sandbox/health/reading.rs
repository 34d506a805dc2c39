//! What was measured, and the course that it took.

use time::OffsetDateTime;

use super::{CLINICS, Held, problem::Problem, therapy::Therapy};
use crate::{
    day,
    dice::Dice,
    person::{Person, Sex},
    site::Site,
    terms::{
        Code,
        measurements::{self, Panel, TESTS, Test},
    },
};

/// One measurement.
pub(crate) struct Reading {
    pub(crate) measured: Measured,
    pub(crate) at: OffsetDateTime,
    /// Where it was taken, and who has a copy.
    pub(crate) held: Held,
    pub(crate) taken_at: Site,
}

/// What was measured and what came out.
pub(crate) enum Measured {
    Quantity(&'static Test, f64),
    BloodPressure {
        systolic: i64,
        diastolic: i64,
    },
    Smoking(Smoking),
    Phq9(i64),
    Gad7(i64),
    /// How often food ran out; the answer.
    Hunger(Code),
}

/// Whose effect is measured by the clotting tests.
const WARFARIN: &str = "855332";

impl Reading {
    /// The key of the fact, the same at every site that has a copy.
    pub(crate) fn key(&self) -> String {
        format!(
            "observation/{}/{}/{}",
            self.measured.code().0,
            day::instant(self.at),
            self.taken_at.id()
        )
    }
}

impl Measured {
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Quantity(test, _) => test.code,
            Self::BloodPressure { .. } => measurements::BLOOD_PRESSURE,
            Self::Smoking(_) => measurements::SMOKING,
            Self::Phq9(_) => measurements::PHQ9,
            Self::Gad7(_) => measurements::GAD7,
            Self::Hunger(_) => measurements::HUNGER,
        }
    }
}

/// Whether a person smokes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Smoking {
    Never,
    Former,
    Current,
}

pub(crate) fn all(person: &Person, problems: &[Problem], therapies: &[Therapy]) -> Vec<Reading> {
    let mut readings = Vec::new();
    let warfarin = therapies.iter().any(|therapy| therapy.drug.rxcui == WARFARIN);
    for panel in Panel::LABORATORY.into_iter().filter(|panel| *panel != Panel::Clotting || warfarin)
    {
        laboratory(person, problems, panel, &mut readings);
    }
    for site in CLINICS.into_iter().filter(|site| person.known_to(*site)) {
        vitals(person, problems, site, &mut readings);
    }
    scores(person, problems, &mut readings);
    smoking(person, &mut readings);
    hunger(person, problems, &mut readings);
    readings
}

/// The values of a panel, back in time from today, as far as the diagnosis goes.
fn laboratory(person: &Person, problems: &[Problem], panel: Panel, readings: &mut Vec<Reading>) {
    let (indication, months) = panel.indication();
    let reason = indication.map(|key| problems.iter().find(|problem| problem.term.key == key));
    let (since, rounds) = match reason {
        None if person.age() >= 18 => (person.day_at_age(18), 3),
        Some(Some(problem)) => (problem.onset, 6),
        None | Some(None) => return,
    };
    let mut dice = person.dice.fork("laboratory").fork_at(panel as u64);
    let mut day = day::days_after(person.horizon, -dice.between(5, months * 20));
    for round in 0..rounds {
        if day < since {
            break;
        }
        let at = day::at(day, dice.between(11, 15), dice.between(0, 59));
        let (taken_at, held) = laboratory_site(person, panel, &mut dice);
        draw(person, problems, panel, (at, round), (taken_at, held), readings);
        // The same test soon after, elsewhere, because nobody knew of the first one.
        if panel == Panel::Sugar && round == 0 && (person.featured() || dice.percent(15)) {
            let other = if taken_at == Site::Lakeside { Site::Northgate } else { Site::Lakeside };
            if person.known_to(other) && person.horizon > at.date() {
                let soon =
                    at + time::Duration::days((person.horizon - at.date()).whole_days().min(17));
                draw(person, problems, panel, (soon, 0), (other, Held::by(other)), readings);
            }
        }
        day = day::days_after(day, -months * 30 + dice.between(-12, 12));
    }
}

fn laboratory_site(person: &Person, panel: Panel, dice: &mut Dice) -> (Site, Held) {
    let chances = match panel {
        Panel::Sugar | Panel::Thyroid | Panel::Heart | Panel::Clotting => [45, 55, 10, 0],
        Panel::Metabolic | Panel::Blood | Panel::Lipids | Panel::Vitals => [70, 10, 20, 0],
    };
    let mut wheel: Vec<Site> = Vec::new();
    for (site, chance) in CLINICS.into_iter().zip(chances) {
        if person.known_to(site) {
            wheel.extend(std::iter::repeat_n(site, chance / 5));
        }
    }
    let taken_at =
        if wheel.is_empty() { super::first_known(person, &[]) } else { dice.pick(&wheel) };
    let mut held = Held::by(taken_at);
    // Results travel: the practice gets copies of what others draw.
    if dice.percent(25) {
        held = held
            .and(person, if taken_at == Site::Lakeside { Site::Northgate } else { Site::Lakeside });
    }
    (taken_at, held)
}

fn draw(
    person: &Person,
    problems: &[Problem],
    panel: Panel,
    (at, round): (OffsetDateTime, u32),
    (taken_at, held): (Site, Held),
    readings: &mut Vec<Reading>,
) {
    for test in TESTS.iter().filter(|test| test.panel == panel) {
        let mut dice = person.dice.fork("value").fork(test.code.0);
        let own = dice.wobble();
        let trend = dice.wobble();
        let mut here = dice.fork_at(at.unix_timestamp().unsigned_abs());
        let has = |key: &str| {
            problems.iter().any(|problem| problem.term.key == key && problem.onset <= at.date())
        };
        let sick = test.sick.iter().find(|(key, ..)| has(key));
        let (mean, spread) = sick.map_or(test.healthy, |(_, mean, spread)| (*mean, *spread));
        let value = mean + spread * (own + trend * f64::from(round) / 4.0 + here.wobble() * 0.5);
        readings.push(Reading {
            measured: Measured::Quantity(test, rounded(value, test)),
            at,
            held,
            taken_at,
        });
    }
}

fn rounded(value: f64, test: &Test) -> f64 {
    let scale = 10_f64.powi(i32::try_from(test.decimals).expect("few decimals"));
    (value.max(0.1) * scale).round() / scale
}

fn vitals(person: &Person, problems: &[Problem], site: Site, readings: &mut Vec<Reading>) {
    let mut dice = person.dice.fork("vitals").fork(site.id());
    let rounds = dice.between(1, if site == Site::Harbor { 1 } else { 4 });
    let mut day = day::days_after(person.horizon, -dice.between(3, 70));
    for _ in 0..rounds {
        if day < day::days_after(person.birth, 300) {
            break;
        }
        let at = day::at(day, dice.between(13, 21), dice.between(0, 59));
        let mut take = |measured| {
            readings.push(Reading { measured, at, held: Held::by(site), taken_at: site });
        };
        body(person, problems, day::age_on(person.birth, day), &mut dice)
            .into_iter()
            .for_each(&mut take);
        day = day::days_after(day, -dice.between(60, 200));
    }
}

/// Height, weight and what follows from them agree with each other, with age and with sex.
fn body(person: &Person, problems: &[Problem], age: i32, dice: &mut Dice) -> Vec<Measured> {
    let has = |key: &str| problems.iter().any(|problem| problem.term.key == key);
    let mut own = person.dice.fork("body");
    let grown = if person.sex == Sex::Female { 162.0 } else { 176.0 } + 7.0 * own.wobble();
    let height = if age < 17 { 76.0 + (grown - 76.0) * f64::from(age) / 17.0 } else { grown };
    let mass_index = match age {
        ..17 => 16.0 + f64::from(age) / 4.0,
        _ if has("obesity") => 34.0,
        _ => 24.5,
    } + 2.5 * own.wobble()
        + 0.6 * dice.wobble();
    let weight = mass_index * height * height / 10_000.0;
    let quick =
        if age < 10 { 20.0 } else { 0.0 } + if has("atrial-fibrillation") { 19.0 } else { 0.0 };
    let pulse = 72.0 + quick + 9.0 * dice.wobble();
    let values =
        [("8302-2", height), ("29463-7", weight), ("39156-5", mass_index), ("8867-4", pulse)];
    let mut measured: Vec<_> = values
        .into_iter()
        .filter_map(|(code, value)| {
            let test = TESTS.iter().find(|test| test.code.0 == code)?;
            Some(Measured::Quantity(test, rounded(value, test)))
        })
        .collect();
    if age >= 3 {
        let systolic = if has("hypertension") { 142 } else { 92 + i64::from(age.min(52)) / 2 }
            + dice.between(-12, 16);
        measured.push(Measured::BloodPressure {
            systolic,
            diastolic: systolic * 6 / 10 + dice.between(-4, 8),
        });
    }
    measured
}

/// Questionnaires of whoever is treated for it, getting better or not.
fn scores(person: &Person, problems: &[Problem], readings: &mut Vec<Reading>) {
    let has = |keys: &[&str]| problems.iter().find(|problem| keys.contains(&problem.term.key));
    let Some(problem) = has(&["depression", "anxiety", "ptsd", "bipolar"]) else { return };
    let mut dice = person.dice.fork("scores");
    let site = super::first_known(person, &[Site::Harbor]);
    let (mut low, mut worry) = (dice.between(4, 14), dice.between(3, 12));
    let mut day = day::days_after(person.horizon, -dice.between(4, 40));
    for _ in 0..dice.between(2, 5) {
        if day < problem.onset {
            break;
        }
        let at = day::at(day, dice.between(14, 20), dice.between(0, 59));
        let held = if dice.percent(30) {
            Held::by(site).and(person, Site::Lakeside)
        } else {
            Held::by(site)
        };
        readings.push(Reading { measured: Measured::Phq9(low), at, held, taken_at: site });
        readings.push(Reading {
            measured: Measured::Gad7(worry),
            at,
            held: Held::by(site),
            taken_at: site,
        });
        low = (low + dice.between(-2, 5)).clamp(0, 27);
        worry = (worry + dice.between(-2, 4)).clamp(0, 21);
        day = day::days_after(day, -dice.between(25, 60));
    }
}

fn smoking(person: &Person, readings: &mut Vec<Reading>) {
    if person.age() < 13 {
        return;
    }
    let mut dice = person.dice.fork("smoking");
    let status = match dice.below(10) {
        0..6 => Smoking::Never,
        6..8 => Smoking::Former,
        _ => Smoking::Current,
    };
    let site = super::first_known(person, &[]);
    let at =
        day::at(day::days_after(person.horizon, -dice.between(20, 300)), 15, dice.between(0, 59));
    readings.push(Reading {
        measured: Measured::Smoking(status),
        at,
        held: Held::by(site),
        taken_at: site,
    });
}

/// Whoever goes hungry was asked about it at the practice, and said so.
fn hunger(person: &Person, problems: &[Problem], readings: &mut Vec<Reading>) {
    let Some(problem) = problems.iter().find(|problem| problem.term.key == "food-insecurity")
    else {
        return;
    };
    let mut dice = person.dice.fork("hunger");
    let site = super::first_known(person, &[]);
    let since = (person.horizon - problem.onset).whole_days().max(1);
    let day = day::days_after(problem.onset, dice.between(0, since.min(60)));
    let measured = Measured::Hunger(dice.pick(&measurements::HUNGER_ANSWERS));
    let at = day::at(day, 14, dice.between(0, 59));
    readings.push(Reading { measured, at, held: Held::by(site), taken_at: site });
}
