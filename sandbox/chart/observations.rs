//! Measurements as the sites write them, in all the forms that a value can take.

use serde_json::{Value, json};

use super::{Chart, Entry, clinical, concept};
use crate::{
    day,
    dice::Dice,
    health::{
        Health,
        reading::{Measured, Reading, Smoking},
    },
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::{Code, LOINC, SNOMED, Sensitivity, UCUM, measurements},
};

const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
const ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let site = chart.site;
    for reading in health.readings.iter().filter(|reading| reading.held.has(site)) {
        write_reading(chart, reading);
    }
    if chart.person.age() >= 18 {
        write_oddities(chart);
    }
}

fn write_reading(chart: &mut Chart<'_>, reading: &Reading) {
    let key = reading.key();
    let mut dice = chart.dice(&key);
    let mut body = json!({
        "status": if dice.percent(4) { dice.pick(&["preliminary", "amended", "corrected"]) } else { "final" },
        "category": [concept::status(CATEGORY, category(&reading.measured))],
        "code": code(&reading.measured, &mut dice),
        "subject": chart.subject(&mut dice),
    });
    effective(&mut body, reading, &mut dice);
    let copied = reading.taken_at != chart.site;
    value(&mut body, &reading.measured, copied, &mut dice);
    if copied {
        body["performer"] = json!([{ "display": reading.taken_at.profile().name }]);
    }
    let sensitivity = match reading.measured {
        Measured::Phq9(_) | Measured::Gad7(_) => vec![Sensitivity::Psychiatry],
        _ => Vec::new(),
    };
    file(chart, key, reading.at, sensitivity, body);
}

fn category(measured: &Measured) -> &'static str {
    match measured {
        Measured::Quantity(test, _) if test.panel != measurements::Panel::Vitals => "laboratory",
        Measured::Quantity(..) | Measured::BloodPressure { .. } => "vital-signs",
        Measured::Smoking(_) => "social-history",
        Measured::Phq9(_) | Measured::Gad7(_) | Measured::Hunger(_) => "survey",
    }
}

fn code(measured: &Measured, dice: &mut Dice) -> Value {
    let mut concept = concept::coded(LOINC, measured.code());
    if let Measured::Quantity(test, _) = measured
        && dice.percent(50)
    {
        concept["text"] = json!(test.plain);
    }
    concept
}

fn effective(body: &mut Value, reading: &Reading, dice: &mut Dice) {
    match dice.below(20) {
        0 => {
            let end = reading.at + time::Duration::minutes(10);
            body["effectivePeriod"] =
                json!({ "start": day::instant(reading.at), "end": day::instant(end) });
        }
        1 => body["effectiveInstant"] = json!(day::instant(reading.at)),
        _ => body["effectiveDateTime"] = json!(clinical::instant(reading.at, dice)),
    }
    if dice.percent(50) {
        body["issued"] =
            json!(day::instant(reading.at + time::Duration::hours(dice.between(1, 30))));
    }
}

fn value(body: &mut Value, measured: &Measured, copied: bool, dice: &mut Dice) {
    match measured {
        Measured::Quantity(test, value) => quantity(body, test, *value, copied, dice),
        Measured::BloodPressure { systolic, diastolic } => {
            let part = |code: Code, value: i64| json!({ "code": concept::coded(LOINC, code), "valueQuantity": in_unit(value, "mmHg", "mm[Hg]") });
            body["component"] = json!([
                part(measurements::SYSTOLIC, *systolic),
                part(measurements::DIASTOLIC, *diastolic)
            ]);
        }
        Measured::Smoking(smoking) => {
            body["valueCodeableConcept"] = concept::coded(SNOMED, answer(*smoking));
        }
        Measured::Hunger(answer) => body["valueCodeableConcept"] = concept::coded(LOINC, *answer),
        Measured::Phq9(score) | Measured::Gad7(score) => {
            if dice.percent(60) {
                body["valueInteger"] = json!(score);
            } else {
                body["valueQuantity"] = in_unit(*score, "{score}", "{score}");
            }
        }
    }
}

fn quantity(
    body: &mut Value,
    test: &measurements::Test,
    value: f64,
    copied: bool,
    dice: &mut Dice,
) {
    if dice.percent(2) {
        body["dataAbsentReason"] =
            concept::status(ABSENT, dice.pick(&["error", "not-performed", "unknown"]));
        return;
    }
    // Copies are typed by hand now and then.
    let value = if copied && dice.percent(4) { (value * 11.0).round() / 10.0 } else { value };
    body["valueQuantity"] = in_unit(value, test.unit.trim_matches(['{', '}']), test.unit);
    let (low, high) = test.range;
    if high > 0.0 {
        body["referenceRange"] = json!([{
            "low": in_unit(low, test.unit, test.unit),
            "high": in_unit(high, test.unit, test.unit),
        }]);
        if dice.percent(70) {
            let interpretation = if value < low {
                "L"
            } else if value > high {
                "H"
            } else {
                "N"
            };
            body["interpretation"] = json!([concept::status(INTERPRETATION, interpretation)]);
        }
    }
}

fn in_unit(value: impl Into<Value>, unit: &str, code: &str) -> Value {
    json!({ "value": value.into(), "unit": unit, "system": UCUM, "code": code })
}

fn answer(smoking: Smoking) -> Code {
    match smoking {
        Smoking::Never => ("266919005", "Never smoked tobacco (finding)"),
        Smoking::Former => ("8517006", "Ex-smoker (finding)"),
        Smoking::Current => ("449868002", "Smokes tobacco daily (finding)"),
    }
}

/// Results whose value is no number: words, yes or no, a range, only a day. The hospital's laboratory writes them.
fn write_oddities(chart: &mut Chart<'_>) {
    let mut dice = chart.dice("oddities");
    if chart.site != Site::Stmary || !(chart.person.featured() || dice.percent(30)) {
        return;
    }
    let day = day::days_after(chart.person.horizon, -dice.between(7, 500));
    let range =
        json!({ "low": in_unit(0, "/[HPF]", "/[HPF]"), "high": in_unit(2, "/[HPF]", "/[HPF]") });
    let nitrite = concept::coded(SNOMED, ("260385009", "Negative (qualifier value)"));
    let results: [(Code, &str, Value); 4] = [
        (
            ("5778-6", "Color of Urine"),
            "valueString",
            json!(dice.pick(&["Yellow", "Amber", "Straw"])),
        ),
        (("5802-4", "Nitrite [Presence] in Urine by Test strip"), "valueCodeableConcept", nitrite),
        (
            ("13945-1", "Erythrocytes [#/area] in Urine sediment by Microscopy high power field"),
            "valueRange",
            range,
        ),
        (("49541-6", "Fasting status - Reported"), "valueBoolean", json!(dice.percent(50))),
    ];
    for (code, element, value) in results {
        let mut body = json!({
            "status": "final",
            "category": [concept::status(CATEGORY, "laboratory")],
            "code": concept::coded(LOINC, code),
            "subject": chart.subject(&mut dice),
            "effectiveDateTime": clinical::fuzzy(day, &mut dice, [0, 30]),
        });
        body[element] = value;
        let key = format!("observation/{}/{}/{}", code.0, day::date(day), chart.site.id());
        file(chart, key, clinical::during(day), Vec::new(), body);
    }
}

fn file(
    chart: &mut Chart<'_>,
    key: String,
    at: time::OffsetDateTime,
    sensitivity: Vec<Sensitivity>,
    body: Value,
) {
    chart.file(Entry {
        kind: ResourceType::Observation,
        section: Section::Observations,
        key,
        at,
        sensitivity,
        body,
    });
}
