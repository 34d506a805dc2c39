//! Sources that say that nothing has changed, and sources that are forgotten as a whole.

use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::Share;
use caregraph_connectors::record::Section;
use tokio::time::{Instant, advance};

use super::{Mood, Node, SECONDS_2, pass, settle, source};
use crate::gather::cache::memory::Known;
use crate::gather::{SourceState, Wish};

#[tokio::test(start_paused = true)]
async fn what_still_holds_is_fresh_again_without_being_sent() {
    let node = Node::new();
    node.is(Mood::Confirming);
    let first = node.ask().await;
    assert_eq!(first.told(), (SourceState::Ok, "call 1"));
    pass(130).await;
    let second = node.ask().await;
    assert_eq!(second.told(), (SourceState::Ok, "call 1"), "it was asked, and said so");
    assert!(second.fetched_at > first.fetched_at);
    pass(1).await;
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 1"));
    assert_eq!(node.calls(), 2);
    assert_eq!(node.fleet.all()[0].copies.confirmed.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_says_that_nothing_has_changed_without_being_asked_is_wrong_and_nothing_is_empty() {
    let node = Node::new();
    node.is(Mood::Lying);
    assert_eq!(node.ask().await.told(), (SourceState::Error, "nothing"));
    // One that had said something before, but nothing by which to ask, is no better.
    let node = Node::new();
    node.ask().await;
    node.is(Mood::Lying);
    pass(130).await;
    assert_eq!(node.ask().await.told(), (SourceState::Stale, "call 1"));
}

#[tokio::test(start_paused = true)]
async fn what_was_forgotten_is_asked_for_in_full() {
    let node = Node::new();
    node.is(Mood::Confirming);
    node.ask().await;
    node.forget().await;
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 2"));
}

#[tokio::test(start_paused = true)]
async fn several_patients_are_asked_for_in_full() {
    let node = Node::new();
    node.is(Mood::Confirming);
    let wish = || Wish { deadline: Instant::now() + SECONDS_2, since: None, purpose: None };
    node.ask_all(1..4, wish()).await;
    pass(130).await;
    let again = node.ask_all(1..4, wish()).await;
    assert!(again.iter().all(|it| it.records[0].reference == "call 2"));
    assert_eq!(node.calls(), 2);
}

#[test]
fn what_is_confirmed_keeps_the_time_at_which_it_was_read() {
    let before = std::time::SystemTime::now();
    let known = Arc::new(Known::new(Share::default(), Instant::now(), before));
    let later = before + Duration::from_mins(10);
    let confirmed = known.confirmed(None, Instant::now(), later);
    assert_eq!((confirmed.fetched_at, confirmed.read_at), (later, before));
}

#[tokio::test(start_paused = true)]
async fn a_source_is_forgotten_as_a_whole_and_what_is_under_way_is_not_kept() {
    let node = Node::new();
    let wish = || Wish { deadline: Instant::now() + SECONDS_2, since: None, purpose: None };
    node.ask_all(1..4, wish()).await;
    settle().await;
    let cache = node.fleet.cache();
    cache.forget_source(&source(), Some(Section::Goals)).await;
    node.ask_all(1..4, wish()).await;
    assert_eq!(node.calls(), 1, "another section was meant");
    cache.forget_source(&source(), Some(Section::Allergies)).await;
    let asking = tokio::spawn({
        let node = node.clone();
        async move {
            node.ask_all(
                1..4,
                Wish { deadline: Instant::now() + SECONDS_2, since: None, purpose: None },
            )
            .await
        }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!((node.calls(), node.flights()), (2, 3));
    cache.forget_source(&source(), None).await;
    assert_eq!(node.flights(), 0);
    assert_eq!(
        asking.await.unwrap()[0].outcome.state,
        SourceState::Ok,
        "they are given it all the same"
    );
    advance(Duration::from_millis(1)).await;
    let after = node.ask_all(1..4, wish()).await;
    assert!(after.iter().all(|it| it.records[0].reference == "call 3"), "it was not kept");
}
