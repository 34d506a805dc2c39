//! A process that may take little memory: F34.

use std::time::Duration;

use caregraph_sandbox::{Options, Role, Sandbox, TokenSpec};
use serde_json::json;

use super::crowd::{Stream, flood, request};
use super::tell;
use crate::config::Shape;
use crate::gateway::run;
use crate::home::Home;
use crate::proof::size;
use crate::served::Served;

/// What it may hold in all, and what of it copies would have by the configuration, in MiB. They are given less.
const MOST: u64 = 256;
const COPIES: u64 = 64;

/// As many times as can be answered.
const TIMES: u32 = 5;
/// So many in a second are more than can be answered, by any build on any machine.
const FAR_TOO_MANY: u32 = 1_000;

/// Most of a chart, so that copies and answers are large.
const QUERY: &str = "query($id: ID!) { patient(id: $id) { name { text } conditions(first: 100) { totalCount nodes { id code { text } provenance { records { source { name } reference } } } } \
    medications(first: 100) { totalCount nodes { id drug { text } provenance { records { source { name } reference } } } } \
    observations(first: 100) { totalCount nodes { id code { text } taken provenance { records { source { name } reference } } } } \
    encounters(first: 100) { totalCount nodes { id start end provenance { records { source { name } reference } } } } \
    immunizations(first: 100) { totalCount nodes { id given } } procedures(first: 100) { totalCount nodes { id } } } }";

#[test]
fn f34_a_gateway_under_far_too_much_load_stays_within_its_memory() {
    run(async {
        let patients = size("CAREGRAPH_MEMORY_PATIENTS", 300);
        let lasts = Duration::from_secs(size("CAREGRAPH_MEMORY_SECONDS", 5) as u64);
        let options = Options { patients: patients as u64, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let shape = Shape {
            cache: "memory_mib = 64",
            extra: "\n[overload]\nmax_memory_mib = 256\n\n[limits]\nrequests_per_minute = 0\npatients_per_hour = 0\n".to_owned(),
            ..Shape::default()
        };
        let home = Home::new();
        let mut process = Served::start(&sandbox, &home, &shape, "").await;
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let people = process.everybody(&token).await;
        let of = |id: &String| {
            let body = json!({ "query": QUERY, "variables": { "id": id } }).to_string();
            request(&token, "", &body)
        };
        let requests: Vec<_> = people.iter().map(of).collect();
        let address = process.address;
        let load = async |per_second, lasts| {
            let streams = vec![Stream { per_second, requests: requests.clone() }];
            tokio::task::spawn_blocking(move || flood(address, streams, lasts))
                .await
                .expect("it ends")
        };
        let idle = process.memory_kib().0;
        let second = Duration::from_secs(2);
        let first = load(FAR_TOO_MANY, second).await;
        let answered = first.iter().filter(|outcome| outcome.is(200)).count();
        let peak = u32::try_from(answered).expect("few") / 2;
        let outcomes = load(peak.max(1) * TIMES, lasts).await;
        let (after, most) = process.memory_kib();
        let of = |status| outcomes.iter().filter(|outcome| outcome.is(status)).count();
        assert!(process.runs(), "{:?}", process.log.lock().unwrap().last());
        assert_eq!(of(200) + of(503), outcomes.len(), "each is answered");
        assert!(of(200) > 0 && of(503) > 0);
        assert!(process.people(&token).await.len() > 1, "it still answers");
        tell(
            "F34",
            format!(
                "sheds, does not die; at most {MOST} MiB with {COPIES} MiB for copies, at {TIMES} x what it can answer"
            ),
            format!(
                "{lasts:?}, {} asked about {} patients, {} answered, {} told to come later; memory {} MiB before, {} MiB after, \
                 most {} MiB",
                outcomes.len(),
                people.len(),
                of(200),
                of(503),
                idle / 1024,
                after / 1024,
                most / 1024,
            ),
        );
    });
}
