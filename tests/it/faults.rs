//! Sources that fail in every way that there is, one at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use caregraph_sandbox::{Fault, Role, Section};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::chart::{self, LISTS, PLAIN, Shown};
use crate::gateway::{TestGateway, run, until};

/// How long a request may take in all, and how long one source may.
const DEADLINE: Duration = Duration::from_millis(2_500);
const TIMEOUT: Duration = Duration::from_millis(1_500);
/// What a busy machine may take for itself.
const SLACK: Duration = Duration::from_millis(300);

const PEOPLE: u64 = 20;
const CLINICAL: [&str; 5] = ["lakeside", "northgate", "stmary", "harbor", "cornerstone"];

/// What no answer may hold: parts of what broken systems send, and where they are.
const CANARIES: [&str; 7] = [
    "<html",
    "<body",
    "resourceType",
    "searchset",
    "Internal Server Error",
    "Service Unavailable",
    "127.0.0.1",
];

/// A gateway of a test's own.
async fn bench() -> TestGateway {
    let builder = TestGateway::builder().patients(PEOPLE).shape(|shape| {
        shape.deadline_ms = u64::try_from(DEADLINE.as_millis()).unwrap();
        shape.timeout_ms = u64::try_from(TIMEOUT.as_millis()).unwrap();
    });
    builder.start().await
}

/// The whole patient, with what is missing.
fn query() -> String {
    let origin = "provenance { records { source { name } reference } }";
    let status = "source { name } state message";
    let lists = LISTS
        .iter()
        .map(|section| {
            format!(
                "{}(first: 100{}) {{ totalCount completeness {{ state sources {{ {status} }} }} nodes {{ id {origin} }} }} ",
                section.as_str(),
                // All fit on one page.
                if *section == Section::Observations { ", category: VITAL_SIGNS" } else { "" }
            )
        })
        .collect::<Vec<_>>().concat();
    let plain = PLAIN
        .iter()
        .map(|section| format!("{} {{ id {origin} }} ", section.as_str()))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "query($id: ID!) {{ patient(id: $id) {{ name {{ text }} sources {{ {status} }} {lists} {plain} }} }}"
    )
}

async fn ask(gateway: &TestGateway, patient: &str) -> Answer {
    gateway.ask(Role::PrimaryCare, &query(), json!({ "id": patient })).await
}

/// How each source stands in a list of statuses: state and sentence.
fn standing(gateway: &TestGateway, statuses: &Value) -> BTreeMap<String, (String, String)> {
    let of = |status: &Value| {
        let name = text(&status["source"]["name"]);
        let system = chart::system(&gateway.sandbox, &name);
        (system, (text(&status["state"]), text(&status["message"])))
    };
    items(statuses).iter().map(of).collect()
}

/// The contributors of a list that come from other systems than this one.
fn of_others(things: &[Shown], system: &str) -> BTreeSet<(String, String)> {
    let records = things.iter().flat_map(|thing| thing.records.clone());
    records.filter(|(of, _)| of != system).collect()
}

/// Breaks each source in turn and compares the answer with the one of a fine day.
async fn each_source_in_turn(fault: Fault, states: &[&str]) {
    let gateway = &bench().await;
    let patient = gateway.patient(0).await;
    let fine = ask(gateway, &patient).await.data();
    let count = |section: Section| items(&fine["patient"][section.as_str()]["nodes"]).len();
    assert!(LISTS.into_iter().all(|section| (1..100).contains(&count(section))));
    for system in CLINICAL {
        let source = gateway.sandbox.system(system).unwrap();
        source.set_fault(fault);
        let started = Instant::now();
        let answer = ask(gateway, &patient).await;
        let took = started.elapsed();
        source.set_fault(Fault::None);
        assert!(took < DEADLINE + SLACK, "{system} {fault:?}: {took:?}");
        let leaked = CANARIES.iter().find(|canary| answer.text.contains(**canary));
        assert_eq!(leaked, None, "{system} {fault:?}");
        let data = answer.data();
        check_lists(gateway, system, &fine["patient"], &data["patient"], states);
        check_rest(gateway, system, &fine["patient"], &data["patient"], states);
        let healed = || async { is_as_fine(&fine, &ask(gateway, &patient).await.data()) };
        until("the source is whole again", healed).await;
    }
}

fn is_as_fine(fine: &Value, now: &Value) -> bool {
    LISTS.iter().all(|section| {
        let (fine, now) = (&fine["patient"][section.as_str()], &now["patient"][section.as_str()]);
        fine["nodes"] == now["nodes"] && fine["totalCount"] == now["totalCount"]
    })
}

