//! What many want is fetched once, and nobody is left waiting.

use std::time::Duration;

use caregraph_connectors::Problem;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::{Mood, Node, SECONDS_2, patient, settle, source};
use crate::gather::cache::flight::{Boarding, Flights};
use crate::gather::cache::{CacheKey, System};
use crate::gather::{SourceState, Wish};
use caregraph_connectors::record::Section;

#[tokio::test(start_paused = true)]
async fn a_thousand_askers_are_one_question() {
    let node = Node::new();
    let before = Instant::now();
    let askers: Vec<_> = (0..1_000)
        .map(|_| {
            let node = node.clone();
            tokio::spawn(async move { node.ask().await })
        })
        .collect();
    for asker in askers {
        assert_eq!(asker.await.unwrap().told(), (SourceState::Ok, "call 1"));
    }
    assert_eq!((node.calls(), node.flights()), (1, 0));
    assert_eq!(before.elapsed(), Duration::from_millis(20));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_outlives_whoever_began_it() {
    let node = Node::new();
    let leader = tokio::spawn({
        let node = node.clone();
        async move { node.ask().await }
    });
    tokio::task::yield_now().await;
    let waiter = tokio::spawn({
        let node = node.clone();
        async move { node.ask().await }
    });
    tokio::task::yield_now().await;
    leader.abort();
    assert_eq!(waiter.await.unwrap().told(), (SourceState::Ok, "call 1"));
    assert!(leader.await.unwrap_err().is_cancelled());
    assert_eq!((node.calls(), node.flights()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_is_kept_for_the_next() {
    let node = Node::new();
    let alone = tokio::spawn({
        let node = node.clone();
        async move { node.ask().await }
    });
    tokio::task::yield_now().await;
    alone.abort();
    settle().await;
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 1"));
    assert_eq!((node.calls(), node.flights()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_one_problem_for_all_who_wait_and_poisons_nothing() {
    let node = Node::new();
    node.is(Mood::Panicking);
    for seen in join_all((0..10).map(|_| node.ask())).await {
        assert_eq!(seen.told(), (SourceState::Error, "nothing"));
    }
    assert_eq!((node.calls(), node.flights()), (1, 0));
    node.is(Mood::Well);
    tokio::time::advance(SECONDS_2).await;
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 2"));
}

#[tokio::test]
async fn a_flight_that_is_lost_leaves_nobody_waiting_and_the_way_free() {
    let flights = std::sync::Arc::new(Flights::default());
    let key = CacheKey {
        source: source(),
        system: System::default(),
        section: Section::Allergies,
        patient: patient(1),
    };
    let Boarding::Pilot(pilot) = flights.board::<()>(&key, None, false, || None) else {
        panic!("the first one flies");
    };
    let Boarding::Aboard(flight) = flights.board::<()>(&key, None, false, || None) else {
        panic!("the second one waits");
    };
    let waiting = tokio::spawn(async move { flight.landing().await.is_none() });
    drop(pilot);
    assert!(waiting.await.unwrap());
    assert_eq!(flights.count(), 0);
    let next = flights.board::<()>(&key, None, false, || None);
    assert!(matches!(next, Boarding::Pilot(_)));
}

#[tokio::test(start_paused = true)]
async fn each_waits_no_longer_than_their_own_deadline() {
    let node = Node::new();
    node.takes(Duration::from_secs(1));
    let before = Instant::now();
    let hasty = Wish { deadline: before + Duration::from_millis(200), since: None, purpose: None };
    let (patient, hasty) = tokio::join!(node.ask(), async {
        let seen = node.ask_for(hasty).await;
        (seen, before.elapsed())
    });
    assert_eq!(patient.told(), (SourceState::Ok, "call 1"));
    assert_eq!(hasty.0.told(), (SourceState::Timeout, "nothing"));
    assert_eq!(hasty.1, Duration::from_millis(250));
    assert_eq!(node.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_holds_nobody_beyond_its_own_time() {
    let node = Node::new();
    node.takes(Duration::from_hours(1));
    let before = Instant::now();
    let patiently = Wish { deadline: before + Duration::from_mins(1), since: None, purpose: None };
    assert_eq!(node.ask_for(patiently).await.told(), (SourceState::Timeout, "nothing"));
    let took = before.elapsed();
    let own_time = Duration::from_millis(1_500)..=Duration::from_millis(1_550);
    assert!(own_time.contains(&took), "{took:?}");
    assert_eq!(node.flights(), 0);
}

#[tokio::test(start_paused = true)]
async fn many_who_want_it_new_are_two_questions_at_most() {
    let node = Node::new();
    let first = tokio::spawn({
        let node = node.clone();
        async move { node.ask().await }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    for seen in join_all((0..500).map(|_| node.ask_live())).await {
        assert_eq!(seen.said, ["call 2"], "what was asked for before is not new");
    }
    assert_eq!(first.await.unwrap().told(), (SourceState::Ok, "call 1"));
    assert_eq!(node.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_asked_for_again() {
    let node = Node::new();
    node.ask().await;
    node.forget().await;
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 2"));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_began_before_a_forgetting_does_not_put_its_answer_back() {
    let node = Node::new();
    let before = tokio::spawn({
        let node = node.clone();
        async move { node.ask().await }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    node.forget().await;
    let after = node.ask().await;
    assert_eq!(after.told(), (SourceState::Ok, "call 2"), "nobody joins the old fetch");
    assert_eq!(before.await.unwrap().told(), (SourceState::Ok, "call 1"));
    settle().await;
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 2"));
    assert_eq!(node.fleet.all()[0].copies.outdated.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn forgetting_one_section_leaves_the_others() {
    let node = Node::new();
    node.ask().await;
    let cache = node.fleet.cache();
    cache.forget(&source(), &patient(1), Some(Section::Conditions)).await;
    cache.forget(&source(), &patient(2), None).await;
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 1"));
    cache.forget(&source(), &patient(1), Some(Section::Allergies)).await;
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 2"));
}

#[tokio::test(start_paused = true)]
async fn patients_are_asked_for_together_where_the_source_can() {
    let node = Node::new();
    let wish = || Wish { deadline: Instant::now() + SECONDS_2, since: None, purpose: None };
    node.ask_all(0..60, wish()).await;
    assert_eq!(node.calls(), 3);
    node.ask_all(0..60, wish()).await;
    assert_eq!(node.calls(), 3);
    let half_new = node.ask_all(40..80, wish()).await;
    assert_eq!(node.calls(), 4, "only those of whom nothing is known");
    let is_cached = half_new.iter().filter(|it| it.outcome.state == SourceState::Cached).count();
    assert_eq!(is_cached, 20);
}

#[tokio::test(start_paused = true)]
async fn one_patient_of_whom_too_much_is_asked_harms_no_other() {
    let node = Node::new();
    node.is(Mood::Failing(Problem::TooMuch));
    assert_eq!(node.ask().await.state, SourceState::Error);
    node.is(Mood::Well);
    let wish = Wish { deadline: Instant::now() + SECONDS_2, since: None, purpose: None };
    let seen = node.ask_all(1..3, wish).await;
    assert_eq!(seen[0].outcome.state, SourceState::Error, "it is not asked again yet");
    assert_eq!(seen[1].outcome.state, SourceState::Ok);
}
