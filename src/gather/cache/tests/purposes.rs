//! For what a source is asked, and as of when it says what it says.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Mood, Node, SECONDS_2, pass, settle};
use crate::gather::{Keeping, SourceState, Wish};

fn wish(purpose: &'static str) -> Wish {
    Wish { deadline: Instant::now() + SECONDS_2, since: None, purpose: Some(purpose) }
}

#[tokio::test(start_paused = true)]
async fn a_question_bears_the_purpose_of_who_waits_and_one_behind_the_copy_bears_none() {
    let node = Node::new();
    node.ask_for(wish("TREAT")).await;
    assert_eq!(node.purposes(), [Some("TREAT")]);
    node.ask_for(wish("ETREAT")).await;
    assert_eq!(node.purposes().len(), 1, "what one asked for, another is shown");
    pass(31).await;
    assert_eq!(node.ask_for(wish("ETREAT")).await.state, SourceState::Cached);
    settle().await;
    assert_eq!(node.purposes(), [Some("TREAT"), None], "nobody waited for it");
    let bare = Node::with(Keeping::NOTHING, 1024, None);
    bare.ask_for(wish("COC")).await;
    assert_eq!(bare.purposes(), [Some("COC")]);
}

#[tokio::test(start_paused = true)]
async fn what_was_so_a_while_ago_is_shown_with_that_time_and_kept_from_when_it_was_asked_for() {
    let node = Node::new();
    let long_ago = SystemTime::now() - Duration::from_hours(9);
    node.is(Mood::AsOf(long_ago));
    let first = node.ask().await;
    assert_eq!((first.state, first.fetched_at), (SourceState::Ok, Some(long_ago)));
    let again = node.ask().await;
    assert_eq!((again.state, again.fetched_at), (SourceState::Cached, Some(long_ago)));
    assert_eq!(node.calls(), 1);
    let ahead = Node::new();
    ahead.is(Mood::AsOf(SystemTime::now() + Duration::from_hours(9)));
    assert!(ahead.ask().await.fetched_at.unwrap() <= SystemTime::now(), "nobody knows the future");
}
