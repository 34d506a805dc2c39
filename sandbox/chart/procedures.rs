//! Procedures as the sites write them.

use serde_json::{Value, json};
use time::Date;

use super::{Chart, Entry, clinical, concept};
use crate::{
    day,
    health::{Health, Held, first_known},
    person::Person,
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::{
        SNOMED, Sensitivity,
        problems::Care,
        procedures::{PROCEDURES, ProcedureTerm},
    },
};

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let site = chart.site;
    for done in all(chart.person, health).into_iter().filter(|done| done.held.has(site)) {
        write_procedure(chart, &done);
    }
}

/// One procedure on one person.
struct Done {
    term: &'static ProcedureTerm,
    day: Date,
    /// It was planned and then not done.
    dropped: bool,
    place: Site,
    held: Held,
    sensitivity: Vec<Sensitivity>,
}

fn all(person: &Person, health: &Health) -> Vec<Done> {
    PROCEDURES.iter().filter_map(|term| Done::throw(person, health, term)).collect()
}

impl Done {
    fn throw(person: &Person, health: &Health, term: &'static ProcedureTerm) -> Option<Self> {
        let mut dice = person.dice.fork("procedure").fork(term.key);
        let cause = term.reason.map(|key| health.problem(key));
        if !dice.percent(term.percent)
            || person.age() < term.from_age
            || matches!(cause, Some(None))
        {
            return None;
        }
        let (place, since) = match cause.flatten() {
            Some(problem) => (place(person, problem.term.care), problem.onset),
            None => (first_known(person, &[Site::Stmary]), person.day_at_age(term.from_age)),
        };
        let span = (person.horizon - since).whole_days().max(2);
        let acute = cause.flatten().is_some_and(|problem| problem.term.care == Care::Hospital);
        let day = day::days_after(since, if acute { 1 } else { dice.between(1, span) });
        let mut held = Held::by(place);
        if dice.percent(45) {
            held = held.and(person, Site::Lakeside);
        }
        let sensitivity =
            cause.flatten().map(|problem| problem.term.sensitivity.to_vec()).unwrap_or_default();
        Some(Self { term, day, dropped: dice.percent(4), place, held, sensitivity })
    }
}

fn place(person: &Person, care: Care) -> Site {
    match care {
        Care::Heart | Care::Hormones => first_known(person, &[Site::Northgate]),
        Care::Mind => first_known(person, &[Site::Harbor]),
        Care::Hospital => first_known(person, &[Site::Stmary]),
        Care::Practice | Care::Social => first_known(person, &[]),
    }
}

fn write_procedure(chart: &mut Chart<'_>, done: &Done) {
    let key = format!("procedure/{}", done.term.key);
    let mut dice = chart.dice(&key);
    let mut body = json!({
        "status": if done.dropped { "not-done" } else { "completed" },
        "code": code(done.term, dice.below(10)),
        "subject": chart.subject(&mut dice),
    });
    if dice.percent(25) {
        let start = clinical::during(done.day);
        body["performedPeriod"] = json!({ "start": day::instant(start), "end": day::instant(start + time::Duration::minutes(35)) });
    } else {
        body["performedDateTime"] = json!(clinical::fuzzy(done.day, &mut dice, [8, 12]));
    }
    if done.place == chart.site {
        body["performer"] = json!([{ "actor": chart.clinician(&key) }]);
    } else {
        body["performer"] = json!([{ "actor": { "display": done.place.profile().name } }]);
    }
    if let Some(reference) =
        done.term.reason.and_then(|reason| chart.written(&format!("condition/{reason}")))
    {
        body["reasonReference"] = json!([reference]);
    }
    let at = clinical::during(done.day);
    let sensitivity = done.sensitivity.clone();
    chart.file(Entry {
        kind: ResourceType::Procedure,
        section: Section::Procedures,
        key,
        at,
        sensitivity,
        body,
    });
}

fn code(term: &ProcedureTerm, thrown: u64) -> Value {
    if thrown == 0 { concept::text(term.plain) } else { concept::coded(SNOMED, term.code) }
}
