//! F19 and F20 of the fault matrix: whoever fetches for all breaks off, and old copies stand in for a dead source.

#![expect(clippy::print_stdout, reason = "what was measured is shown with `--nocapture`")]

use std::collections::BTreeMap;
use std::time::Duration;

use caregraph_connectors::Problem;
use caregraph_connectors::record::Section;
use tokio::time::{Instant, advance};

use super::{Mood, Node};
use crate::gather::cache::Windows;
use crate::gather::{Keeping, SourceState};

const ASKERS: usize = 1_000;
/// How far time is moved between two questions.
const STEPS: u32 = 400;

/// Many ask at once, and a third of them, the first one among them, is called off while the source is being asked.
async fn broken_off(mood: Mood) -> (usize, usize, usize) {
    let node = Node::new();
    node.is(mood);
    let askers: Vec<_> = (0..ASKERS)
        .map(|_| {
            let node = node.clone();
            tokio::spawn(async move { node.ask().await })
        })
        .collect();
    tokio::task::yield_now().await;
    for asker in askers.iter().step_by(3) {
        asker.abort();
    }
    let (mut served, mut told) = (0, 0);
    let began = Instant::now();
    for asker in askers {
        match asker.await {
            Ok(seen) if seen.state == SourceState::Ok => served += 1,
            Ok(_) => told += 1,
            Err(broken) => assert!(broken.is_cancelled()),
        }
    }
    assert!(began.elapsed() < super::SECONDS_2, "somebody hung");
    assert_eq!(node.flights(), 0, "a flight is left over");
    let calls = node.calls();
    node.is(Mood::Well);
    super::pass(3).await;
    assert!(!node.ask().await.said.is_empty(), "the next one is not served");
    (calls, served, told)
}

#[tokio::test(start_paused = true)]
async fn f19_whoever_fetches_for_all_may_break_off() {
    let waiting = ASKERS - ASKERS.div_ceil(3);
    let (calls, served, told) = broken_off(Mood::Well).await;
    assert_eq!((calls, served, told), (1, waiting, 0));
    let (panicked, lucky, unlucky) = broken_off(Mood::Panicking).await;
    assert!(panicked <= 2, "{panicked}");
    assert_eq!((lucky, unlucky), (0, waiting));
    println!(
        "fault: F19 | expected <= 2 calls, 0 who hang | measured called off: {calls} call for {ASKERS}, {served} of {waiting} \
         left served; panic: {panicked} call, {unlucky} of {waiting} told, 0 hang, the next is served"
    );
}

/// Walks from a good answer past the end of all windows before a dead source: how many answers were old copies, and the
/// age of the oldest.
async fn aged(windows: Windows) -> (u32, Duration) {
    let node =
        Node::with(Keeping::with(BTreeMap::from([(Section::Allergies, windows)])), 1 << 20, None);
    let first = node.ask().await;
    let born = Instant::now();
    node.is(Mood::Failing(Problem::Unreachable));
    let (mut stale, mut oldest) = (0, Duration::ZERO);
    let step = windows.if_error * 5 / 4 / STEPS;
    for _ in 0..STEPS {
        advance(step).await;
        let began = born.elapsed();
        let seen = node.ask().await;
        if seen.said.is_empty() {
            assert!(began + super::SECONDS_2 >= windows.if_error, "gone after {began:?}");
            continue;
        }
        assert!(began < windows.if_error, "shown after {began:?}");
        assert_eq!(seen.fetched_at, first.fetched_at);
        match seen.state {
            SourceState::Stale => {
                assert!(seen.message.is_some_and(|it| it.contains("shown is what it said at")));
                stale += 1;
            }
            SourceState::Cached => assert!(began < windows.while_revalidating),
            other => panic!("an old copy is {other:?}"),
        }
        oldest = began;
    }
    (stale, oldest)
}

#[tokio::test(start_paused = true)]
async fn f20_old_copies_are_marked_and_end_with_their_window() {
    let mut measured = Vec::new();
    for (name, section) in [
        ("medications", Section::Medications),
        ("results", Section::Observations),
        ("conditions", Section::Conditions),
        ("demographics", Section::Demographics),
    ] {
        let windows = Windows::of(section);
        let (stale, oldest) = aged(windows).await;
        assert!(stale > STEPS / 2, "{name}: {stale}");
        measured.push(format!(
            "{name} {stale} of {stale} marked, the oldest {} s of {} s",
            oldest.as_secs(),
            windows.if_error.as_secs()
        ));
    }
    println!(
        "fault: F20 | expected all old copies marked with their time, none beyond its window | measured {}",
        measured.join("; ")
    );
}
