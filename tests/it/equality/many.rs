//! Very many questions, in any order, with changes in between: on one node, and on two with one Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::ROLES;
use super::stage::{Stage, Tally};
use crate::cached::LONG;
use crate::gateway::{TestGateway, run};
use crate::pair::Shared;
use crate::proof::{remark, size};

/// How many ask at once.
const CLIENTS: usize = 4;
/// How many questions there are to one change.
const A_CHANGE_EVERY: usize = 25;

/// The nodes: one with a memory of its own alone, or two that share a Redis.
async fn stage(shared: &Shared, nodes: usize, people: u64) -> Stage {
    let node = |cache: &'static str, is_shared: bool| async move {
        let change = |shape: &mut crate::config::Shape| {
            shape.labels = "enforced";
            shape.cache = cache;
        };
        if is_shared { shared.node(change).await } else { alone(shared, change).await }
    };
    let oracle = node("enabled = false", false).await;
    let mut all = Vec::new();
    for _ in 0..nodes {
        all.push(node(LONG, nodes > 1).await);
    }
    Stage::new(oracle, all, people).await
}

/// A node of the same store, without Redis.
async fn alone(shared: &Shared, change: impl FnOnce(&mut crate::config::Shape)) -> TestGateway {
    let builder = TestGateway::builder().before(shared.sandbox.clone());
    let builder = builder.at_home(shared.home.clone());
    let node = builder.shape(|shape| {
        change(shape);
        shared.shape(shape);
        shape.redis = None;
    });
    node.start().await
}

/// Asks and changes at once, until so many were asked.
async fn play(stage: Stage, questions: usize, seed: u64) -> Tally {
    let stage = Arc::new(stage);
    let (over, turn) = (Arc::<AtomicBool>::default(), Arc::new(AtomicU64::new(seed * 1_000_000)));
    let each = questions.div_ceil(CLIENTS);
    let clients: Vec<_> = (0..CLIENTS as u64)
        .map(|client| {
            let stage = stage.clone();
            tokio::spawn(async move { stage.asks(each, seed * 1_000 + client).await })
        })
        .collect();
    let changer = tokio::spawn({
        let (stage, over) = (stage.clone(), over.clone());
        async move {
            let mut changes = Vec::new();
            while !over.load(Ordering::SeqCst) && changes.len() < questions / A_CHANGE_EVERY {
                changes.push(stage.changes(turn.fetch_add(1, Ordering::SeqCst)).await);
            }
            changes
        }
    });
    let mut all = Tally::default();
    for client in clients {
        let tally = client.await.expect("no client breaks down");
        all.asked += tally.asked;
        all.from_copies += tally.from_copies;
        all.live += tally.live;
        all.different += tally.different;
        all.unanswered += tally.unanswered;
        all.distinct.extend(tally.distinct);
    }
    over.store(true, Ordering::SeqCst);
    for change in changer.await.expect("changes do not break down") {
        *all.changes.entry(change).or_default() += 1;
    }
    Arc::into_inner(stage).expect("everybody is done").ends().await;
    all
}

#[test]
fn equal_with_and_without_copies_on_one_node_and_on_two() {
    run(async {
        let questions = size("CAREGRAPH_EQUAL_REQUESTS", 400);
        // As many people as there are questions for, up to fifty.
        let people = (questions as u64 / 40).clamp(6, 50);
        let Some(shared) = Shared::start(people + 10).await else { return };
        for (nodes, name) in [(1, "one node"), (2, "two nodes")] {
            let tally = play(stage(&shared, nodes, people).await, questions, nodes as u64).await;
            remark(&format!(
                "fault: equal | expected 0 differences with and without copies, {name} | measured {} of {} answers different, {} \
                 unanswered ({} roles, {people} patients, {} different questions; {} from copies, {} live; {})",
                tally.different,
                tally.asked,
                tally.unanswered,
                ROLES.len(),
                tally.distinct.len(),
                tally.from_copies,
                tally.live,
                tally
                    .changes
                    .iter()
                    .map(|(what, count)| format!("{what} {count}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ));
        }
    });
}