fn check_lists(gateway: &TestGateway, system: &str, fine: &Value, now: &Value, states: &[&str]) {
    for section in LISTS {
        let (fine, now) = (&fine[section.as_str()], &now[section.as_str()]);
        let here = format!("{section:?} without {system}");
        let nodes = |list: &Value| chart::shown(&gateway.sandbox, &list["nodes"]);
        assert_eq!(of_others(&nodes(now), system), of_others(&nodes(fine), system), "{here}");
        let standing = |list: &Value| standing(gateway, &list["completeness"]["sources"]);
        let (was, mut is) = (standing(fine), standing(now));
        let (state, message) = is.remove(system).unwrap();
        assert_eq!(
            was.iter().filter(|(id, _)| *id != system).collect::<Vec<_>>(),
            is.iter().collect::<Vec<_>>()
        );
        let records = |list: &Value| of_others(&nodes(list), "nobody");
        assert!(records(now).is_subset(&records(fine)), "{here}: a stranger's record");
        if state == "OK" && !somebody_else_has(gateway, system, section) {
            continue;
        }
        if was[system].0 != "OK" && state == was[system].0 {
            assert_eq!(now, fine, "{here}");
            continue;
        }
        assert!(states.contains(&state.as_str()), "{here}: {state}");
        let name = gateway.sandbox.system(system).unwrap().name();
        assert!(message.starts_with(name) && message.ends_with('.'), "{here}: {message}");
        assert_eq!(now["totalCount"], Value::Null, "{here}");
        let whole = is.values().any(|(state, _)| state == "OK") || !nodes(now).is_empty();
        let expected = if whole { "PARTIAL" } else { "UNAVAILABLE" };
        let stands = text(&now["completeness"]["state"]);
        assert!(stands == expected || (!whole && stands == "PARTIAL"), "{here}: {stands}");
    }
}

/// Whether whoever stands in for the patient, when a system takes them for somebody else, has something of a section
/// there. When not, the answer is an empty list, and nobody can tell.
fn somebody_else_has(gateway: &TestGateway, system: &str, section: Section) -> bool {
    let truths = (1..PEOPLE).map(|person| gateway.sandbox.truth(person));
    let other = truths.into_iter().find(|truth| truth.record(system).is_some());
    other.is_some_and(|truth| {
        let mut said = truth.facts(section).iter().flat_map(|fact| &fact.contributions);
        said.any(|said| said.system == system)
    })
}

fn check_rest(gateway: &TestGateway, system: &str, fine: &Value, now: &Value, states: &[&str]) {
    for section in PLAIN {
        let nodes = |of: &Value| chart::shown(&gateway.sandbox, &of[section.as_str()]);
        assert_eq!(of_others(&nodes(now), system), of_others(&nodes(fine), system), "{section:?}");
    }
    let (state, message) = standing(gateway, &now["sources"]).remove(system).unwrap();
    assert!(states.contains(&state.as_str()), "{system}: {state} {message}");
    assert!(!now["name"]["text"].is_null(), "the others know the name");
}

macro_rules! faults {
    ($($name:ident: $fault:expr => $states:expr;)+) => {$(
        #[test]
        fn $name() {
            run(each_source_in_turn($fault, &$states));
        }
    )+};
}

faults! {
    dead_source_does_not_blank_the_chart: Fault::Dead => ["ERROR"];
    hanging_source_does_not_hold_the_answer: Fault::Hang => ["TIMEOUT"];
    slow_source_is_left_behind: Fault::Delay(Duration::from_secs(20)) => ["TIMEOUT"];
    source_that_only_fails_is_named: Fault::Errors { rate: 1.0 } => ["ERROR"];
    garbage_is_not_shown: Fault::Garbage => ["ERROR"];
    truncated_answer_is_not_taken_for_whole: Fault::Truncated => ["ERROR"];
    records_of_somebody_else_are_dropped_and_told: Fault::WrongPatient => ["ERROR"];
    refused_credentials_are_named_so: Fault::Status(401) => ["UNAUTHORIZED"];
    forbidden_is_named_so: Fault::Status(403) => ["UNAUTHORIZED"];
    not_found_is_no_empty_list: Fault::Status(404) => ["ERROR"];
    too_many_requests_is_named: Fault::Status(429) => ["ERROR"];
    unavailable_source_is_named: Fault::Status(503) => ["ERROR"];
    endless_pages_end: Fault::EndlessPaging => ["ERROR", "TIMEOUT"];
    huge_answer_is_not_swallowed: Fault::Huge => ["ERROR", "TIMEOUT"];
}
