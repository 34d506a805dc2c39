//! What is made of a partner's answers.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::fetch::read;
use super::roster;
use crate::connector::{Answer, LocalId, Problem, RosterCursor, Share};
use crate::record::Section;

fn patients() -> Vec<LocalId> {
    ["a", "b", "c"].map(LocalId::new).to_vec()
}

fn fill(subject: &str, number: u32) -> Value {
    json!({"subject": subject, "record": {"reference": format!("fill/{number}"), "fact": {"fill": {
        "medication": {"drug": {"text": "Metformin"}}, "status": "completed"}}}})
}

fn ok(id: &str, records: &[Value]) -> Value {
    json!({"id": id, "status": "ok", "complete": true, "records": records})
}

fn with(mut value: Value, key: &str, what: Value) -> Value {
    value[key] = what;
    value
}

fn answer(rows: &[Value]) -> Result<Answer, Problem> {
    let body = json!({"rows": rows}).to_string();
    read(body.as_bytes(), Section::Medications, &patients(), Some("v1"))
}

/// What comes of a row for `a` when `b` and `c` have none of their records.
fn of(row: Value) -> Share {
    let mut all = answer(&[row, ok("b", &[]), ok("c", &[])]).unwrap();
    assert_eq!(all[&LocalId::new("b")].problem, None);
    all.remove(&LocalId::new("a")).unwrap()
}

#[test]
fn each_patient_gets_the_row_of_their_own() {
    let answer =
        answer(&[ok("c", &[fill("c", 3)]), ok("a", &[fill("a", 1), fill("a", 2)]), ok("b", &[])]);
    let answer = answer.unwrap();
    let counts: Vec<usize> = answer.values().map(|share| share.records.len()).collect();
    assert_eq!(counts, [2, 0, 1]);
    assert!(answer.values().all(|share| share.problem.is_none()));
}

#[test]
fn who_is_not_answered_for_is_not_known_to_have_nothing() {
    let answer = answer(&[ok("a", &[fill("a", 1)]), ok("b", &[])]).unwrap();
    assert_eq!(answer[&LocalId::new("a")].problem, None);
    assert_eq!(answer[&LocalId::new("c")].problem, Some(Problem::Garbled));
}

#[test]
fn a_row_of_somebody_else_is_counted_and_none_of_it_is_kept() {
    let rows = [
        ok("a", &[fill("a", 1)]),
        ok("b", &[]),
        ok("c", &[]),
        ok("stranger", &[fill("stranger", 8), fill("stranger", 9)]),
    ];
    for share in answer(&rows).unwrap().values() {
        assert_eq!(share.problem, Some(Problem::WrongPatient(2)));
    }
    let silent = json!({"id": "stranger", "status": "denied"});
    let all = answer(&[ok("a", &[]), ok("b", &[]), ok("c", &[]), silent]).unwrap();
    assert!(all.values().all(|share| share.problem == Some(Problem::WrongPatient(1))));
}

#[test]
fn a_record_of_somebody_else_is_dropped_whatever_else_is_wrong_with_it() {
    let share =
        of(ok("a", &[fill("a", 1), fill("b", 2), json!({"subject": "c", "record": {"x": 1}})]));
    assert_eq!((share.records.len(), share.problem), (1, Some(Problem::WrongPatient(2))));
    let nobodys = of(ok("a", &[fill("a", 1), json!({"record": fill("a", 2)["record"]})]));
    assert_eq!((nobodys.records.len(), nobodys.problem), (1, Some(Problem::Unreadable(1))));
}

#[test]
fn a_record_that_cannot_be_read_is_counted_and_the_others_stay() {
    let fact = |fact| json!({"subject": "a", "record": {"reference": "x/1", "fact": fact}});
    let drug = json!({"drug": {"text": "Metformin"}});
    for wrong in [
        json!(7),
        with(fill("a", 1), "negated", json!(true)),
        fact(json!({"fill": {"medication": drug, "negated": true}})),
        fact(json!({"fill": {"medication": drug, "status": "Completed"}})),
        fact(json!({"fill": {"medication": drug, "quantity": {"value": "many"}}})),
        fact(json!({"fill": {"status": "completed"}})),
        fact(json!({"allergy": {"substance": {"text": "Nuts"}}})),
        json!({"subject": "a", "record": {"reference": "", "fact": {"fill": {"medication": drug}}}}),
    ] {
        let share = of(ok("a", &[wrong.clone(), fill("a", 2)]));
        let got = (share.records.len(), share.problem);
        assert_eq!(got, (1, Some(Problem::Unreadable(1))), "{wrong}");
    }
    let withdrawn = of(ok("a", &[fact(json!({"fill": {"status": "entered-in-error"}}))]));
    assert_eq!((withdrawn.withdrawn, withdrawn.problem), (1, None));
    let doubled = of(ok("a", &[fill("a", 1), fill("a", 2), fill("a", 1)]));
    assert_eq!((doubled.records.len(), doubled.problem), (1, Some(Problem::Unreadable(2))));
}

