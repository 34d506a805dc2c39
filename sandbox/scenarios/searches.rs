//! Searches: pages, lists, filters, and what is refused.

use std::collections::BTreeSet;

use super::{ask, client, patient, sandbox};
use crate::Sandbox;

#[tokio::test]
async fn pages_show_everything_once_and_in_one_order() {
    let sandbox = sandbox(12).await;
    let id = patient(&sandbox, 0, "lakeside");
    let whole = ask(&sandbox, "lakeside", &format!("/Observation?patient={id}&_count=100")).await;
    let mut paged = Vec::new();
    let mut url = Some(format!("{}/Observation?patient={id}&_count=7", base(&sandbox, "lakeside")));
    while let Some(page) = url {
        let answer = client::get(&page, &[]).await.unwrap();
        assert_eq!(answer.json()["total"], whole.json()["total"]);
        assert!(answer.ids().len() <= 7);
        paged.extend(answer.ids());
        url = answer.next();
        assert!(url.as_ref().is_none_or(|url| url.starts_with(base(&sandbox, "lakeside"))));
    }
    assert!(paged.len() > 20);
    assert_eq!(paged, whole.ids());
    let first = ask(&sandbox, "lakeside", &format!("/Observation?patient={id}")).await;
    assert_eq!(first.ids(), paged[..20]);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_roster_lists_every_patient_once() {
    let sandbox = sandbox(330).await;
    for system in ["lakeside", "harbor"] {
        let known: BTreeSet<String> = sandbox
            .truths()
            .filter_map(|truth| truth.record(system).map(|record| record.id.clone()))
            .collect();
        let mut listed = Vec::new();
        let mut url = Some(format!("{}/Patient?_count=100", base(&sandbox, system)));
        while let Some(page) = url {
            let answer = client::get(&page, &[]).await.unwrap();
            assert_eq!(answer.json()["total"], known.len());
            listed.extend(answer.ids());
            url = answer.next();
        }
        assert_eq!(listed.len(), known.len());
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), known);
    }
    let count = ask(&sandbox, "lakeside", "/Patient?_summary=count").await.json();
    assert!(count["total"].as_u64().unwrap() > 200 && count["entry"].is_null());
    sandbox.stop().await;
}

#[tokio::test]
async fn comma_lists_mean_or() {
    let sandbox = sandbox(12).await;
    let (one, other) = (patient(&sandbox, 0, "lakeside"), patient(&sandbox, 3, "lakeside"));
    let of = async |patients: &str| {
        ask(&sandbox, "lakeside", &format!("/Condition?patient={patients}&_count=100")).await.ids()
    };
    let both: BTreeSet<String> = of(&format!("{one},Patient/{other}")).await.into_iter().collect();
    let apart: BTreeSet<String> = of(&one).await.into_iter().chain(of(&other).await).collect();
    assert_eq!(both, apart);
    assert_eq!(of(&format!("{}/Patient/{one}", base(&sandbox, "lakeside"))).await, of(&one).await);
    assert!(of("http://127.0.0.1:1/fhir/Patient/x,nobody").await.is_empty());

    let wanted: Vec<String> = both.into_iter().take(3).collect();
    let found = ask(&sandbox, "lakeside", &format!("/Condition?_id={},unknown", wanted.join(",")))
        .await
        .ids();
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), wanted.iter().cloned().collect());
    let elsewhere =
        ask(&sandbox, "lakeside", &format!("/Condition?_id={}&patient={other}", wanted.join(",")))
            .await
            .ids();
    assert!(elsewhere.len() < 3);
    sandbox.stop().await;
}

#[tokio::test]
async fn posted_searches_answer_like_others() {
    let sandbox = sandbox(4).await;
    let id = patient(&sandbox, 0, "stmary");
    let got = ask(&sandbox, "stmary", &format!("/Condition?patient={id}")).await.ids();
    let posted = client::post(
        &format!("{}/Condition/_search", base(&sandbox, "stmary")),
        &format!("patient={id}"),
    )
    .await
    .unwrap();
    assert!(!got.is_empty());
    assert_eq!(posted.ids(), got);
    sandbox.stop().await;
}

