//! Drugs as the clinics write them: ordered here, or said to be taken.

use serde_json::{Value, json};
use time::Date;

use super::{Chart, Entry, clinical, concept};
use crate::{
    day,
    dice::Dice,
    health::{Health, therapy::Therapy},
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::{RXNORM, UCUM, drugs::Drug, problems::problem},
};

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let site = chart.site;
    for therapy in health.therapies.iter().filter(|therapy| therapy.held.has(site)) {
        let mut dice = chart.dice(&therapy.key());
        // What others ordered, and what is bought without an order, is kept as a statement of the patient.
        let heard = therapy.prescriber != site || therapy.drug.as_needed;
        let share = match site {
            Site::Lakeside => 55,
            Site::Stmary => 30,
            Site::Northgate | Site::Harbor | Site::Cornerstone | Site::Clearview => 0,
        };
        if heard && therapy.stop.is_none() && dice.percent(share) {
            statement(chart, therapy, dice);
        } else {
            order(chart, therapy, dice);
        }
    }
}

/// Writes down the order of a drug that is new.
pub(super) fn add(chart: &mut Chart<'_>, drug: &'static Drug, today: Date) {
    let therapy = Therapy::new(drug, chart.site, today);
    let dice = chart.dice(&therapy.key());
    order(chart, &therapy, dice);
}

fn order(chart: &mut Chart<'_>, therapy: &Therapy, mut dice: Dice) {
    let mut body = json!({
        "intent": if therapy.prescriber == chart.site { "order" } else { dice.pick(&["order", "plan"]) },
        "subject": chart.subject(&mut dice),
        "authoredOn": clinical::fuzzy(therapy.start, &mut dice, [2, 6]),
    });
    if let Some(status) = order_status(chart, therapy, &mut dice) {
        body["status"] = json!(status);
    }
    if therapy.prescriber == chart.site {
        body["requester"] = chart.clinician(&therapy.key());
    } else if dice.percent(50) {
        body["requester"] = json!({ "display": therapy.prescriber.profile().name });
    }
    if dice.percent(90) {
        body["dosageInstruction"] = json!([dosage(therapy.drug, &mut dice)]);
    }
    if dice.percent(60) {
        reason(&mut body, chart, therapy, &mut dice);
    }
    name_drug(&mut body, chart, therapy.drug, &mut dice);
    file(chart, ResourceType::MedicationRequest, therapy, body);
}

/// The prescriber knows of the stop; others may not have heard.
fn order_status(chart: &Chart<'_>, therapy: &Therapy, dice: &mut Dice) -> Option<&'static str> {
    let own = therapy.prescriber == chart.site;
    // In the demo the specialist stopped a drug, and nobody told the practice.
    if chart.person.featured() {
        return Some(if therapy.stop.is_some() && own { "stopped" } else { "active" });
    }
    let knows = own || dice.percent(40);
    match therapy.stop {
        _ if dice.percent(3) => None,
        Some(_) if knows => Some(dice.pick(&["stopped", "stopped", "completed", "cancelled"])),
        None if dice.percent(4) => Some("on-hold"),
        Some(_) | None => Some("active"),
    }
}

fn statement(chart: &mut Chart<'_>, therapy: &Therapy, mut dice: Dice) {
    let status = dice.pick(&["active", "active", "active", "active", "not-taken", "unknown"]);
    let mut body = json!({
        "status": status,
        "subject": chart.subject(&mut dice),
        "effectivePeriod": clinical::period(therapy.start, None),
        "dateAsserted": day::date(day::days_after(chart.person.horizon, -dice.between(2, 100))),
        "informationSource": chart.subject(&mut dice),
    });
    if dice.percent(60) {
        body["dosage"] = json!([dosage(therapy.drug, &mut dice)]);
    }
    name_drug(&mut body, chart, therapy.drug, &mut dice);
    file(chart, ResourceType::MedicationStatement, therapy, body);
}

fn reason(body: &mut Value, chart: &Chart<'_>, therapy: &Therapy, dice: &mut Dice) {
    match chart.written(&format!("condition/{}", therapy.reason)) {
        Some(reference) if dice.percent(60) => body["reasonReference"] = json!([reference]),
        _ => {
            body["reasonCode"] =
                json!([concept::diagnosis(problem(therapy.reason), chart.site, dice)]);
        }
    }
}

fn file(chart: &mut Chart<'_>, kind: ResourceType, therapy: &Therapy, body: Value) {
    let at = clinical::during(therapy.stop.unwrap_or(therapy.start));
    let sensitivity = therapy.drug.sensitivity.to_vec();
    chart.file(Entry {
        kind,
        section: Section::Medications,
        key: therapy.key(),
        at,
        sensitivity,
        body,
    });
}

/// Names the drug in one of the four ways of FHIR: coded, in words, contained, or in a resource of its own.
pub(super) fn name_drug(body: &mut Value, chart: &mut Chart<'_>, drug: &Drug, dice: &mut Dice) {
    // Of a hundred: coded, in words, contained; the rest refers.
    let (coded, words, contained) = match chart.site {
        Site::Lakeside => (80, 12, 8),
        Site::Northgate => (30, 5, 65),
        Site::Stmary => (20, 5, 5),
        Site::Harbor => (70, 20, 10),
        Site::Cornerstone => (30, 0, 0),
        Site::Clearview => (0, 100, 0),
    };
    let at = dice.below(100);
    if at < coded {
        body["medicationCodeableConcept"] = drug_concept(drug);
    } else if at < coded + words {
        let name = if dice.percent(50) { drug.name } else { drug.plain };
        body["medicationCodeableConcept"] = concept::text(name);
    } else if at < coded + words + contained {
        body["contained"] =
            json!([{ "resourceType": "Medication", "id": "med", "code": drug_concept(drug) }]);
        body["medicationReference"] = json!({ "reference": "#med", "display": drug.name });
    } else {
        body["medicationReference"] =
            json!({ "reference": medication(chart, drug), "display": drug.name });
    }
}

/// The reference to the drug's own resource, which a chart holds once.
fn medication(chart: &mut Chart<'_>, drug: &Drug) -> String {
    let key = format!("drug/{}", drug.rxcui);
    if let Some(reference) = chart.written.get(&key) {
        return reference.clone();
    }
    let at = clinical::during(day::days_after(chart.person.horizon, -400));
    let body = json!({ "status": "active", "code": drug_concept(drug) });
    let reference = chart.file_support(ResourceType::Medication, at, body);
    chart.written.insert(key, reference.clone());
    reference
}

pub(super) fn drug_concept(drug: &Drug) -> Value {
    concept::coded(RXNORM, (drug.rxcui, drug.name))
}

/// The directions: in words, and often in numbers too.
pub(super) fn dosage(drug: &Drug, dice: &mut Dice) -> Value {
    let mut dosage = json!({ "text": drug.directions });
    if dice.percent(70) {
        let (value, times) = drug.dose;
        let quantity = json!({ "value": value, "unit": drug.unit.trim_matches(['{', '}']), "system": UCUM, "code": drug.unit });
        dosage["timing"] =
            json!({ "repeat": { "frequency": times, "period": 1, "periodUnit": "d" } });
        dosage["doseAndRate"] = json!([{ "doseQuantity": quantity }]);
    }
    if drug.as_needed {
        dosage["asNeededBoolean"] = json!(true);
    }
    dosage
}
