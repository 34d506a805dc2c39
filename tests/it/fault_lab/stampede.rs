//! Very many who want the same at once: F18.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use caregraph_sandbox::{Fault, Role, Sandbox};
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Barrier;

use super::tell;
use crate::cached::LONG;
use crate::config::Shape;
use crate::crowd::{Heard, Question, percentile};
use crate::gateway::{TestGateway, run};

pub(crate) const CLIENTS: usize = 1_000;
/// Some sections of which sources have several types. The whole chart a thousand times would measure our own processor.
pub(crate) const FEW: &str = "query($id: ID!) { patient(id: $id) { name { text } conditions(first: 5) { totalCount } medications(first: 5) { totalCount } allergies(first: 5) { totalCount } encounters(first: 5) { totalCount } } }";
/// How long each source takes, so that all come while it is being asked.
const DELAY: Duration = Duration::from_millis(400);

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

#[test]
fn f18_a_thousand_clients_on_a_cold_patient_are_one_question_each_to_each_source() {
    run(async {
        let builder = TestGateway::builder().patients(20);
        let builder = builder.shape(|shape| {
            shape.cache = LONG;
            once(shape);
        });
        let gateway = builder.start().await;
        let id = gateway.patient(0).await;
        let token = gateway.token(Role::PrimaryCare);
        slow_down(&gateway.sandbox, Fault::Delay(DELAY));
        let before = asked(&gateway.sandbox);
        let (all, started) = (Arc::new(Barrier::new(CLIENTS)), Instant::now());
        let clients = (0..CLIENTS).map(|_| {
            let address = gateway.address.to_string();
            let question = Question::new(&address, &token, FEW, &json!({ "id": id }));
            let (client, all) = (gateway.client.clone(), all.clone());
            tokio::spawn(async move {
                all.wait().await;
                question.ask(&client).await
            })
        });
        let heard: Vec<_> = join_all(clients).await.into_iter().map(|it| it.unwrap()).collect();
        let took = started.elapsed();
        let (later, told): (Vec<&Heard>, Vec<&Heard>) =
            heard.iter().partition(|heard| heard.is_turned_away());
        let failed: Vec<&&Heard> = told.iter().filter(|heard| !heard.is_fine()).collect();
        let fine = told.len() - failed.len();
        let calls = since(&before, &gateway.sandbox);
        let most = calls.values().max().copied().unwrap_or_default();
        // Whom a busy machine cannot answer in time is told to come later, and no source is asked again for them.
        assert!(failed.is_empty() && fine > 0, "{fine} {failed:?}");
        assert!(calls.len() > 12, "{calls:?}");
        assert_eq!(most, 1, "{calls:?}");
        tell(
            "F18",
            format!("exactly 1 call for each source and type, p99 <= fetch ({DELAY:?}) + 20 ms"),
            format!(
                "{} types at {} sources, {most} call each, {fine} of {CLIENTS} served, {} told to come later; p99 {:.1?}, all \
                 in {took:.1?}, clients and sources on the same machine",
                calls.len(),
                calls.keys().map(|(system, _)| system).collect::<BTreeSet<_>>().len(),
                later.len(),
                percentile(&heard, 99),
            ),
        );
        gateway.stop().await;
    });
}
