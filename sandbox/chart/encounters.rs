//! Encounters as the sites write them: each its own, and the practice what the hospital told it.

use serde_json::{Value, json};
use time::Duration;

use super::{Chart, Entry, clinical, concept, staff};
use crate::{
    dice::Dice,
    health::{
        Health,
        visit::{Class, Visit},
    },
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::{ACT_CODE, SNOMED, Sensitivity, problems::problem},
};

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let site = chart.site;
    for visit in health.visits.iter().filter(|visit| visit.held.has(site)) {
        let mut dice = chart.dice(&visit.key);
        let body = body(chart, visit, &mut dice);
        let sensitivity = sensitivity(visit);
        let (key, at) = (visit.key.clone(), visit.end);
        chart.file(Entry {
            kind: ResourceType::Encounter,
            section: Section::Encounters,
            key,
            at,
            sensitivity,
            body,
        });
    }
}

fn body(chart: &Chart<'_>, visit: &Visit, dice: &mut Dice) -> Value {
    // Who was only told of a stay knows its hours roughly.
    let told = visit.site != chart.site;
    let shift = if told { Duration::minutes(dice.between(-90, 120)) } else { Duration::ZERO };
    let local = dice.percent(30);
    let (code, display) = visit.class.code();
    let mut body = json!({
        "status": "finished",
        "class": { "system": ACT_CODE, "code": code, "display": display },
        "type": [concept::coded(SNOMED, visit.kind)],
        "subject": chart.subject(dice),
        "period": { "start": clinical::by_clock(visit.start + shift, local) },
    });
    if !told || dice.percent(60) {
        body["period"]["end"] = json!(clinical::by_clock(visit.end + shift, local));
    }
    if let Some(reason) = visit.reason.filter(|_| dice.percent(75)) {
        body["reasonCode"] = json!([concept::diagnosis(problem(reason), chart.site, dice)]);
    }
    if told {
        body["serviceProvider"] = json!({ "display": visit.site.profile().name });
    } else {
        body["participant"] = json!([{ "individual": chart.clinician(&visit.key) }]);
        body["serviceProvider"] = staff::organization(chart.ids, chart.site);
    }
    if visit.class == Class::Inpatient && !told {
        let home = json!({ "system": "http://terminology.hl7.org/CodeSystem/discharge-disposition", "code": "home", "display": "Home" });
        body["hospitalization"] = json!({ "dischargeDisposition": { "coding": [home] } });
    }
    body
}

fn sensitivity(visit: &Visit) -> Vec<Sensitivity> {
    let mut kinds =
        visit.reason.map(|reason| problem(reason).sensitivity.to_vec()).unwrap_or_default();
    if visit.site == Site::Harbor && kinds.is_empty() {
        kinds.push(Sensitivity::Psychiatry);
    }
    kinds
}
