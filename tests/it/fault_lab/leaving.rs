//! Clients that go away while they wait: F36.

use std::time::{Duration, Instant};

use caregraph_sandbox::{Fault, Role};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::crowd::request;
use super::tell;
use crate::gateway::{TestGateway, run, until};

const CLIENTS: usize = 20;
const QUERY: &str = "query($id: ID!) { patient(id: $id) { conditions { totalCount } } }";

/// How many questions are under way at all sources.
fn asked(gateway: &TestGateway) -> usize {
    gateway.fleet().all().iter().map(|source| source.guard.standing().under_way).sum()
}

/// Asks and goes away as soon as the source has been asked; how long the gateway worked on.
async fn leave(gateway: &TestGateway, patient: &str, questions: usize) -> Duration {
    let source = gateway.sandbox.system("lakeside").unwrap();
    source.set_fault(Fault::Hang);
    let body = json!({ "query": QUERY, "variables": { "id": patient } }).to_string();
    let request = request(&gateway.token(Role::PrimaryCare), "", &body);
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(&request).await.unwrap();
        clients.push(stream);
    }
    until("all are under way", || async {
        gateway.gate().standing().under_way == CLIENTS && asked(gateway) >= questions
    })
    .await;
    drop(clients);
    let left = Instant::now();
    until("nobody is under way", || async { gateway.gate().standing().under_way == 0 }).await;
    left.elapsed()
}

#[test]
fn f36_what_nobody_waits_for_is_called_off_and_what_others_can_use_is_finished() {
    run(async {
        let systems = vec!["lakeside"];
        let shape =
            TestGateway::builder().patients(2).shape(|shape| shape.systems = systems.clone());
        let gateway = shape.start().await;
        let patient = gateway.patient(0).await;
        let gone = leave(&gateway, &patient, CLIENTS).await;
        let began = Instant::now();
        until("no question is under way", || async { asked(&gateway) == 0 }).await;
        let orphans = gone + began.elapsed();
        gateway.sandbox.system("lakeside").unwrap().set_fault(Fault::None);
        gateway.stop().await;
        // Where copies are kept, one question serves all, and what comes of it the next.
        let shape = TestGateway::builder().patients(2).shape(|shape| {
            shape.systems = systems;
            shape.cache = "enabled = true";
        });
        let gateway = shape.start().await;
        let patient = gateway.patient(0).await;
        let source = gateway.sandbox.system("lakeside").unwrap();
        let before = source.requests().of("Condition?");
        leave(&gateway, &patient, 1).await;
        assert_eq!(asked(&gateway), 1, "the shared question goes on");
        source.set_fault(Fault::None);
        until("it is finished", || async { asked(&gateway) == 0 }).await;
        gateway.data(QUERY, json!({ "id": patient })).await;
        let questions = source.requests().of("Condition?") - before;
        assert_eq!(questions, 1, "the next one is answered from it");
        tell(
            "F36",
            "0 orphans after 5 s, shared fetches finished",
            format!(
                "{CLIENTS} clients gone: their questions called off after {orphans:.0?}; shared: {questions} question, \
                 finished and used by the next"
            ),
        );
        assert!(orphans < Duration::from_secs(15), "{orphans:?}");
        gateway.stop().await;
    });
}
