//! What the eye clinic writes down: what it sees in an eye, how much pressure is in it, what was examined, and the drops.

use serde_json::{Value, json};
use time::Date;

use super::{Chart, Entry, clinical, concept};
use crate::{
    day,
    dice::Dice,
    health::Health,
    resource_type::ResourceType,
    section::Section,
    terms::{Code, ICD10, LOINC, SNOMED, UCUM},
};

/// A disease of the eye.
struct Disease {
    key: &'static str,
    snomed: Code,
    icd10: Code,
    /// The drops that are ordered for it. The clinic has no codes for drugs.
    drops: Option<[&'static str; 2]>,
}

const CATARACT: Disease = Disease {
    key: "cataract",
    snomed: ("193570009", "Cataract (disorder)"),
    icd10: ("H26.9", "Unspecified cataract"),
    drops: None,
};
const GLAUCOMA: Disease = Disease {
    key: "glaucoma",
    snomed: ("77075001", "Primary open angle glaucoma (disorder)"),
    icd10: ("H40.1190", "Primary open-angle glaucoma, unspecified eye, stage unspecified"),
    drops: Some(["latanoprost 0.005% eye drops", "1 drop into each eye at bedtime"]),
};
const RETINOPATHY: Disease = Disease {
    key: "diabetic-retinopathy",
    snomed: ("4855003", "Retinopathy due to diabetes mellitus (disorder)"),
    icd10: (
        "E11.319",
        "Type 2 diabetes mellitus with unspecified diabetic retinopathy without macular edema",
    ),
    drops: None,
};

const EXAMINATION: Code = ("410451008", "Ophthalmic examination and evaluation (procedure)");
const PRESSURES: [Code; 2] = [
    ("79892-6", "Intraocular pressure of Right eye"),
    ("79893-4", "Intraocular pressure of Left eye"),
];
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let mut dice = chart.dice("eyes");
    let diseases = diseases(chart, health, &mut dice);
    let has_glaucoma = diseases.iter().any(|disease| disease.key == GLAUCOMA.key);
    for disease in diseases {
        condition(chart, disease, &mut dice);
        if let Some(drops) = disease.drops {
            order(chart, disease, drops, &mut dice);
        }
    }
    let visits = if chart.person.featured() { 3 } else { dice.between(1, 4) };
    for visit in 0..visits {
        let ago = 30 + visit * 180 + dice.between(0, 40);
        examination(chart, day::days_after(chart.person.horizon, -ago), has_glaucoma, &mut dice);
    }
}

/// What is found in the eyes of this person.
fn diseases(chart: &Chart<'_>, health: &Health, dice: &mut Dice) -> Vec<&'static Disease> {
    let person = chart.person;
    let mut found = Vec::new();
    for (disease, percent) in [
        (&CATARACT, if person.age() >= 65 { 45 } else { 5 }),
        (&GLAUCOMA, 15),
        (&RETINOPATHY, if health.problem("diabetes").is_some() { 30 } else { 0 }),
    ] {
        if dice.percent(percent) || person.featured() {
            found.push(disease);
        }
    }
    found
}

fn condition(chart: &mut Chart<'_>, disease: &Disease, dice: &mut Dice) {
    let since = day::days_after(chart.person.horizon, -dice.between(200, 3000));
    let codings = [concept::coding(SNOMED, disease.snomed), concept::coding(ICD10, disease.icd10)];
    let body = json!({
        "clinicalStatus": concept::status(concept::CONDITION_CLINICAL, "active"),
        "verificationStatus": concept::status(concept::CONDITION_VERIFICATION, "confirmed"),
        "code": { "coding": codings, "text": concept::without_tag(disease.snomed.1) },
        "subject": chart.subject(dice),
        "onsetDateTime": clinical::fuzzy(since, dice, [30, 30]),
    });
    let key = format!("condition/{}", disease.key);
    file(chart, ResourceType::Condition, Section::Conditions, (key, since), body);
}

fn order(chart: &mut Chart<'_>, disease: &Disease, [name, directions]: [&str; 2], dice: &mut Dice) {
    let since = day::days_after(chart.person.horizon, -dice.between(20, 300));
    let key = format!("medication/drops for {}", disease.key);
    let body = json!({
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept::text(name),
        "subject": chart.subject(dice),
        "authoredOn": day::date(since),
        "requester": chart.clinician(&key),
        "dosageInstruction": [{ "text": directions }],
    });
    file(chart, ResourceType::MedicationRequest, Section::Medications, (key, since), body);
}

fn examination(chart: &mut Chart<'_>, on: Date, is_high: bool, dice: &mut Dice) {
    let key = format!("procedure/eye-exam {}", day::date(on));
    let body = json!({
        "status": "completed",
        "code": concept::coded(SNOMED, EXAMINATION),
        "subject": chart.subject(dice),
        "performedDateTime": day::instant(clinical::during(on)),
        "performer": [{ "actor": chart.clinician(&key) }],
    });
    file(chart, ResourceType::Procedure, Section::Procedures, (key, on), body);
    for code in PRESSURES {
        let pressure = if is_high { dice.between(18, 29) } else { dice.between(10, 20) };
        let body = json!({
            "status": "final",
            "category": [concept::status(CATEGORY, "exam")],
            "code": concept::coded(LOINC, code),
            "subject": chart.subject(dice),
            "effectiveDateTime": day::instant(clinical::during(on)),
            "valueQuantity": { "value": pressure, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]" },
        });
        let key = format!("observation/{}/{}", code.0, day::date(on));
        file(chart, ResourceType::Observation, Section::Observations, (key, on), body);
    }
}

fn file(
    chart: &mut Chart<'_>,
    kind: ResourceType,
    section: Section,
    (key, on): (String, Date),
    body: Value,
) {
    let at = clinical::during(on);
    chart.file(Entry { kind, section, key, at, sensitivity: Vec::new(), body });
}