#[test]
fn a_status_means_what_it_means_in_http() {
    let row = |status: &str| json!({"id": "a", "status": status});
    let busy = Problem::Busy { retry_after: Some(Duration::from_secs(7)) };
    for (row, expected) in [
        (row("unchanged"), Problem::Unchanged),
        (with(row("unchanged"), "etag", json!("v1")), Problem::Unchanged),
        (with(row("unchanged"), "etag", json!("v2")), Problem::Garbled),
        (row("not-found"), Problem::Status(404)),
        (row("unavailable"), Problem::Status(503)),
        (row("denied"), Problem::Unauthorized),
        (with(row("busy"), "retryAfter", json!(7)), busy),
        (row("busy"), Problem::Busy { retry_after: None }),
        (row("gone"), Problem::Garbled),
        (row("ok"), Problem::Garbled),
        (with(ok("a", &[]), "complete", Value::Null), Problem::Garbled),
        (with(ok("a", &[fill("a", 1)]), "status", json!("denied")), Problem::Garbled),
        (with(row("not-found"), "records", json!([])), Problem::Garbled),
        (with(ok("a", &[]), "truncated", json!(true)), Problem::Garbled),
        (with(ok("a", &[]), "asOf", json!("yesterday")), Problem::Garbled),
    ] {
        let share = of(row.clone());
        assert_eq!((share.records.len(), share.problem), (0, Some(expected)), "{row}");
    }
    let part = of(with(ok("a", &[fill("a", 1)]), "complete", json!(false)));
    assert_eq!((part.records.len(), part.problem), (1, Some(Problem::Incomplete)));
}

#[test]
fn nobody_can_tell_which_of_two_rows_holds_nor_whose_a_nameless_one_is() {
    for rows in [[ok("a", &[fill("a", 1)]), ok("a", &[])], [ok("a", &[]), ok("a", &[])]] {
        let all = answer(&rows).unwrap();
        assert_eq!(all[&LocalId::new("a")].problem, Some(Problem::Garbled));
    }
    let nameless = json!({"status": "ok", "complete": true, "records": [fill("a", 1)]});
    assert_eq!(answer(&[ok("a", &[]), nameless]).unwrap_err(), Problem::Garbled);
    let more = json!({"rows": [ok("a", &[])], "page": 2}).to_string();
    let read = read(more.as_bytes(), Section::Medications, &patients(), None);
    assert_eq!(read.unwrap_err(), Problem::Garbled);
}

#[test]
fn tags_labels_and_times_are_those_of_the_row() {
    let tag = |tag: &str| of(with(ok("a", &[]), "etag", json!(tag))).validator;
    assert_eq!(tag("W/\"7\"").unwrap().as_str(), "W/\"7\"");
    for bad in ["", "a b", "a\nb", "ä", "x".repeat(257).as_str()] {
        assert_eq!(tag(bad), None, "{bad}");
    }
    let own = json!({"system": "urn:x", "code": "PSY"});
    let mut record = fill("a", 1);
    record["record"]["labels"] = json!([own]);
    let row = with(ok("a", &[record]), "labels", json!([{"system": "urn:x", "code": "R"}]));
    let share = of(with(row, "asOf", json!("2026-03-04T10:00:07Z")));
    let codes: Vec<&str> =
        share.records[0].labels.iter().filter_map(|it| it.code.as_deref()).collect();
    assert_eq!(codes, ["PSY", "R"]);
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_618_407);
    assert_eq!(share.as_of, Some(at));
}

#[test]
fn a_page_of_a_roster_says_whether_there_is_another() {
    let person =
        json!({"names": [{"family": "Example"}], "birthDate": "1970-01-31", "sex": "female"});
    let entry = |person: &Value| json!({"id": "a", "active": false, "person": person});
    let page = json!({"patients": [entry(&person), entry(&with(person.clone(), "sex", json!("F"))),
        with(entry(&person), "id", json!("")), json!({"id": "b", "person": person})], "next": "2", "total": 9});
    let read = |page: &Value| roster::read(page.to_string().as_bytes());
    let good = read(&page).unwrap();
    assert_eq!((good.people.len(), good.unreadable, good.total), (1, 3, Some(9)));
    assert!(!good.people[0].active);
    assert_eq!(good.next, Some(RosterCursor::Page("2".to_owned())));
    assert_eq!(read(&with(page.clone(), "next", Value::Null)).unwrap().next, None);
    for wrong in [
        json!({"patients": []}),
        json!({"patients": [], "next": ""}),
        json!({"patients": [], "next": "x".repeat(5_000)}),
        json!({"patients": [], "next": null, "more": true}),
    ] {
        assert_eq!(read(&wrong).unwrap_err(), Problem::Garbled, "{wrong}");
    }
}

