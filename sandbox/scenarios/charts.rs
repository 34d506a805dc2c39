//! What stands in the charts: the same in every run, coherent, and of every shape that readers must cope with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use time::Duration;

use crate::{
    Population, Section,
    chart::Draft,
    day,
    site::Site,
    terms::{drugs::DRUGS, problems::PROBLEMS, procedures::PROCEDURES},
};

const BASE: &str = "http://127.0.0.1:1/fhir";

/// All charts of a person.
pub(super) fn charts(population: &Population, number: u64) -> Vec<(Site, Vec<Draft>)> {
    let person = population.person(number);
    let known = Site::ALL.into_iter().filter(|site| person.known_to(*site));
    known.map(|site| (site, population.chart_after(site, &person, BASE, &[]))).collect()
}

fn bodies(population: &Population, numbers: impl Iterator<Item = u64>) -> Vec<String> {
    let drafts =
        numbers.flat_map(|number| charts(population, number)).flat_map(|(_, drafts)| drafts);
    drafts.map(|draft| Value::from(draft.body).to_string()).collect()
}

#[test]
fn the_same_seed_makes_the_same_charts_and_another_does_not() {
    let of = |seed: u64| bodies(&Population::new(seed, 50), [0, 7, 49].into_iter());
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    // Who else there is changes nobody's chart.
    assert_eq!(bodies(&Population::new(1, 50), 12..14), bodies(&Population::new(1, 5000), 12..14));
}

#[test]
fn another_day_moves_everything_along() {
    let (early, late) =
        (Population::new(1, 5), Population::on(1, 5, day::days_after(day::REFERENCE_DAY, 30)));
    let stay = |population: &Population| {
        let truth = population.truth(0);
        let stay = truth
            .facts(Section::Encounters)
            .iter()
            .find(|fact| fact.key == "encounter/stay")
            .unwrap();
        day::span(stay.contributions[0].when.as_ref().unwrap()).unwrap().0
    };
    assert!((stay(&late) - stay(&early) - Duration::days(30).whole_seconds()).abs() < 86_400);
}

#[test]
fn every_reference_leads_somewhere() {
    let population = Population::new(1, 60);
    for number in 0..60 {
        for (site, drafts) in charts(&population, number) {
            let staff = crate::chart::staff::write(population.ids(), site);
            let known: BTreeSet<String> = drafts
                .iter()
                .chain(&staff)
                .map(|draft| format!("{}/{}", draft.kind.as_str(), draft.id))
                .collect();
            for draft in &drafts {
                let body = Value::from(draft.body.clone());
                for reference in references(&body) {
                    let local = reference
                        .strip_prefix(BASE)
                        .unwrap_or(&reference)
                        .trim_start_matches('/')
                        .to_owned();
                    let contained =
                        local.starts_with('#') && body["contained"][0]["id"] == local[1..];
                    assert!(
                        contained || known.contains(&local),
                        "{reference} of {} at {}",
                        draft.kind.as_str(),
                        site.id()
                    );
                }
            }
        }
    }
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("reference").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[test]
fn nothing_happens_before_birth_or_after_the_last_day() {
    let population = Population::new(3, 150);
    for number in 0..150 {
        let person = population.person(number);
        let birth = day::span(&day::date(person.birth)).unwrap().0;
        let end = day::span(&day::date(person.horizon)).unwrap().1;
        for (section, facts) in population.truth(number).sections {
            for contribution in facts.iter().flat_map(|fact| &fact.contributions) {
                let Some((from, to)) = contribution.when.as_deref().and_then(day::span) else {
                    continue;
                };
                assert!(to > birth, "{section:?} {contribution:?} before {}", person.birth);
                assert!(
                    from < end || section == Section::Appointments,
                    "{section:?} {contribution:?} after {}",
                    person.horizon
                );
            }
        }
        for draft in charts(&population, number).into_iter().flat_map(|(_, drafts)| drafts) {
            assert!(
                draft.updated.date() <= person.horizon,
                "{} changed after the last day",
                draft.kind.as_str()
            );
        }
    }
}

#[test]
fn behavioural_health_labels_all_it_writes() {
    let population = Population::new(1, 120);
    let mut seen = BTreeSet::new();
    for number in 0..120 {
        for (site, drafts) in charts(&population, number) {
            for draft in
                drafts.iter().filter(|draft| site == Site::Harbor && !draft.facts.is_empty())
            {
                assert!(
                    draft.labels.contains(&"R") && draft.labels.len() > 1,
                    "{}",
                    draft.kind.as_str()
                );
                seen.extend(draft.labels.iter().copied());
            }
        }
    }
    let expected = ["42CFRPart2", "ETH", "ETHUD", "OPIOIDUD", "PSY", "R", "SUD"];
    assert!(expected.iter().all(|label| seen.contains(label)), "{seen:?}");
}

#[test]
fn every_shape_that_readers_must_cope_with_occurs() {
    let all = bodies(&Population::new(1, 200), 0..200).join("\n");
    let shapes = [
        "onsetDateTime",
        "onsetPeriod",
        "onsetAge",
        "onsetString",
        "valueQuantity",
        "valueCodeableConcept",
        "valueString",
        "valueInteger",
        "valueBoolean",
        "valueRange",
        "dataAbsentReason",
        "effectiveDateTime",
        "effectivePeriod",
        "effectiveInstant",
        "occurrenceString",
        "performedPeriod",
        "\"#med\"",
        "\"reference\":\"Medication/",
        "\"reference\":\"http://127.0.0.1:1/fhir/Patient/",
        "\"reference\":\"Patient/",
        "entered-in-error",
        "not-done",
        "not-taken",
        "on-hold",
        "refuted",
        "716186003",
        "85354-9",
        "44261-6",
    ];
    let missing: Vec<_> = shapes.into_iter().filter(|shape| !all.contains(shape)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let precisions: BTreeSet<usize> =
        all.split("\"onsetDateTime\":\"").skip(1).map(|rest| rest.find('"').unwrap()).collect();
    assert!(precisions.is_superset(&[4, 7, 10].into()), "{precisions:?}");
}

#[test]
fn the_same_diagnosis_is_coded_in_every_way() {
    let population = Population::new(1, 200);
    let mut ways: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    for truth in population.truths() {
        for contribution in
            truth.facts(Section::Conditions).iter().flat_map(|fact| &fact.contributions)
        {
            let systems = contribution.codes.iter().map(|code| code.split('|').next().unwrap());
            let systems = systems
                .map(|system| if system.contains("snomed") { "snomed" } else { "icd" })
                .collect();
            *ways.entry(systems).or_default() += 1;
        }
    }
    assert!(ways.len() == 4 && ways.values().all(|count| *count > 20), "{ways:?}");
}

#[test]
fn the_tables_agree_with_each_other() {
    let problems: BTreeSet<&str> = PROBLEMS.iter().map(|term| term.key).collect();
    assert_eq!(problems.len(), PROBLEMS.len());
    let codes: BTreeSet<&str> = DRUGS.iter().map(|drug| drug.rxcui).collect();
    assert_eq!(codes.len(), DRUGS.len());
    assert!(DRUGS.iter().flat_map(|drug| drug.treats).all(|key| problems.contains(key)));
    assert!(DRUGS.iter().filter_map(|drug| drug.other_strength).all(|code| codes.contains(code)));
    assert!(PROCEDURES.iter().filter_map(|term| term.reason).all(|key| problems.contains(key)));
    assert!(PROBLEMS.iter().all(|term| term.rates.iter().any(|rate| *rate > 0)));
}
