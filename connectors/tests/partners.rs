//! Partners that answer in their own ways: by batches and feeds, with items twice, with words for trouble, in other formats.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use caregraph_connectors::record::{Fact, ObservationValue, Section};
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest};
use caregraph_connectors::{Ask, Connector, LocalId, Problem, RosterCursor, Share};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::mapped::{ask, reference, settings, with};

/// A manifest whose one question has these keys beside the usual ones.
fn manifest(keys: &str) -> toml::Table {
    let text = format!(
        "mapping = 1\n[roster]\nget = 'members'\nitems = '$[*]'\nid = '$.id'\nfields = {{ names = ['$.name'] }}\n\
         [[fetch]]\nsection = 'CONDITIONS'\nsubject = '$.of'\nreference = '$.no'\n{keys}\n\
         [fetch.fields]\ncode = '$.name'\nonset = {{ path = '$.since', optional = true }}\n"
    );
    text.parse().unwrap()
}

fn problem(number: u32, of: &str, name: &str) -> Value {
    json!({"no": number, "of": of, "name": name})
}

fn items(all: &[Value]) -> HttpAnswer {
    HttpAnswer::json(&json!({"items": all, "ok": true}))
}

async fn ask_many(connector: &dyn Connector, ids: &[&str]) -> BTreeMap<String, Share> {
    let patients: Vec<LocalId> = ids.iter().map(|id| LocalId::new(*id)).collect();
    let deadline = Instant::now() + Duration::from_secs(5);
    let ask = Ask { patients: &patients, section: Section::Conditions, deadline, since: None };
    let answer = connector.fetch(ask).await;
    answer.into_iter().map(|(id, share)| (id.as_str().to_owned(), share)).collect()
}

const BATCH: &str = "post = 'search'\nbody = { json = { people = '{patients}' } }\nitems = '$.items[*]'\npatients_per_ask = 10";
const ONE: &str = "get = 'people/{patient}'\nitems = '$.items[*]'";

#[tokio::test]
async fn a_list_that_brings_nothing_is_not_believed_until_one_has_brought_two() {
    let takes_lists = AtomicUsize::new(0);
    let script = |request: &HttpRequest| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let people: Vec<&str> =
            body["people"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        // It takes a list for one strange id at first.
        if people.len() > 1 && takes_lists.load(Ordering::SeqCst) == 0 {
            return items(&[]);
        }
        let known = people.iter().filter(|id| **id != "c");
        items(
            &known
                .map(|id| problem(1, id, "Asthma"))
                .map(|mut it| {
                    it["no"] = json!(format!("{}-1", it["of"].as_str().unwrap()));
                    it
                })
                .collect::<Vec<_>>(),
        )
    };
    with(manifest(BATCH), script, async |it| {
        assert_eq!(it.patients_per_ask(), 10);
        let counts = async || {
            let shares = ask_many(&*it, &["a", "b", "c"]).await;
            assert!(shares.values().all(|share| share.problem.is_none()));
            shares.values().map(|share| share.records.len()).collect::<Vec<_>>()
        };
        assert_eq!(counts().await, [1, 1, 0], "one by one");
        takes_lists.store(1, Ordering::SeqCst);
        assert_eq!(counts().await, [1, 1, 0], "all at once");
    })
    .await;
}

#[tokio::test]
async fn a_feed_of_everybody_gives_each_their_own() {
    let script = |_: &HttpRequest| {
        items(&[
            problem(1, "a", "Asthma"),
            problem(2, "x", "Gout"),
            json!({"no": 3, "name": "Whose"}),
        ])
    };
    with(manifest("get = 'all'\nitems = '$.items[*]'\nfeed = true"), script, async |it| {
        let shares = ask_many(&*it, &["a", "b"]).await;
        assert_eq!((shares["a"].records.len(), shares["b"].records.len()), (1, 0));
        // One that names nobody may be anybody's.
        assert!(shares.values().all(|share| share.problem == Some(Problem::Unreadable(1))));
    })
    .await;
}

#[tokio::test]
async fn items_that_stand_there_twice_are_one_or_none() {
    let script = |_: &HttpRequest| {
        items(&[
            problem(1, "a", "Asthma"),
            problem(2, "a", "Gout"),
            problem(1, "a", "Asthma"),
            problem(2, "a", "Migraine"),
            problem(2, "a", "Gout"),
            problem(3, "a", "Fracture"),
        ])
    };
    with(manifest(ONE), script, async |it| {
        let share = ask(&*it, Section::Conditions, "a").await;
        let references: Vec<_> = share.records.iter().map(|it| it.reference.as_str()).collect();
        assert_eq!(references, ["condition/1", "condition/3"]);
        assert_eq!(share.problem, Some(Problem::Unreadable(2)));
    })
    .await;
}