#[tokio::test]
async fn unknown_parameters_are_remarked_or_refused() {
    let sandbox = sandbox(4).await;
    let id = patient(&sandbox, 0, "lakeside");
    let plain = ask(&sandbox, "lakeside", &format!("/Condition?patient={id}")).await;
    let path = format!("{}/Condition?patient={id}&colour=red", base(&sandbox, "lakeside"));
    let lenient = client::get(&path, &[]).await.unwrap();
    assert_eq!(lenient.ids(), plain.ids());
    let remarks = lenient.resources("outcome");
    assert_eq!(remarks[0]["resourceType"], "OperationOutcome");
    assert!(remarks[0]["issue"][0]["diagnostics"].as_str().unwrap().contains("colour"));
    let strict = client::get(&path, &["prefer: return=minimal, handling=strict"]).await.unwrap();
    assert_eq!(
        (strict.status, strict.json()["issue"][0]["code"].as_str()),
        (400, Some("not-supported"))
    );
    let strict =
        client::get(&path.replace("&colour=red", ""), &["prefer: handling=strict"]).await.unwrap();
    assert_eq!(strict.ids(), plain.ids());
    sandbox.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let sandbox = sandbox(4).await;
    let outcome = async |system: &str, path: &str| {
        let answer = ask(&sandbox, system, path).await;
        assert!(answer.head.contains("content-type: application/fhir+json"), "{path}");
        let json = answer.json();
        assert_eq!(json["resourceType"], "OperationOutcome", "{path}");
        (answer.status, json["issue"][0]["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        outcome("cornerstone", "/Observation?patient=x").await,
        (404, "not-supported".into())
    );
    assert_eq!(outcome("cornerstone", "/Practitioner/x").await, (404, "not-supported".into()));
    assert_eq!(outcome("lakeside", "/Nonsense?patient=x").await, (404, "not-supported".into()));
    assert_eq!(outcome("lakeside", "/Patient/zzzzzzzz").await, (404, "not-found".into()));
    assert_eq!(outcome("lakeside", "/Patient/x/y/z").await, (404, "not-found".into()));
    assert_eq!(outcome("lakeside", "/Condition").await, (400, "too-costly".into()));
    assert_eq!(
        outcome("lakeside", "/Condition?patient=x&_count=no").await,
        (400, "invalid".into())
    );
    let stranger = patient(&sandbox, 0, "northgate");
    assert_eq!(
        outcome("lakeside", &format!("/Patient/{stranger}")).await,
        (404, "not-found".into())
    );
    let none = ask(&sandbox, "lakeside", &format!("/Condition?patient={stranger}")).await;
    assert_eq!(
        (none.status, none.json()["total"].as_u64(), none.json()["entry"].is_null()),
        (200, Some(0), true)
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn patients_are_found_by_any_of_their_identifiers() {
    let sandbox = sandbox(40).await;
    for person in [0, 5, 9, 20] {
        for record in &sandbox.truth(person).records {
            let shown =
                ask(&sandbox, record.system, &format!("/Patient/{}", record.id)).await.json();
            for identifier in shown["identifier"].as_array().unwrap() {
                let token = format!(
                    "{}|{}",
                    identifier["system"].as_str().unwrap(),
                    identifier["value"].as_str().unwrap()
                );
                let found =
                    ask(&sandbox, record.system, &format!("/Patient?identifier={token}")).await;
                assert_eq!(found.ids(), std::slice::from_ref(&record.id), "{token}");
            }
        }
    }
    let none =
        ask(&sandbox, "lakeside", "/Patient?identifier=http://hl7.org/fhir/sid/us-ssn|800010001")
            .await;
    assert!(none.ids().is_empty());
    sandbox.stop().await;
}

#[tokio::test]
async fn requests_are_counted_by_kind_of_path() {
    let sandbox = sandbox(4).await;
    let id = patient(&sandbox, 0, "lakeside");
    for path in [
        "/metadata",
        &format!("/Condition?patient={id}"),
        "/Condition?patient=x",
        &format!("/Patient/{id}"),
        "/Nonsense",
    ] {
        ask(&sandbox, "lakeside", path).await;
    }
    let requests = sandbox.system("lakeside").unwrap().requests();
    assert_eq!(requests.total(), 5);
    let counts = ["metadata", "Condition?", "Patient/", "other"].map(|path| requests.of(path));
    assert_eq!(counts, [1, 2, 1, 1]);
    assert_eq!(sandbox.system("stmary").unwrap().requests().total(), 0);
    sandbox.stop().await;
}

fn base<'a>(sandbox: &'a Sandbox, system: &str) -> &'a str {
    sandbox.system(system).unwrap().base_url()
}
