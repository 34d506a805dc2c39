//! The featured patient has what the demo wants to show.

use std::collections::BTreeSet;

use serde_json::Value;
use time::Duration;

use super::charts::charts;
use crate::{Population, Section, Truth, day, resource_type::ResourceType, site::Site};

#[test]
fn the_featured_patient_has_everything_to_show() {
    (1..=SEEDS).for_each(|seed| check_everything(&Population::new(seed, 1).truth(0)));
}

fn check_everything(truth: &Truth) {
    let sections: BTreeSet<Section> = truth.sections.keys().copied().collect();
    assert_eq!(sections.len(), 14);
    let fact = |section: Section, key: &str| {
        truth.facts(section).iter().find(|fact| fact.key == key).unwrap()
    };
    let sites = |section: Section, key: &str| {
        fact(section, key)
            .contributions
            .iter()
            .map(|contribution| contribution.system)
            .collect::<BTreeSet<_>>()
    };
    assert!(sites(Section::Conditions, "condition/diabetes").len() >= 3);
    assert!(sites(Section::Allergies, "allergy/none-known").contains("stmary"));
    assert!(sites(Section::Allergies, "allergy/penicillin").contains("lakeside"));
    assert!(!sites(Section::Allergies, "allergy/penicillin").contains("stmary"));
    assert!(sites(Section::Medications, "medication/314076").contains("lakeside"));
    assert!(sites(Section::Medications, "medication/197884").contains("northgate"));
    assert!(
        sites(Section::Medications, "medication/308191").contains("stmary"),
        "amoxicillin in spite of the allergy"
    );
    assert!(
        sites(Section::Encounters, "encounter/stay").is_superset(&["lakeside", "stmary"].into())
    );
    let recovery = fact(Section::CarePlans, "care-plan/alcohol-dependence/harbor");
    assert!(recovery.contributions[0].labels.contains(&"42CFRPart2"));
    assert_eq!(recovery.sensitivity, ["ETHUD"]);
    assert!(
        truth
            .sections
            .values()
            .flatten()
            .flat_map(|fact| &fact.contributions)
            .any(|one| one.entered_in_error)
    );
}

/// The demo may be started with any seed.
const SEEDS: u64 = 25;

/// What a site has of a type about one drug of the featured patient.
fn orders(seed: u64, site: Site, kind: ResourceType, rxcui: &str) -> Vec<Value> {
    let charts = charts(&Population::new(seed, 1), 0);
    let (_, drafts) = charts.into_iter().find(|(known, _)| *known == site).unwrap();
    let key = format!("medication/{rxcui}");
    let drafts = drafts.into_iter().filter(|draft| draft.kind == kind && draft.facts[0].key == key);
    drafts.map(|draft| Value::from(draft.body)).collect()
}

#[test]
fn a_stopped_drug_is_still_handed_over() {
    let stopped = day::date(day::days_after(day::REFERENCE_DAY, -75));
    for seed in 1..=SEEDS {
        let order = |site: Site| {
            orders(seed, site, ResourceType::MedicationRequest, "855332")[0]["status"].clone()
        };
        assert_eq!(order(Site::Northgate), "stopped");
        assert_eq!(order(Site::Lakeside), "active");
        let fills = orders(seed, Site::Cornerstone, ResourceType::MedicationDispense, "855332");
        assert!(
            fills.iter().any(|fill| fill["whenHandedOver"].as_str().unwrap() > stopped.as_str())
        );
    }
}

#[test]
fn the_hospital_orders_what_the_practice_knows_to_be_harmful() {
    for seed in 1..=SEEDS {
        let amoxicillin = orders(seed, Site::Stmary, ResourceType::MedicationRequest, "308191");
        assert_eq!(amoxicillin[0]["status"], "active");
    }
}

#[test]
fn a_test_is_repeated_too_soon_elsewhere() {
    for seed in 1..=SEEDS {
        let truth = Population::new(seed, 1).truth(0);
        let facts = truth.facts(Section::Observations).iter();
        let mut taken: Vec<(i64, &str)> = facts
            .filter(|fact| fact.key.starts_with("observation/4548-4/"))
            .map(|fact| {
                let when = fact.contributions[0].when.as_ref().unwrap();
                (day::span(when).unwrap().0, fact.key.rsplit('/').next().unwrap())
            })
            .collect();
        taken.sort_unstable();
        let soon = Duration::days(21).whole_seconds();
        let close = |pair: &[(i64, &str)]| pair[1].0 - pair[0].0 < soon && pair[0].1 != pair[1].1;
        assert!(taken.windows(2).any(close), "{taken:?}");
    }
}