#[tokio::test]
async fn a_partner_says_in_its_own_words_that_something_is_wrong() {
    let keys = format!(
        "{ONE}\nsuccess = '@.ok == true'\ntotal = '$.total'\nnone_when = [410, '@.count == 0']\n\
         errors = [{{ status = 423, means = 'busy' }}, {{ when = '@.code == 7', means = 'unauthorized' }}, {{ status = 500, when = '@.code == 9', means = 'not-offered' }}]"
    );
    let script = |request: &HttpRequest| match request.path.rsplit('/').next().unwrap() {
        "gone" => HttpAnswer::json(&json!({})).status(410),
        "zero" => HttpAnswer::json(&json!({"count": 0, "ok": true})),
        "locked" => HttpAnswer::json(&json!({})).status(423).header("retry-after", "9"),
        "key" => HttpAnswer::json(&json!({"code": 7})),
        "later" => HttpAnswer::json(&json!({"code": 9})).status(500),
        "down" => HttpAnswer::json(&json!({"code": 1})).status(500),
        "bad" => HttpAnswer::json(&json!({"ok": false, "items": []})),
        "short" => HttpAnswer::json(
            &json!({"ok": true, "total": 2, "items": [problem(1, "short", "Asthma")]}),
        ),
        _ => HttpAnswer::json(&json!({"ok": true, "total": 0, "items": []})),
    };
    with(manifest(&keys), script, async |it| {
        for (patient, records, expected) in [
            ("gone", 0, None),
            ("zero", 0, None),
            ("well", 0, None),
            ("locked", 0, Some(Problem::Busy { retry_after: Some(Duration::from_secs(9)) })),
            ("key", 0, Some(Problem::Unauthorized)),
            ("later", 0, Some(Problem::NotSupported)),
            ("down", 0, Some(Problem::Status(500))),
            ("bad", 0, Some(Problem::Garbled)),
            ("short", 1, Some(Problem::Incomplete)),
        ] {
            let share = ask(&*it, Section::Conditions, patient).await;
            assert_eq!((share.records.len(), share.problem), (records, expected), "{patient}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_does_not_fit_is_missed_aloud_unless_it_may_be_left_out() {
    let script = |_: &HttpRequest| {
        let mut dated = problem(1, "a", "Asthma");
        dated["since"] = json!("yesterday");
        items(&[
            dated,
            json!({"no": 2, "of": "a", "name": ["Gout"]}),
            json!({"no": 3, "of": "a"}),
            json!({"of": "a", "name": "x"}),
        ])
    };
    with(manifest(ONE), script, async |it| {
        let share = ask(&*it, Section::Conditions, "a").await;
        assert_eq!((share.records.len(), share.problem), (1, Some(Problem::Unreadable(3))));
        let Fact::Condition(condition) = &share.records[0].fact else { panic!("no condition") };
        assert!(condition.onset.is_none());
    })
    .await;
}

const RESULTS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<results pid="7">
  <result no="r1"><test loinc="2345-7">Glucose</test><state>F</state><value unit="mmol/L">1.005,50</value>
    <drawn>1772643900</drawn><changed>04-Mar-2026 17:05</changed><flag>high</flag></result>
  <result no="r2"><test>Culture</test><state>P</state><value>many</value><words>E. coli &amp; others</words><drawn>0</drawn></result>
  <result no="r3"><test>Odd</test><state>Z</state></result>
</results>"#;

#[tokio::test]
async fn the_laboratory_of_the_reference_answers_in_xml_and_in_lines() {
    let text = reference();
    let lab = text.split("```toml\n").find(|block| block.contains("Riverside Laboratory"));
    let lab = lab.unwrap().split("```").next().unwrap();
    let script = |request: &HttpRequest| match request.path.as_str() {
        "/v2/patients.ndjson" => HttpAnswer::of(
            "application/x-ndjson",
            "{\"pid\": 7, \"name\": \"Ada Example\", \"dob\": \"19700131\"}\n\n{\"pid\": 8, \"name\": \"Ben\", \"dead\": \"Y\"}\n",
        ),
        _ => HttpAnswer::of(
            "application/xml",
            match request.param("pid") {
                Some("0") => "<results pid='0'/>",
                Some("-1") => "<error>no such table</error>",
                _ => RESULTS,
            },
        ),
    };
    with(settings(lab), script, async |it| {
        let deadline = Instant::now() + Duration::from_secs(5);
        let page = it.roster(&RosterCursor::Start, deadline).await.unwrap();
        let ids: Vec<&str> = page.people.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["7", "8"]);
        assert_eq!(page.people[1].person.deceased, Some(None));
        let share = ask(&*it, Section::Observations, "7").await;
        assert_eq!((share.records.len(), share.problem), (2, Some(Problem::Unreadable(1))));
        let values: Vec<String> = share
            .records
            .iter()
            .map(|record| {
                let Fact::Observation(it) = &record.fact else { panic!("no observation") };
                match &it.value {
                    Some(ObservationValue::Quantity(it)) => {
                        format!("{} {}", it.value.as_deref().unwrap(), it.unit.as_deref().unwrap())
                    }
                    Some(ObservationValue::Text(text)) => text.to_string(),
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        assert_eq!(values, ["1005.50 mmol/L", "E. coli & others"]);
        assert_eq!(share.records[0].updated.as_ref().unwrap().as_str(), "2026-03-04T17:05");
        let nothing = ask(&*it, Section::Observations, "0").await;
        assert_eq!((nothing.records.len(), nothing.problem), (0, None));
        let other = ask(&*it, Section::Observations, "-1").await;
        assert_eq!((other.records.len(), other.problem), (0, Some(Problem::Garbled)));
        let stranger = ask(&*it, Section::Observations, "9").await;
        assert_eq!((stranger.records.len(), stranger.problem), (0, Some(Problem::WrongPatient(3))));
    })
    .await;
}
