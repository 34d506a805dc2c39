//! Insurance as the front desks have it; one of them has the card of last year.

use serde_json::{Value, json};

use super::{Chart, Entry, clinical};
use crate::{
    day, dice::Dice, person::identity::Shared, resource_type::ResourceType, section::Section,
    terms::Code,
};

const TYPE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const RELATIONSHIP: &str = "http://terminology.hl7.org/CodeSystem/subscriber-relationship";

/// Payer, kind of plan, name.
const PLANS: [(&str, Code, &str); 4] = [
    ("River County Health Plan", ("HMO", "health maintenance organization policy"), "River Choice"),
    ("River County Health Plan", ("PPO", "preferred provider organization policy"), "River Open"),
    ("State Medical Assistance", ("PUBLICPOL", "public healthcare"), "Medical Assistance"),
    ("Federal Retiree Program", ("RETIRE", "retiree health program"), "Retiree Basic"),
];

pub(super) fn write(chart: &mut Chart<'_>) {
    let mut dice = chart.dice("coverage");
    if !dice.percent(85) {
        return;
    }
    let plan = plan(chart.person.dice.fork("plan"), chart.person.age());
    let outdated = dice.percent(10);
    let since = day::days_after(chart.person.horizon, if outdated { -800 } else { -320 })
        .max(chart.person.birth);
    let until = outdated
        .then(|| day::days_after(chart.person.horizon, -321))
        .filter(|until| *until > since);
    let (payer, kind, name) = PLANS[plan];
    let mut body = json!({
        "status": if outdated { "cancelled" } else { "active" },
        "type": { "coding": [{ "system": TYPE, "code": kind.0, "display": kind.1 }] },
        "beneficiary": chart.subject(&mut dice),
        "relationship": { "coding": [{ "system": RELATIONSHIP, "code": "self" }] },
        "period": clinical::period(since, until),
        "payor": [{ "display": payer }],
        "class": [{ "type": { "text": "plan" }, "value": format!("P{plan}"), "name": name }],
    });
    member_id(&mut body, chart, plan);
    let key = format!("coverage/{plan}");
    let at = clinical::during(since);
    let (kind, section) = (ResourceType::Coverage, Section::Coverage);
    chart.file(Entry { kind, section, key, at, sensitivity: Vec::new(), body });
}

fn plan(mut dice: Dice, age: i32) -> usize {
    if age >= 65 {
        return 3;
    }
    usize::try_from(dice.below(3)).expect("small")
}

/// Where the registration carries the member id, so does the card.
fn member_id(body: &mut Value, chart: &Chart<'_>, plan: usize) {
    if plan < 2 && chart.registration.numbers().any(|shared| shared == Shared::Member) {
        body["subscriberId"] =
            json!(chart.ids.identities.shared(Shared::Member, chart.person.number));
    }
}
