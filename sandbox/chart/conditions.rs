//! Conditions as the sites write them: on the problem list, and again with encounters.

use serde_json::{Value, json};
use time::Date;

use super::{Chart, Entry, clinical, concept};
use crate::{
    day,
    dice::Dice,
    health::{Health, Held, problem::Problem},
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::problems::{Care, ProblemTerm},
};

const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const CORE_CATEGORY: &str = "http://hl7.org/fhir/us/core/CodeSystem/condition-category";

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let site = chart.site;
    for problem in health.problems.iter().filter(|problem| problem.held.has(site)) {
        write_once(chart, problem, "problem-list-item");
        // The hospital lists a diagnosis again for the encounter that it was made in.
        if chart.site == Site::Stmary && chart.dice(&problem.key()).fork("again").percent(30) {
            write_once(chart, problem, "encounter-diagnosis");
        }
    }
}

/// Writes down a diagnosis that is new: it began the day before.
pub(super) fn add(chart: &mut Chart<'_>, term: &'static ProblemTerm, today: Date) {
    let (onset, held) = (day::days_after(today, -1), Held::by(chart.site));
    let problem = Problem { term, onset, abated: None, held };
    write_once(chart, &problem, "problem-list-item");
}

fn write_once(chart: &mut Chart<'_>, problem: &Problem, category: &str) {
    let key = problem.key();
    let mut dice = chart.dice(&key).fork(category);
    let recorded = recorded(chart, problem, &mut dice);
    let mut body = json!({
        "category": [category_concept(problem, category)],
        "code": concept::diagnosis(problem.term, chart.site, &mut dice),
        "subject": chart.subject(&mut dice),
    });
    status(&mut body, chart, problem, &mut dice);
    onset(&mut body, chart, problem, &mut dice);
    if dice.percent(80) {
        body["recordedDate"] = json!(clinical::fuzzy(recorded, &mut dice, [3, 7]));
    }
    if category == "encounter-diagnosis" {
        let visits = ["encounter/stay".to_owned(), format!("encounter/{}-0", chart.site.id())];
        if let Some(visit) = visits.iter().find_map(|visit| chart.written(visit)) {
            body["encounter"] = visit;
        }
    }
    if matches!(problem.term.care, Care::Heart) && dice.percent(40) {
        let (code, display) =
            dice.pick(&[("255604002", "Mild"), ("6736007", "Moderate"), ("24484000", "Severe")]);
        body["severity"] = concept::coded(crate::terms::SNOMED, (code, display));
    }
    let sensitivity = problem.term.sensitivity.to_vec();
    let at = clinical::during(recorded);
    chart.file(Entry {
        kind: ResourceType::Condition,
        section: Section::Conditions,
        key,
        at,
        sensitivity,
        body,
    });
}

fn recorded(chart: &Chart<'_>, problem: &Problem, dice: &mut Dice) -> Date {
    let span = (chart.person.horizon - problem.onset).whole_days().max(1);
    day::days_after(problem.onset, dice.between(0, span.min(400)))
}

fn category_concept(problem: &Problem, category: &str) -> Value {
    if problem.term.care == Care::Social {
        return concept::status(CORE_CATEGORY, "health-concern");
    }
    concept::status(CATEGORY, category)
}

/// Sites forget to close what is over, leave the status out, or doubt the diagnosis.
fn status(body: &mut Value, chart: &Chart<'_>, problem: &Problem, dice: &mut Dice) {
    let forgotten = chart.site != Site::Lakeside && dice.percent(35);
    let clinical = if problem.active() || forgotten {
        "active"
    } else {
        dice.pick(&["resolved", "inactive", "remission"])
    };
    let verification = if dice.percent(5) {
        dice.pick(&["provisional", "refuted", "unconfirmed"])
    } else {
        "confirmed"
    };
    if dice.percent(94) {
        body["clinicalStatus"] = concept::status(concept::CONDITION_CLINICAL, clinical);
    }
    if dice.percent(85) {
        body["verificationStatus"] = concept::status(concept::CONDITION_VERIFICATION, verification);
    }
    if let Some(abated) = problem.abated.filter(|_| clinical != "active" && dice.percent(70)) {
        body["abatementDateTime"] = json!(clinical::fuzzy(abated, dice, [10, 20]));
    }
}

/// Every way to say since when.
fn onset(body: &mut Value, chart: &Chart<'_>, problem: &Problem, dice: &mut Dice) {
    let precision = match chart.site {
        Site::Northgate => [50, 30],
        Site::Lakeside | Site::Harbor => [12, 12],
        Site::Stmary | Site::Cornerstone | Site::Clearview => [5, 5],
    };
    match dice.below(20) {
        0..13 => body["onsetDateTime"] = json!(clinical::fuzzy(problem.onset, dice, precision)),
        13 | 14 => body["onsetPeriod"] = clinical::period(problem.onset, problem.abated),
        15 => {
            let age = day::age_on(chart.person.birth, problem.onset).max(0);
            let years =
                json!({ "value": age, "unit": "years", "system": crate::terms::UCUM, "code": "a" });
            body["onsetAge"] = years;
        }
        16 => body["onsetString"] = json!("some years ago, says the patient"),
        _ => {}
    }
}
