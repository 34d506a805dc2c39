//! What is said about a resource beside its content: who must take care with it, and that it is taken back.

use serde_json::{Map, Value, json};

use super::concept;
use crate::{
    dice::Dice,
    person::Person,
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::{ACT_CODE, CONFIDENTIALITY, Sensitivity},
};

/// Behavioural health labels all it writes; others label some of what is sensitive.
pub(super) fn labels(
    site: Site,
    sensitivity: &[Sensitivity],
    dice: &mut Dice,
) -> Vec<&'static str> {
    let behavioural = site == Site::Harbor;
    if !behavioural && (sensitivity.is_empty() || dice.percent(50)) {
        return Vec::new();
    }
    let mut labels = vec!["R"];
    labels.extend(sensitivity.iter().map(|kind| kind.code()));
    if sensitivity.is_empty() {
        labels.push(Sensitivity::Psychiatry.code());
    }
    if sensitivity.iter().any(|kind| kind.part2()) {
        labels.push(if sensitivity.contains(&Sensitivity::Alcohol) { "ETH" } else { "SUD" });
        if behavioural {
            labels.push("42CFRPart2");
        }
    }
    labels
}

pub(super) fn label(code: &str) -> Value {
    let system = if code == "R" { CONFIDENTIALITY } else { ACT_CODE };
    json!({ "system": system, "code": code })
}

/// How many of a thousand resources are taken back. What the demo shows of its patient stays.
pub(super) fn errors(person: &Person, section: Section) -> u64 {
    match (person.featured(), section) {
        (true, Section::Observations) => 40,
        (true, _) => 0,
        (false, _) => 12,
    }
}

/// What is sensitive by the place alone: whoever is seen there is seen for it.
pub(super) fn of_site(site: Site) -> Vec<Sensitivity> {
    if site == Site::Harbor { vec![Sensitivity::Psychiatry] } else { Vec::new() }
}

/// Says of a resource that it should never have been written, in the way of its type.
pub(super) fn take_back(kind: ResourceType, body: &mut Map<String, Value>) {
    match kind {
        ResourceType::Condition | ResourceType::AllergyIntolerance => {
            body.remove("clinicalStatus");
            let system = match kind {
                ResourceType::Condition => concept::CONDITION_VERIFICATION,
                _ => concept::ALLERGY_VERIFICATION,
            };
            body.insert(
                "verificationStatus".to_owned(),
                concept::status(system, "entered-in-error"),
            );
        }
        ResourceType::Goal => {
            body.insert("lifecycleStatus".to_owned(), json!("entered-in-error"));
        }
        _ => {
            body.insert("status".to_owned(), json!("entered-in-error"));
        }
    }
}
