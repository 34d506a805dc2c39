//! Vaccinations as the sites write them; the practice's are told to the hospital, sometimes a day off.

use serde_json::{Value, json};
use time::Date;

use super::{Chart, Entry, clinical, concept};
use crate::{
    day,
    dice::Dice,
    health::{Health, Held},
    person::Person,
    resource_type::ResourceType,
    section::Section,
    terms::{
        CVX, Code,
        vaccines::{INFLUENZA, VACCINES},
    },
};

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let site = chart.site;
    let careful = health.problems.len() > 3;
    for shot in all(chart.person, careful).into_iter().filter(|shot| shot.held.has(site)) {
        write_shot(chart, &shot);
    }
}

/// One vaccination of one person.
struct Shot {
    code: Code,
    plain: &'static str,
    day: Date,
    /// It was offered and not wanted.
    declined: bool,
    held: Held,
}

fn all(person: &Person, careful: bool) -> Vec<Shot> {
    let dice = person.dice.fork("shots");
    scheduled(person, &dice)
        .chain(yearly(person, &dice, if careful { 5 } else { 3 }))
        .filter(|(_, _, day)| *day < person.horizon)
        .map(|(code, plain, day)| {
            let mut own = dice.fork(code.0).fork(&day::date(day));
            let declined = own.percent(2);
            let held = Held::throw(person, &mut own, [80, 3, 25, 1]);
            Shot { code, plain, day, declined, held }
        })
        .collect()
}

/// What is due at some age.
fn scheduled(person: &Person, dice: &Dice) -> impl Iterator<Item = (Code, &'static str, Date)> {
    let due =
        VACCINES.iter().flat_map(|vaccine| vaccine.ages.iter().map(move |age| (vaccine, *age)));
    due.filter_map(|(vaccine, age)| {
        let mut own = dice.fork(vaccine.code.0).fork_at(age.unsigned_abs().into());
        let given = own.percent(vaccine.uptake);
        let day = day::days_after(person.day_at_age(age), own.between(10, 300));
        given.then_some((vaccine.code, vaccine.plain, day))
    })
}

/// What is due every autumn.
fn yearly(
    person: &Person,
    dice: &Dice,
    years: i64,
) -> impl Iterator<Item = (Code, &'static str, Date)> {
    (0..years).filter_map(|year| {
        let mut own = dice.fork("influenza").fork_at(year.unsigned_abs());
        let day = day::days_after(person.horizon, -(year * 365 + own.between(20, 70)));
        (own.percent(60) && day > person.birth).then_some((INFLUENZA, "Flu shot", day))
    })
}

fn write_shot(chart: &mut Chart<'_>, shot: &Shot) {
    let key = format!("immunization/{}/{}", shot.code.0, day::date(shot.day));
    let mut dice = chart.dice(&key);
    let declined = shot.declined;
    let told = shot.held.count() > 1 && dice.percent(20);
    let day = if told { day::days_after(shot.day, 1) } else { shot.day };
    let mut body = json!({
        "status": if declined { "not-done" } else { "completed" },
        "vaccineCode": vaccine(shot, dice.below(12)),
        "patient": chart.subject(&mut dice),
        "primarySource": !told,
    });
    match dice.below(10) {
        0 => body["occurrenceString"] = json!(day::year(day)),
        1 => body["occurrenceDateTime"] = json!(day::month(day)),
        2..6 => {
            body["occurrenceDateTime"] = json!(clinical::instant(clinical::during(day), &mut dice));
        }
        _ => body["occurrenceDateTime"] = json!(day::date(day)),
    }
    if declined {
        let reason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
        body["statusReason"] = concept::coded(reason, ("PATOBJ", "patient objection"));
    } else if dice.percent(40) {
        body["lotNumber"] = json!(format!("L{:05}", dice.below(100_000)));
    }
    let at = clinical::during(day);
    let (kind, section) = (ResourceType::Immunization, Section::Immunizations);
    chart.file(Entry { kind, section, key, at, sensitivity: Vec::new(), body });
}

fn vaccine(shot: &Shot, thrown: u64) -> Value {
    if thrown == 0 { concept::text(shot.plain) } else { concept::coded(CVX, shot.code) }
}
