//! Very many who want the same at once: F18.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use caregraph_sandbox::{Fault, Options, Role, Sandbox, TokenSpec};
use serde_json::json;

use super::crowd::{Outcome, percentile, request, rush};
use super::finished::Finished;
use super::tell;
use crate::cached::LONG;
use crate::config::Shape;
use crate::gateway::run;
use crate::home::Home;
use crate::served::Served;

pub(crate) const CLIENTS: usize = 1_000;
/// Some sections of which sources have several types. The whole chart a thousand times would measure our own processor.
pub(crate) const FEW: &str = "query($id: ID!) { patient(id: $id) { name { text } conditions(first: 5) { totalCount } medications(first: 5) { totalCount } allergies(first: 5) { totalCount } encounters(first: 5) { totalCount } } }";
/// How long each source takes, so that all come while it is being asked.
pub(super) const DELAY: Duration = Duration::from_millis(400);
/// How often all come, each time about somebody else: one time on a busy machine tells little.
const ROUNDS: usize = 5;

/// Every system is asked once for each question: a second try is another call, and not what is counted here.
pub(crate) fn once(shape: &mut Shape) {
    for system in ["lakeside", "northgate", "stmary", "harbor", "cornerstone"] {
        shape.of_system.insert(system, "hedge = false\nretries = 0\n");
    }
}

/// How often each system was asked for what.
pub(crate) fn asked(sandbox: &Sandbox) -> BTreeMap<(String, String), u64> {
    let of = |system: &caregraph_sandbox::System| {
        let requests = system.requests();
        // What a system does not have is `other`, whatever it is; rosters are read as single patients are.
        let all = requests.paths().filter(|(path, _)| !["other", "Patient?"].contains(path));
        let all = all.map(|(path, count)| (path.to_owned(), count));
        all.map(|(path, count)| ((system.id().to_owned(), path), count)).collect::<Vec<_>>()
    };
    sandbox.systems().iter().flat_map(of).collect()
}

/// How often each was asked since.
pub(crate) fn since(
    before: &BTreeMap<(String, String), u64>,
    sandbox: &Sandbox,
) -> BTreeMap<(String, String), u64> {
    let mut now = asked(sandbox);
    for (what, count) in &mut now {
        *count -= before.get(what).copied().unwrap_or_default();
    }
    now.retain(|_, count| *count > 0);
    now
}

/// Slows all systems with patients down.
pub(crate) fn slow_down(sandbox: &Sandbox, fault: Fault) {
    for system in sandbox.systems() {
        system.set_fault(fault);
    }
}

/// A gateway by itself over slow systems, and the same clients before a server that has the answer at hand.
struct Stage {
    sandbox: Sandbox,
    process: Served,
    token: String,
    people: Vec<String>,
    _home: Home,
}

impl Stage {
    async fn start() -> Self {
        let options = Options { patients: 60, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let mut shape = Shape { cache: LONG, ..Shape::default() };
        once(&mut shape);
        let home = Home::new();
        let process = Served::start(&sandbox, &home, &shape, "").await;
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let people = process.everybody(&token).await;
        slow_down(&sandbox, Fault::Delay(DELAY));
        Self { sandbox, process, token, people, _home: home }
    }

    /// So many clients ask about somebody of whom nothing is known yet.
    async fn ask(&self, person: usize, clients: usize) -> Rush {
        let body = json!({ "query": FEW, "variables": { "id": self.people[person] } }).to_string();
        let request = request(&self.token, "", &body);
        let (address, before) = (self.process.address, asked(&self.sandbox));
        let rush = move || rush(address, &request, clients);
        let outcomes = tokio::task::spawn_blocking(rush).await.expect("the load does not panic");
        Rush { outcomes, calls: since(&before, &self.sandbox) }
    }

    /// The same clients before finished bytes, which come as late as a source's answer.
    async fn floor(&self, length: usize) -> Vec<Outcome> {
        let body = json!({ "query": FEW, "variables": { "id": self.people[0] } }).to_string();
        let (request, finished) = (request(&self.token, "", &body), Finished::start(length));
        let address = finished.address;
        let rush = move || rush(address, &request, CLIENTS);
        tokio::task::spawn_blocking(rush).await.expect("the load does not panic")
    }
}

/// What came of all clients who asked at once.
struct Rush {
    outcomes: Vec<Outcome>,
    calls: BTreeMap<(String, String), u64>,
}

/// The time within which nearly all were served.
fn nearly_all(outcomes: &[Outcome]) -> Duration {
    let fine: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.is(200)).collect();
    percentile(&fine, 99)
}

/// The one in the middle.
fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn f18_a_thousand_clients_on_a_cold_patient_are_one_question_each_to_each_source() {
    run(async {
        let stage = Stage::start().await;
        let (mut ours, mut fetches, mut floors, mut over) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut types, mut served, mut later) = (0, 0, 0);
        for round in 0..ROUNDS {
            // What it takes when nobody else asks: the slowest of all calls, and what is made of them.
            let fetch = nearly_all(&stage.ask(ROUNDS + round, 1).await.outcomes);
            let Rush { outcomes, calls } = stage.ask(round, CLIENTS).await;
            let fine = outcomes.iter().filter(|outcome| outcome.is(200)).count();
            let away = outcomes.iter().filter(|outcome| outcome.is(503)).count();
            // Whom a busy machine cannot answer in time is told to come later, and no source is asked again for them.
            assert!(fine > 0 && fine + away == CLIENTS, "{fine} and {away}");
            assert!(calls.len() > 8, "{calls:?}");
            assert!(calls.values().all(|count| *count == 1), "{calls:?}");
            let lengths: BTreeSet<usize> = outcomes.iter().filter_map(Outcome::length).collect();
            let floor = nearly_all(&stage.floor(lengths.last().copied().unwrap_or(0)).await);
            let took = nearly_all(&outcomes);
            (types, served, later) = (types.max(calls.len()), served + fine, later + away);
            // What so many cost when their answer is at hand is theirs, on whichever machine.
            let theirs = floor.saturating_sub(DELAY);
            over.push(took.saturating_sub(fetch + theirs));
            ours.push(took);
            fetches.push(fetch);
            floors.push(floor);
        }
        tell(
            "F18",
            format!(
                "exactly 1 call for each source and type, p99 <= fetch (sources at {DELAY:?}) + what {CLIENTS} clients take \
                 before finished bytes + 20 ms"
            ),
            format!(
                "{ROUNDS} rounds: {types} types of sources, 1 call each, {served} of {} served, {later} told to come later; p99 {:.1?}, \
                 one alone {:.1?}, finished bytes {:.1?} after {DELAY:?}, over both {:.1?} (each the middle one; {}), clients and \
                 sources on the same machine",
                ROUNDS * CLIENTS,
                middle(ours),
                middle(fetches),
                middle(floors),
                middle(over.clone()),
                over.iter().map(|it| format!("{it:.0?}")).collect::<Vec<_>>().join(", "),
            ),
        );
    });
}
