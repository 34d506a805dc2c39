//! For how long a copy is shown, and what is said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use caregraph_connectors::Problem;
use caregraph_connectors::record::Section;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::{Mood, Node, SECONDS_2, pass, settle};
use crate::gather::cache::Windows;
use crate::gather::{Keeping, Person, SourceState, Watch, Wish};

#[tokio::test(start_paused = true)]
async fn a_fresh_copy_is_shown_as_what_it_is() {
    let node = Node::new();
    let first = node.ask().await;
    assert_eq!(first.told(), (SourceState::Ok, "call 1"));
    pass(29).await;
    let again = node.ask().await;
    assert_eq!(again.told(), (SourceState::Cached, "call 1"));
    assert_eq!(again.fetched_at, first.fetched_at);
    assert_eq!(node.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_aging_copy_is_shown_at_once_and_fetched_anew_once() {
    let node = Node::new();
    node.ask().await;
    pass(31).await;
    let before = Instant::now();
    for seen in join_all((0..10).map(|_| node.ask())).await {
        assert_eq!(seen.told(), (SourceState::Cached, "call 1"));
    }
    assert_eq!(before.elapsed(), Duration::ZERO, "nobody waited");
    settle().await;
    assert_eq!(node.calls(), 2);
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 2"));
    assert_eq!(node.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn of_a_source_that_tells_of_changes_a_copy_is_not_asked_for_anew_while_it_is_shown() {
    let node = Node::new();
    let hearing = &node.fleet.get(&super::source()).unwrap().hearing;
    node.ask().await;
    pass(1).await;
    hearing.begin(Instant::now());
    pass(30).await;
    node.ask().await;
    settle().await;
    assert_eq!(node.calls(), 2, "what it was asked before it was heard may have changed");
    for _ in 0..3 {
        pass(39).await;
        assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 2"));
        settle().await;
        assert_eq!(node.calls(), 2);
    }
    // No longer than it would be shown anyhow.
    pass(5).await;
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 3"));
    node.forget().await;
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 4"), "a change was told");
}

#[tokio::test(start_paused = true)]
async fn once_a_source_is_not_heard_any_more_the_short_windows_hold_at_once() {
    let node = Node::new();
    let hearing = &node.fleet.get(&super::source()).unwrap().hearing;
    hearing.begin(Instant::now());
    node.ask().await;
    pass(60).await;
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 1"));
    settle().await;
    assert_eq!(node.calls(), 1);
    hearing.end();
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 1"));
    settle().await;
    assert_eq!(node.calls(), 2);
    // Heard again, it may not have told what changed meanwhile.
    pass(60).await;
    hearing.begin(Instant::now());
    node.ask().await;
    settle().await;
    assert_eq!(node.calls(), 3);
    // One that is heard and fails is not relied on.
    pass(1).await;
    node.ask_live().await;
    node.is(Mood::Failing(Problem::Unreachable));
    node.ask_live().await;
    pass(60).await;
    assert_eq!(node.ask().await.state, SourceState::Stale);
}

#[tokio::test(start_paused = true)]
async fn who_watches_has_a_source_that_is_heard_asked_less_often_until_it_is_heard_no_more() {
    let node = Node::new();
    let hearing = &node.fleet.get(&super::source()).unwrap().hearing;
    hearing.begin(Instant::now());
    let links = BTreeMap::from([(super::source(), super::patient(1))]);
    let person = Person { links, ..Person::default() };
    let watch = Watch::default();
    watch.look(&node.fleet, &person, &BTreeSet::from([Section::Allergies]));
    settle().await;
    assert_eq!(node.calls(), 1);
    pass(100).await;
    assert_eq!(node.calls(), 1);
    pass(30).await;
    assert_eq!(node.calls(), 2);
    pass(40).await;
    assert_eq!(node.calls(), 2);
    hearing.end();
    settle().await;
    assert_eq!(node.calls(), 3, "what it said last is older than the short window");
    hearing.begin(Instant::now());
    node.forget().await;
    settle().await;
    assert_eq!(node.calls(), 4, "a change was told");
}

#[tokio::test(start_paused = true)]
async fn an_old_copy_is_not_shown_while_the_source_answers() {
    let node = Node::new();
    node.ask().await;
    pass(121).await;
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 2"));
}

#[tokio::test(start_paused = true)]
async fn an_old_copy_stands_in_for_a_failure_and_says_so_until_its_time_is_over() {
    let node = Node::new();
    let first = node.ask().await;
    pass(600).await;
    node.is(Mood::Failing(Problem::Unreachable));
    let stale = node.ask().await;
    assert_eq!(stale.told(), (SourceState::Stale, "call 1"));
    assert_eq!(stale.fetched_at, first.fetched_at);
    let message = stale.message.unwrap();
    assert!(message.starts_with("Lakeside could not be reached; shown is what it said at 20"));
    assert!(message.ends_with("Z."), "{message}");
    pass(299).await;
    assert_eq!(node.ask().await.told(), (SourceState::Stale, "call 1"));
    pass(3).await;
    let over = node.ask().await;
    assert_eq!(over.told(), (SourceState::Error, "nothing"));
    assert_eq!(
        (over.message.as_deref(), over.fetched_at),
        (Some("Lakeside could not be reached."), None)
    );
}

#[tokio::test(start_paused = true)]
async fn an_aging_copy_is_stale_once_the_source_has_failed() {
    let node = Node::new();
    node.ask().await;
    node.is(Mood::Failing(Problem::Timeout));
    pass(31).await;
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 1"));
    settle().await;
    assert_eq!(node.ask().await.told(), (SourceState::Stale, "call 1"));
    node.is(Mood::Well);
    pass(3).await;
    assert_eq!(node.ask().await.state, SourceState::Stale, "it is being asked again");
    settle().await;
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 3"));
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_is_shown_and_never_kept() {
    let node = Node::new();
    node.is(Mood::Partly(Problem::Unreadable(1)));
    for call in 1..=3 {
        let seen = node.ask().await;
        assert_eq!(seen.told(), (SourceState::Error, format!("call {call}").as_str()));
        assert!(seen.fetched_at.is_some());
    }
    assert_eq!(node.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_whole_copy_is_shown_rather_than_half_an_answer() {
    let node = Node::new();
    node.ask().await;
    node.is(Mood::Partly(Problem::WrongPatient(1)));
    pass(130).await;
    let seen = node.ask().await;
    assert_eq!(seen.told(), (SourceState::Stale, "call 1"));
    assert!(seen.message.unwrap().contains("of another patient"));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_refuses_is_not_shown_from_a_copy() {
    for refusal in [Problem::Unauthorized, Problem::Status(404), Problem::NotSupported] {
        let node = Node::new();
        node.ask().await;
        pass(130).await;
        node.is(Mood::Failing(refusal.clone()));
        assert_eq!(node.ask().await.said, [""; 0], "{refusal}");
        pass(3).await;
        node.is(Mood::Failing(Problem::Timeout));
        assert_eq!(node.ask().await.told(), (SourceState::Timeout, "nothing"), "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_remembered_for_a_moment() {
    let node = Node::new();
    node.is(Mood::Failing(Problem::Status(503)));
    let first = node.ask().await;
    assert_eq!(first.state, SourceState::Error);
    assert_eq!(node.ask().await, first);
    assert_eq!(node.calls(), 1);
    pass(2).await;
    node.is(Mood::Well);
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 2"));
}

#[tokio::test(start_paused = true)]
async fn whoever_may_has_the_source_asked_anew_and_others_gain_by_it() {
    let node = Node::new();
    node.ask().await;
    pass(1).await;
    assert_eq!(node.ask_live().await.told(), (SourceState::Ok, "call 2"));
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 2"));
    pass(10).await;
    let now = Instant::now();
    let since = |seconds| Some(now.checked_sub(Duration::from_secs(seconds)).unwrap());
    let ask = |seconds| {
        node.ask_for(Wish { deadline: now + SECONDS_2, since: since(seconds), purpose: None })
    };
    assert_eq!(ask(20).await.told(), (SourceState::Cached, "call 2"));
    assert_eq!(ask(5).await.told(), (SourceState::Ok, "call 3"));
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_it_new_is_shown_nothing_old_in_place_of_a_failure() {
    let node = Node::new();
    node.ask().await;
    node.is(Mood::Failing(Problem::Timeout));
    assert_eq!(node.ask_live().await.told(), (SourceState::Timeout, "nothing"));
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 1"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_where_nothing_may_be() {
    let nothing = Windows {
        fresh: Duration::ZERO,
        while_revalidating: Duration::ZERO,
        if_error: Duration::ZERO,
        negative: Duration::ZERO,
    };
    let no_windows = Keeping::with(BTreeMap::from([(Section::Allergies, nothing)]));
    for keeping in [Keeping::NOTHING, no_windows] {
        let node = Node::with(keeping, 1024 * 1024, None);
        for call in 1..=3 {
            assert_eq!(node.ask().await.told(), (SourceState::Ok, format!("call {call}").as_str()));
        }
        assert_eq!(node.fleet.cache().size().1, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_memory_stays_within_its_bytes() {
    let bytes = 256 * 1024;
    let node = Node::with(Keeping::default(), bytes, None);
    let wish = Wish { deadline: Instant::now() + SECONDS_2, since: None, purpose: None };
    assert_eq!(node.ask_all(0..2_000, wish).await.len(), 2_000);
    let (held, entries) = node.fleet.cache().size();
    assert!(held <= bytes, "{held} bytes");
    assert!((100..1_000).contains(&entries), "{entries} entries");
}