mod examples {
    //! The examples of the specification are what it says they are.

    use super::super::sse::Events;
    use super::super::wire::{
        Capabilities, Change, FetchAnswer, Health, ProblemDetails, Ready, ServicesPage,
    };
    use super::super::{feed, schema};
    use super::*;

    const SPECIFICATION: &str = include_str!("../../docs/remote.md");

    /// The examples of one language, each with the word behind it.
    fn examples(language: &str) -> Vec<(&'static str, &'static str)> {
        let begins = format!("```{language} ");
        let blocks = SPECIFICATION.split(begins.as_str()).skip(1);
        blocks.map(|it| it.split("\n```").next().unwrap().split_once('\n').unwrap()).collect()
    }

    fn is_read(message: &str, text: &str) -> bool {
        match message {
            "Capabilities" => serde_json::from_str::<Capabilities>(text).is_ok(),
            "FetchAnswer" => serde_json::from_str::<FetchAnswer<'_>>(text).is_ok(),
            "RosterPage" => roster::read(text.as_bytes()).is_ok_and(|it| it.unreadable == 0),
            "ServicesPage" => serde_json::from_str::<ServicesPage<'_>>(text).is_ok(),
            "Ready" => serde_json::from_str::<Ready>(text).is_ok(),
            "Change" => serde_json::from_str::<Change>(text).is_ok(),
            "Health" => serde_json::from_str::<Health>(text).is_ok(),
            "ProblemDetails" => serde_json::from_str::<ProblemDetails>(text).is_ok(),
            _ => false,
        }
    }

    #[test]
    fn every_message_has_an_example_that_is_read() {
        let all = examples("json");
        for (message, text) in &all {
            assert!(*message == "FetchRequest" || is_read(message, text), "{message}: {text}");
        }
        for name in [
            "Capabilities",
            "FetchRequest",
            "FetchAnswer",
            "RosterPage",
            "ServicesPage",
            "Health",
            "ProblemDetails",
        ] {
            assert!(all.iter().any(|(message, _)| *message == name), "{name} has no example");
        }
    }

    #[test]
    fn the_answer_fits_the_question() {
        let all = examples("json");
        let of = |name| all.iter().find(|(message, _)| *message == name).unwrap().1;
        let request: Value = serde_json::from_str(of("FetchRequest")).unwrap();
        let keys: Vec<&String> = request.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["patients", "section"]);
        let asked = request["patients"].as_array().unwrap();
        let ids: Vec<LocalId> =
            asked.iter().map(|it| LocalId::new(it["id"].as_str().unwrap())).collect();
        let tag = asked[1]["ifNoneMatch"].as_str();
        let section =
            super::super::settings::section(request["section"].as_str().unwrap()).unwrap();
        let answer = read(of("FetchAnswer").as_bytes(), section, &ids, tag).unwrap();
        let share = |place: usize| &answer[&ids[place]];
        assert_eq!((share(0).records.len(), &share(0).problem), (1, &None));
        assert_eq!(share(1).problem, Some(Problem::Unchanged));
        assert_eq!(share(2).problem, Some(Problem::Unauthorized));
    }

    #[test]
    fn the_events_are_read_as_it_says() {
        let (_, text) = examples("text")[0];
        let mut events = Events::default();
        events.take(format!("{text}\n\n").as_bytes()).unwrap();
        let ready = events.next().unwrap();
        assert_eq!(ready.name, "ready");
        assert!(is_read("Ready", &ready.data));
        let rest: Vec<_> = std::iter::from_fn(|| events.next()).collect();
        assert!(rest.len() >= 2);
        for event in rest {
            assert!(!event.id.is_empty(), "{event:?}");
            assert_ne!(feed::read(&event), crate::Notice::of_anything(), "{event:?}");
        }
    }

    #[test]
    fn every_code_and_every_header_stands_there() {
        for word in [
            "Caregraph-Protocol",
            "Caregraph-Deadline-Ms",
            "Caregraph-Purpose",
            "traceparent",
            "unsupported-protocol",
            "unknown-section",
            "too-many-patients",
            "Last-Event-ID",
        ] {
            assert!(SPECIFICATION.contains(word), "{word}");
        }
        let types = schema::of_messages();
        assert!(types["$defs"]["Status"].is_object());
    }
}
