//! Drugs as the pharmacy writes them: the prescriptions it got, and what it handed over.

use serde_json::{Value, json};
use time::Date;

use super::{
    Chart, Entry, clinical,
    medications::{dosage, name_drug},
};
use crate::{
    day,
    health::{Health, first_known, therapy::Therapy},
    resource_type::ResourceType,
    section::Section,
    terms::drugs::Drug,
};

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    for therapy in health.therapies.iter().filter(|therapy| !therapy.fills.is_empty()) {
        let prescription = prescription(chart, therapy);
        for fill in 0..therapy.fills.len() {
            dispense(chart, therapy, fill, &prescription);
        }
    }
}

/// Writes down a prescription that is new.
pub(super) fn add(chart: &mut Chart<'_>, drug: &'static Drug, today: Date) {
    let prescriber = first_known(chart.person, &[]);
    prescription(chart, &Therapy::new(drug, prescriber, today));
}

/// The prescription as it came in. The pharmacy is rarely told that it was stopped.
fn prescription(chart: &mut Chart<'_>, therapy: &Therapy) -> String {
    let mut dice = chart.dice(&therapy.key());
    let told = therapy.stop.is_some() && !chart.person.featured() && dice.percent(30);
    let mut body = json!({
        "status": if told { "stopped" } else { "active" },
        "intent": "order",
        "subject": chart.subject(&mut dice),
        "authoredOn": day::date(therapy.start),
        "requester": { "display": therapy.prescriber.profile().name },
        "dosageInstruction": [dosage(therapy.drug, &mut dice)],
        "dispenseRequest": { "numberOfRepeatsAllowed": dice.between(1, 11) },
    });
    name_drug(&mut body, chart, therapy.drug, &mut dice);
    file(chart, ResourceType::MedicationRequest, therapy, therapy.start, body)
}

fn dispense(chart: &mut Chart<'_>, therapy: &Therapy, fill: usize, prescription: &str) {
    let day = therapy.fills[fill];
    let mut dice = chart.dice(&therapy.key()).fork_at(fill as u64);
    let tablets = f64::from(therapy.supply) * therapy.drug.dose.0 * f64::from(therapy.drug.dose.1);
    let mut body = json!({
        "status": if fill == 0 && dice.percent(6) { "preparation" } else { "completed" },
        "subject": chart.subject(&mut dice),
        "authorizingPrescription": [{ "reference": prescription }],
        "whenHandedOver": clinical::instant(clinical::during(day), &mut dice),
        "daysSupply": { "value": therapy.supply, "unit": "days", "system": crate::terms::UCUM, "code": "d" },
        "performer": [{ "actor": chart.clinician(&therapy.key()) }],
    });
    if therapy.drug.unit.starts_with('{') {
        let unit = therapy.drug.unit;
        body["quantity"] = json!({ "value": tablets, "unit": unit.trim_matches(['{', '}']), "system": crate::terms::UCUM, "code": unit });
    }
    if dice.percent(50) {
        body["dosageInstruction"] = json!([dosage(therapy.drug, &mut dice)]);
    }
    name_drug(&mut body, chart, therapy.drug, &mut dice);
    file(chart, ResourceType::MedicationDispense, therapy, day, body);
}

fn file(
    chart: &mut Chart<'_>,
    kind: ResourceType,
    therapy: &Therapy,
    day: Date,
    body: Value,
) -> String {
    let sensitivity = therapy.drug.sensitivity.to_vec();
    let at = clinical::during(day);
    chart.file(Entry {
        kind,
        section: Section::Medications,
        key: therapy.key(),
        at,
        sensitivity,
        body,
    })
}
