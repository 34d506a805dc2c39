//! The truth is what the systems serve: nothing more, nothing less.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{client, sandbox};
use crate::{Sandbox, Section, site::Site};

/// People of every kind: the featured one, twins, father and son, namesakes, and some others.
const SAMPLE: [u64; 14] = [0, 1, 2, 3, 4, 6, 7, 9, 10, 17, 23, 31, 40, 59];

#[tokio::test]
async fn every_served_resource_is_in_the_truth_once() {
    let sandbox = sandbox(60).await;
    for person in SAMPLE {
        let truth = sandbox.truth(person);
        let mut stated = BTreeSet::new();
        for (section, facts) in &truth.sections {
            for contribution in facts.iter().flat_map(|fact| &fact.contributions) {
                let new =
                    stated.insert((contribution.system.to_owned(), contribution.reference.clone()));
                // A care team states one fact for each of its members.
                assert!(
                    new || *section == Section::CareTeam,
                    "{} is stated twice",
                    contribution.reference
                );
            }
        }
        let mut served = BTreeSet::new();
        for record in &truth.records {
            for resource in all_of(&sandbox, record.system, &record.id).await {
                let reference =
                    format!("{}/{}", text(&resource, "resourceType"), text(&resource, "id"));
                assert!(
                    served.insert((record.system.to_owned(), reference.clone())),
                    "{reference} is served twice"
                );
            }
        }
        assert_eq!(stated, served, "person {person}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn labels_errors_and_codes_in_the_truth_are_those_that_are_served() {
    let sandbox = sandbox(12).await;
    for person in [0, 1, 5] {
        for (section, facts) in sandbox.truth(person).sections {
            for contribution in facts.iter().flat_map(|fact| &fact.contributions) {
                let base = sandbox.system(contribution.system).unwrap().base_url();
                let url = format!("{base}/{}", contribution.reference);
                let resource = client::get(&url, &[]).await.unwrap().json();
                let labels: Vec<String> =
                    list(&resource["meta"]["security"]).map(|label| text(&label, "code")).collect();
                assert_eq!(labels, contribution.labels, "{url}");
                let written = resource.to_string();
                assert_eq!(
                    written.contains("entered-in-error"),
                    contribution.entered_in_error,
                    "{url}"
                );
                let named = contribution.text.iter().chain(&contribution.when);
                assert!(
                    named
                        .clone()
                        .all(|words| written.contains(&Value::from(words.as_str()).to_string())),
                    "{url}"
                );
                let codes = contribution.codes.iter().map(|code| code.split_once('|').unwrap().1);
                assert!(
                    codes.clone().all(|code| written.contains(&format!("\"{code}\""))),
                    "{section:?} {url}"
                );
            }
        }
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn truth_is_json_and_an_iterator_visits_everyone() {
    let sandbox = sandbox(5).await;
    let everyone: Vec<u64> = sandbox.truths().map(|truth| truth.person).collect();
    assert_eq!(everyone, [0, 1, 2, 3, 4]);
    let json = serde_json::to_value(sandbox.truth(0)).unwrap();
    assert_eq!(json["records"].as_array().unwrap().len(), 5);
    assert!(json["sections"]["carePlans"][0]["contributions"][0]["reference"].is_string());
    sandbox.stop().await;
}

/// Everything that a system serves of a patient and that states a fact.
async fn all_of(sandbox: &Sandbox, system: &str, patient: &str) -> Vec<Value> {
    let base = sandbox.system(system).unwrap().base_url();
    let site = Site::ALL.into_iter().find(|site| site.id() == system).unwrap();
    let mut resources = Vec::new();
    for kind in crate::fhir_server::names(site) {
        if matches!(kind, "Patient" | "Medication" | "Practitioner" | "Organization") {
            continue;
        }
        let mut url = Some(format!("{base}/{kind}?patient={patient}&_count=30"));
        while let Some(page) = url {
            let answer = client::get(&page, &[]).await.unwrap();
            assert_eq!(answer.status, 200, "{page}");
            resources.extend(answer.resources("match"));
            url = answer.next();
        }
    }
    resources
}

fn list(value: &Value) -> impl Iterator<Item = Value> {
    value.as_array().cloned().unwrap_or_default().into_iter()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}
