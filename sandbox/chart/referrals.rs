//! Referrals: who sent the person where, as the sender wrote it and as the receiver did.

use serde_json::{Value, json};

use super::{Chart, Entry, clinical, concept};
use crate::{
    day,
    dice::Dice,
    health::{Health, problem::Problem},
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::{Code, SNOMED},
};

const CATEGORY: Code = ("3457005", "Patient referral (procedure)");

/// What is referred: the diagnosis, the service asked for, from where, to where.
const ROUTES: [(&str, Code, Site, Site); 6] = [
    (
        "heart-failure",
        ("183519002", "Referral to cardiology service (procedure)"),
        Site::Lakeside,
        Site::Northgate,
    ),
    (
        "atrial-fibrillation",
        ("183519002", "Referral to cardiology service (procedure)"),
        Site::Stmary,
        Site::Northgate,
    ),
    (
        "diabetes",
        ("306118006", "Referral to endocrinology service (procedure)"),
        Site::Lakeside,
        Site::Northgate,
    ),
    (
        "depression",
        ("306136006", "Referral to psychiatry service (procedure)"),
        Site::Lakeside,
        Site::Harbor,
    ),
    (
        "osteoarthritis",
        ("306170007", "Referral to physiotherapy service (procedure)"),
        Site::Lakeside,
        Site::Stmary,
    ),
    (
        "food-insecurity",
        ("713109004", "Referral to community meals service (procedure)"),
        Site::Lakeside,
        Site::Lakeside,
    ),
];

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let site = chart.site;
    for route in ROUTES.iter().filter(|(_, _, from, to)| *from == site || *to == site) {
        let (key, _, from, _) = *route;
        let Some(problem) = health.problem(key) else { continue };
        let sent =
            chart.person.dice.fork("referral").fork(key).percent(45) || chart.person.featured();
        if sent && chart.person.known_to(from) {
            write_referral(chart, route, problem);
        }
    }
}

fn write_referral(
    chart: &mut Chart<'_>,
    (key, code, from, to): &(&str, Code, Site, Site),
    problem: &Problem,
) {
    let mut shared = chart.person.dice.fork("referral course").fork(key);
    let sent = day::days_after(chart.person.horizon, -shared.between(10, 200)).max(problem.onset);
    let key = format!("referral/{key}");
    let mut dice = chart.dice(&key);
    let receiver = *to == chart.site && to != from;
    let mut body = json!({
        "status": status(receiver, &mut dice),
        "intent": "order",
        "category": [concept::coded(SNOMED, CATEGORY)],
        "priority": shared.pick(&["routine", "routine", "urgent"]),
        "code": concept::coded(SNOMED, *code),
        "subject": chart.subject(&mut dice),
        "authoredOn": day::date(if receiver { day::days_after(sent, dice.between(0, 3)) } else { sent }),
        "requester": { "display": from.profile().name },
        "performer": [{ "display": if from == to { "River County Community Directory" } else { to.profile().name } }],
        // The number of the order goes along with it.
        "identifier": [{ "system": "urn:oid:2.999.2026.9", "value": format!("REF{:08}", shared.below(100_000_000)) }],
    });
    reason(&mut body, chart, problem, &mut dice);
    let sensitivity = problem.term.sensitivity.to_vec();
    let at = clinical::during(sent);
    chart.file(Entry {
        kind: ResourceType::ServiceRequest,
        section: Section::Referrals,
        key,
        at,
        sensitivity,
        body,
    });
}

/// The sender waits for a report; the receiver may be done.
fn status(receiver: bool, dice: &mut Dice) -> &'static str {
    if receiver {
        dice.pick(&["active", "completed", "completed"])
    } else {
        dice.pick(&["active", "active", "completed", "revoked"])
    }
}

fn reason(body: &mut Value, chart: &Chart<'_>, problem: &Problem, dice: &mut Dice) {
    match chart.written(&problem.key()) {
        Some(reference) if dice.percent(50) => body["reasonReference"] = json!([reference]),
        _ => body["reasonCode"] = json!([concept::diagnosis(problem.term, chart.site, dice)]),
    }
}
