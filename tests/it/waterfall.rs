//! The waterfall of an answer: when which source was asked, for roles that may know, and of nothing that they may not.

use caregraph_sandbox::{Fault, Role};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::gateway::{TestGateway, run};

const QUERY: &str = "query($id: ID!) { patient(id: $id) { allergies { totalCount } conditions { totalCount completeness { sources { source { name } state } } } } }";

async fn gateway() -> TestGateway {
    let builder = TestGateway::builder().patients(10).shape(|shape| {
        shape.labels = "enforced";
        shape.cache = "sections = { ALLERGIES = { fresh_s = 600, stale_while_revalidate_s = 600, stale_if_error_s = 600 } }";
        shape.of_system = [("harbor", "labels = [\"PART_2\"]\n")].into();
        shape.extra = "\n[telemetry]\nwaterfall = [\"COORDINATOR\", \"PHARMACIST\"]\n".to_owned();
    });
    builder.start().await
}

async fn ask(
    gateway: &TestGateway,
    role: Role,
    header: Option<&str>,
    query: &str,
    id: &str,
) -> Answer {
    let request = gateway.client.post(gateway.url("/graphql")).bearer_auth(gateway.token(role));
    let mut request = request.header("content-type", "application/json");
    if let Some(value) = header {
        request = request.header("x-care-trace", value);
    }
    let body = json!({ "query": query, "variables": { "id": id } }).to_string();
    Answer::of(request.body(body).send().await.expect("the gateway answers")).await
}

/// The lines of one section.
fn lines(answer: &Answer, section: &str) -> Vec<Value> {
    let json = answer.json();
    let lines = items(&json["extensions"]["waterfall"]);
    lines.iter().filter(|line| line["section"] == section).cloned().collect()
}

#[test]
fn who_may_know_and_asks_learns_when_which_source_was_asked() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        gateway.sandbox.system("stmary").expect("there is St. Mary").set_fault(Fault::Status(500));
        let first = ask(&gateway, Role::Coordinator, Some("1"), QUERY, &id).await;
        let second = ask(&gateway, Role::Coordinator, Some("1"), QUERY, &id).await;
        let of = |answer: &Answer, source: &str| {
            let line = lines(answer, "ALLERGIES").into_iter().find(|it| it["source"] == source);
            line.unwrap_or_else(|| panic!("{source} is not in {}", answer.text))
        };
        let live = of(&first, "lakeside");
        assert_eq!(
            (&live["from"], &live["state"], &live["attempts"]),
            (&json!("source"), &json!("OK"), &json!(1))
        );
        assert!(live["startMs"].is_u64() && live["durationMs"].is_u64());
        let copy = of(&second, "lakeside");
        assert_eq!(
            (&copy["from"], &copy["state"], &copy["attempts"]),
            (&json!("memory"), &json!("CACHED"), &json!(0))
        );
        gateway.stop().await;
    });
}

#[test]
fn nobody_else_learns_it_whatever_they_send() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        for (role, header) in [
            (Role::Coordinator, None),
            (Role::Coordinator, Some("0")),
            (Role::Coordinator, Some("true")),
            (Role::PrimaryCare, Some("1")),
            (Role::Admin, Some("1")),
            (Role::Auditor, Some("1")),
        ] {
            let answer = ask(&gateway, role, header, QUERY, &id).await;
            assert!(!answer.text.contains("waterfall"), "{role} {header:?}: {}", answer.text);
        }
        gateway.stop().await;
    });
}

#[test]
fn it_names_no_source_that_the_answer_does_not_name() {
    run(async {
        let gateway = gateway().await;
        for person in 0..10 {
            let id = gateway.patient(person).await;
            for role in [Role::Coordinator, Role::Pharmacist] {
                let answer = ask(&gateway, role, Some("1"), QUERY, &id).await;
                let data = answer.json();
                let sources = &data["data"]["patient"]["conditions"]["completeness"]["sources"];
                let told = |source: &str, state: &Value| {
                    let system = gateway.sandbox.system(source).expect("the source is a system");
                    items(sources)
                        .iter()
                        .any(|it| it["source"]["name"] == system.name() && it["state"] == *state)
                };
                let lines = lines(&answer, "CONDITIONS");
                assert!(!lines.is_empty(), "{}", answer.text);
                for line in lines {
                    assert!(
                        told(&text(&line["source"]), &line["state"]),
                        "{line}: {}",
                        answer.text
                    );
                }
                let all = items(&data["extensions"]["waterfall"]);
                assert!(
                    all.iter().all(|line| text(&line["source"]) != "harbor"),
                    "{}",
                    answer.text
                );
            }
        }
        gateway.stop().await;
    });
}

#[test]
fn an_answer_without_sources_has_an_empty_one() {
    run(async {
        let gateway = gateway().await;
        let answer = ask(&gateway, Role::Coordinator, Some("1"), "{ me { role } }", "").await;
        assert_eq!(answer.json()["extensions"], json!({ "waterfall": [] }));
        gateway.stop().await;
    });
}
