//! Sources whose answers change their shape: F11.

use std::time::Duration;

use caregraph::gather::{Ending, Knobs};
use caregraph_connectors::Problem;
use caregraph_connectors::testkit::{HttpAnswer, Play};
use serde_json::{Value, json};

use super::lab::Lab;
use super::tell;
use crate::gateway::run;

const BUDGET: Duration = Duration::from_secs(10);
const RECORDS: usize = 100;
/// How many of them have changed.
const CHANGED: usize = 5;

/// A field, and what it suddenly is.
fn drifts() -> Vec<(&'static str, Value)> {
    vec![
        ("code", json!("Asthma")),
        ("code", json!([{ "text": "Asthma" }])),
        ("clinicalStatus", json!("active")),
        ("onsetDateTime", json!(20_240_101)),
        ("recordedDate", json!({ "value": "2024-01-01" })),
        ("category", json!({ "text": "problem-list-item" })),
        ("note", json!("seen twice")),
        ("meta", json!(["2024"])),
        ("subject", json!("Patient/p")),
        ("id", json!(17)),
    ]
}

fn bundle(field: &str, value: &Value) -> HttpAnswer {
    let entry = |number: usize| {
        let mut condition = json!({
            "resourceType": "Condition", "id": format!("c-{number}"), "code": { "text": format!("Trouble {number}") },
            "subject": { "reference": "Patient/p" }, "onsetDateTime": "2024-01-01",
        });
        if number % (RECORDS / CHANGED) == 7 {
            condition[field] = value.clone();
        }
        json!({ "resource": condition })
    };
    let entries: Vec<Value> = (0..RECORDS).map(entry).collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries });
    HttpAnswer::of("application/fhir+json", bundle.to_string())
}

#[test]
fn f11_what_changed_its_shape_is_missed_aloud_and_the_rest_is_shown() {
    run(async {
        let (mut fewest, mut told, mut unread) = (RECORDS, 0, Vec::new());
        for (field, value) in drifts() {
            let lab = Lab::start(Knobs::default(), BUDGET).await;
            let answer = bundle(field, &value);
            lab.plays(move |_, _| Play::Answer(answer.clone()));
            let share = lab.ask("p").await.share;
            fewest = fewest.min(share.records.len());
            assert!(share.records.len() >= RECORDS - CHANGED, "{field}");
            match share.problem {
                Some(Problem::Unreadable(count) | Problem::WrongPatient(count)) => {
                    let missed = usize::try_from(count).unwrap();
                    assert_eq!(share.records.len() + missed, RECORDS, "{field}");
                    let kinds = [Ending::Unreadable, Ending::WrongPatient];
                    let counted: u64 = kinds.iter().map(|it| lab.figures().ended(*it)).sum();
                    assert_eq!(counted, 1, "{field}");
                    told += 1;
                }
                None => {
                    assert_eq!(
                        share.records.len(),
                        RECORDS,
                        "{field}: something is missed silently"
                    );
                    unread.push(field);
                }
                problem => panic!("{field}: {problem:?}"),
            }
        }
        tell(
            "F11",
            "95 of 100 records or more, each that is missed told",
            format!(
                "{fewest} of {RECORDS} at least; {told} of {} changes told, {} in fields that are not read ({})",
                drifts().len(),
                unread.len(),
                unread.join(", ")
            ),
        );
    });
}
