//! Very many streams that break at once, and all come back: F25.

use std::time::{Duration, Instant};

use caregraph_sandbox::{Fault, Options, Role, Sandbox, TokenSpec};
use serde_json::json;
use tokio::task::JoinSet;

use super::crowd::{Outcome, Steady, percentile, request};
use super::tell;
use crate::config::Shape;
use crate::gateway::run;
use crate::home::Home;
use crate::proof::size;
use crate::served::Served;
use crate::streams::client::Socket;
use crate::streams::{CONDITIONS, is_complete};

/// How long each source takes.
const DELAY: Duration = Duration::from_millis(20);
/// How often somebody asks beside the streams.
const EVERY: Duration = Duration::from_millis(20);
/// How long it is looked what is usual.
const USUAL: Duration = Duration::from_secs(3);

const QUERY: &str = "query($id: ID!) { patient(id: $id) { medications { totalCount } } }";

/// A gateway by itself over four sources, with people whom many watch.
struct Ward {
    sandbox: Sandbox,
    process: Served,
    token: String,
    people: Vec<String>,
    _home: Home,
}

impl Ward {
    async fn start() -> Self {
        let options = Options { patients: 20, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let shape = Shape {
            systems: vec!["lakeside", "northgate", "stmary", "harbor"],
            extra: "\n[streams]\nconnections_per_viewer = 100000\n\n[limits]\nrequests_per_minute = 0\n".to_owned(),
            ..Shape::default()
        };
        let home = Home::new();
        let process = Served::start(&sandbox, &home, &shape, "").await;
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let people = process.people(&token).await;
        for system in sandbox.systems() {
            system.set_fault(Fault::Delay(DELAY));
        }
        Self { sandbox, process, token, people, _home: home }
    }

    /// Opens so many sockets at once and waits until each shows its patient whole; how often they were told to come later.
    async fn watch(&self, count: usize) -> (Vec<Socket>, usize) {
        let mut opening = JoinSet::new();
        for number in 0..count {
            let (address, token) = (self.process.address, self.token.clone());
            let id = self.people[number % self.people.len()].clone();
            opening.spawn(async move {
                let (mut socket, times) = Socket::back_at(address, &token).await;
                socket.subscribe("1", CONDITIONS, json!({ "id": id })).await;
                socket.until(is_complete).await;
                (socket, times)
            });
        }
        let (sockets, times): (Vec<Socket>, Vec<usize>) =
            opening.join_all().await.into_iter().unzip();
        (sockets, times.into_iter().sum())
    }

    /// Somebody who asks for charts all the time.
    fn asks(&self) -> Steady {
        let of = |id| {
            let body = json!({ "query": QUERY, "variables": { "id": id } }).to_string();
            request(&self.token, "", &body)
        };
        Steady::start(self.process.address, self.people.iter().map(of).collect(), EVERY)
    }

    /// What such questions take while nothing else happens.
    async fn usual(&self) -> Vec<Outcome> {
        let asks = self.asks();
        tokio::time::sleep(USUAL).await;
        asks.end()
    }

    /// How often one source was asked for what is watched.
    fn asked(&self) -> u64 {
        self.sandbox.system("lakeside").expect("it exists").requests().of("Condition?")
    }
}

/// Half of them and nearly all of them, in words.
fn times(outcomes: &[Outcome]) -> String {
    let all: Vec<&Outcome> = outcomes.iter().collect();
    format!("p50 {:.1?}, p99 {:.1?}", percentile(&all, 50), percentile(&all, 99))
}

/// Everyday a few; `CAREGRAPH_SOCKETS` says how many.
#[test]
fn f25_sockets_that_drop_all_at_once_come_back_and_hold_up_nobody() {
    run(async {
        let count = size("CAREGRAPH_SOCKETS", 200);
        let ward = Ward::start().await;
        ward.usual().await;
        let calm = ward.usual().await;
        let (sockets, _) = ward.watch(count).await;
        assert_eq!(sockets.len(), count);
        let watched = ward.usual().await;
        let (memory, asked) = (ward.process.memory_kib().0, ward.asked());
        let asks = ward.asks();
        drop(sockets);
        let since = Instant::now();
        let (sockets, later) = ward.watch(count).await;
        let back = since.elapsed();
        let beside = asks.end();
        let questions = ward.asked() - asked;
        assert_eq!(sockets.len(), count);
        assert!(questions <= 20, "{questions}: one question a patient at most");
        let failed = beside.iter().filter(|outcome| !outcome.is(200)).count();
        assert_eq!(failed, 0, "whoever asks beside them is answered");
        let (after, most) = ward.process.memory_kib();
        tell(
            "F25",
            "all are back within 30 s, queries p99 <= 2 x B (sources at 20 ms), no more than one question a patient",
            format!(
                "{count} sockets over 20 patients back after {back:.1?} with {questions} questions, told to come later \
                 {later} times; queries: B {}; {count} sockets open {}; while they come back {} of {}; memory {memory} KiB, \
                 then {after} KiB, most {most} KiB",
                times(&calm),
                times(&watched),
                times(&beside),
                beside.len(),
            ),
        );
        drop(sockets);
    });
}
