//! A gateway that is told to stop while it is asked: F26.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use caregraph::audit::AuditStore as _;
use caregraph::store::AuditTables;
use caregraph_sandbox::{Fault, Options, Role, Sandbox, TokenSpec};
use serde_json::json;

use super::crowd::{Clients, End, Outcome, request};
use super::tell;
use crate::audit_log::caregraph;
use crate::config::Shape;
use crate::gateway::run;
use crate::home::Home;
use crate::proof::size;
use crate::served::Served;

const CLIENTS: usize = 24;
const QUERY: &str =
    "query($id: ID!) { patient(id: $id) { name { text } conditions { totalCount } } }";

/// Asks until no connection is to be had any more.
async fn ask_on(clients: Clients, request: Arc<[u8]>, stopped: Arc<AtomicBool>) -> Vec<Outcome> {
    let mut seen = Vec::new();
    while !stopped.load(Ordering::Relaxed) {
        let outcome = clients.send(0, &request).await;
        if outcome.end == End::Refused {
            break;
        }
        seen.push(outcome);
    }
    seen
}

#[test]
fn f26_whoever_was_taken_is_answered_when_the_gateway_is_told_to_stop() {
    run(async {
        let (mut answered, mut broken, mut slowest) = (0, 0, Duration::ZERO);
        let rounds = size("CAREGRAPH_DRAINS", 2);
        for _ in 0..rounds {
            let (count, failed, took) = stop_once().await;
            (answered, broken) = (answered + count, broken + failed);
            slowest = slowest.max(took);
        }
        // The system may connect somebody in the very moment in which the door closes.
        assert!(broken * 100 <= answered, "{broken} of {answered}");
        assert!(slowest < Duration::from_secs(12), "{slowest:?}");
        tell(
            "F26",
            "0 failed of those that were taken, exit <= 12 s, each answer in the log",
            format!(
                "{rounds} stops: {broken} failed of {answered}, all in the log, exit after {slowest:.1?}"
            ),
        );
    });
}

/// Stops a gateway under load; how many asked, how many of them were not answered, and how long it took to end.
async fn stop_once() -> (usize, usize, Duration) {
    let options = Options { patients: 8, ..Options::default() };
    let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
    let home = Home::new();
    let mut process = Served::start(&sandbox, &home, &Shape::default(), "").await;
    let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
    let people = process.people(&token).await;
    for system in sandbox.systems() {
        system.set_fault(Fault::Delay(Duration::from_millis(100)));
    }
    let (clients, stopped) = (Clients::new(process.address), Arc::new(AtomicBool::new(false)));
    let asking: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let id = &people[number % people.len()];
            let body = json!({ "query": QUERY, "variables": { "id": id } }).to_string();
            let request = request(&token, "", &body);
            tokio::spawn(ask_on(clients.clone(), request, stopped.clone()))
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    let told = Instant::now();
    process.terminate();
    let ended = tokio::task::spawn_blocking(move || process.ends(Duration::from_secs(30)));
    let (status, _) = ended.await.expect("nobody panics there").expect("it ends");
    let took = told.elapsed();
    assert!(status.success(), "{status}");
    stopped.store(true, Ordering::Relaxed);
    let mut outcomes = Vec::new();
    for client in asking {
        outcomes.extend(client.await.expect("clients do not panic"));
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.is(200)).count();
    assert!(outcomes.len() > failed, "nobody was answered");
    check_log(&home, &outcomes).await;
    (outcomes.len(), failed, took)
}

/// The log is whole, and holds every answer.
async fn check_log(home: &Home, outcomes: &[Outcome]) {
    let config = home.path().join("caregraph.toml").display().to_string();
    let whole = caregraph(&["audit", "verify", "--config", &config]);
    assert!(whole.status.success(), "{whole:?}");
    let url = format!("sqlite://{}", home.path().join("caregraph-audit.db").display());
    let tables = AuditTables::open_existing(&url).await.unwrap();
    let mut logged = BTreeSet::new();
    for row in tables.behind((0, 0), usize::MAX).await.unwrap() {
        logged.insert(row.entry().unwrap().body.request);
    }
    tables.close().await;
    let missing = outcomes
        .iter()
        .filter(|outcome| matches!(&outcome.end, End::Answered { id, .. } if !logged.contains(id)));
    assert_eq!(missing.count(), 0);
}
