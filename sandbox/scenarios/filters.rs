//! Filters keep what a reader would keep, and what is stated to be offered is.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ask, client, patient, sandbox};
use crate::day;

#[tokio::test]
async fn filters_keep_what_a_reader_would_keep() {
    let sandbox = sandbox(4).await;
    let id = patient(&sandbox, 0, "lakeside");
    let search = async |rest: &str| {
        ask(&sandbox, "lakeside", &format!("/Observation?patient={id}&_count=100{rest}"))
            .await
            .resources("match")
    };
    let all = search("").await;
    let keep = |test: &dyn Fn(&Value) -> bool| {
        all.iter().filter(|resource| test(resource)).cloned().collect::<Vec<_>>()
    };
    let code = |resource: &Value, code: &str| resource["code"]["coding"][0]["code"] == code;
    let sugar = keep(&|resource| code(resource, "4548-4"));
    assert!(sugar.len() > 1);
    assert_eq!(search("&code=4548-4").await, sugar);
    assert_eq!(search("&code=http://loinc.org%7C4548-4").await, sugar);
    assert_eq!(search("&code=http://snomed.info/sct|4548-4").await, Vec::<Value>::new());
    assert_eq!(
        search("&code=4548-4,29463-7").await,
        keep(&|one| code(one, "4548-4") || code(one, "29463-7"))
    );
    assert_eq!(
        search("&category=vital-signs").await,
        keep(&|one| one["category"][0]["coding"][0]["code"] == "vital-signs")
    );
    assert_eq!(
        search("&status=amended,corrected").await,
        keep(&|one| one["status"] == "amended" || one["status"] == "corrected")
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn dates_narrow_and_sort() {
    let sandbox = sandbox(4).await;
    let id = patient(&sandbox, 0, "lakeside");
    let search = async |rest: &str| {
        ask(&sandbox, "lakeside", &format!("/Observation?patient={id}&_count=100{rest}"))
            .await
            .resources("match")
    };
    let all = search("").await;
    let keep = |test: &dyn Fn(&Value) -> bool| {
        all.iter().filter(|one| test(one)).cloned().collect::<Vec<_>>()
    };
    let time = |one: &Value, name: &str| day::span(one[name].as_str().unwrap()).unwrap().0;
    let border = day::span("2026-06-01").unwrap().0;
    let changed = search("&_lastUpdated=ge2026-06-01").await;
    assert!(!changed.is_empty() && changed.len() < all.len());
    assert_eq!(changed, keep(&|one| time(&one["meta"], "lastUpdated") >= border));
    let taken = |one: &Value| {
        let start = one["effectivePeriod"]["start"].as_str();
        let name = ["effectiveDateTime", "effectiveInstant"]
            .into_iter()
            .find_map(|name| one[name].as_str());
        day::span(name.or(start).unwrap()).unwrap().0
    };
    assert_eq!(search("&date=lt2026-06-01").await, keep(&|one| taken(one) < border));
    let sorted: Vec<i64> = search("&_sort=-date").await.iter().map(taken).collect();
    assert!(sorted.is_sorted_by(|one, next| one >= next));
    sandbox.stop().await;
}

#[tokio::test]
async fn drugs_of_their_own_come_along_or_can_be_fetched() {
    let sandbox = sandbox(4).await;
    let id = patient(&sandbox, 0, "cornerstone");
    let path = format!("/MedicationDispense?patient={id}&_count=100");
    let alone = ask(&sandbox, "cornerstone", &path).await;
    assert!(alone.resources("include").is_empty());
    let answer =
        ask(&sandbox, "cornerstone", &format!("{path}&_include=MedicationDispense:medication"))
            .await;
    assert_eq!(answer.ids(), alone.ids());
    let referred: BTreeSet<String> = alone
        .resources("match")
        .iter()
        .filter_map(|fill| fill["medicationReference"]["reference"].as_str().map(str::to_owned))
        .collect();
    let included = answer.resources("include");
    let names = |drugs: &[Value]| {
        drugs
            .iter()
            .map(|drug| format!("Medication/{}", drug["id"].as_str().unwrap()))
            .collect::<BTreeSet<_>>()
    };
    assert!(!referred.is_empty());
    assert_eq!(names(&included), referred);
    assert_eq!(included.len(), referred.len());
    let ids = referred
        .iter()
        .map(|reference| reference.strip_prefix("Medication/").unwrap())
        .collect::<Vec<_>>()
        .join(",");
    let fetched =
        ask(&sandbox, "cornerstone", &format!("/Medication?_id={ids}")).await.resources("match");
    assert_eq!(names(&fetched), referred);
    let one = referred.first().unwrap();
    assert_eq!(
        ask(&sandbox, "cornerstone", &format!("/{one}")).await.json()["code"]["coding"][0]["system"],
        crate::terms::RXNORM
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn the_capability_statement_says_what_is_offered() {
    let sandbox = sandbox(4).await;
    for system in ["lakeside", "cornerstone"] {
        let id = patient(&sandbox, 0, system);
        let statement = ask(&sandbox, system, "/metadata").await.json();
        assert_eq!(statement["fhirVersion"], "4.0.1");
        for resource in statement["rest"][0]["resource"].as_array().unwrap() {
            let kind = resource["type"].as_str().unwrap();
            let value = |name: &str| match name {
                "patient" | "subject" | "beneficiary" => id.clone(),
                name if name.contains("date")
                    || name.contains("Updated")
                    || name.starts_with("author")
                    || name == "effective"
                    || name == "whenhandedover" =>
                {
                    "2020".to_owned()
                }
                _ => "x".to_owned(),
            };
            // Subscriptions are kept and not searched.
            let Some(parameters) = resource["searchParam"].as_array() else {
                assert_eq!(kind, "Subscription");
                continue;
            };
            let parameters = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap());
            let query: Vec<String> =
                parameters.map(|name| format!("{name}={}", value(name))).collect();
            let url = format!(
                "{}/{kind}?{}",
                sandbox.system(system).unwrap().base_url(),
                query.join("&")
            );
            assert_eq!(
                client::get(&url, &["prefer: handling=strict"]).await.unwrap().status,
                200,
                "{url}"
            );
        }
    }
    sandbox.stop().await;
}
