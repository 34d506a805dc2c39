//! Two nodes with a tier between them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use caregraph_connectors::record::Section;
use caregraph_connectors::{LocalId, Problem, Share};
use tokio::sync::broadcast;

use super::{Mood, Node, patient, record, settle, source};
use crate::gather::cache::{CacheKey, Forgotten, Generation, Keeping, Kept, SharedTier, System};
use crate::gather::{SourceId, SourceState};

/// A tier that does what it should.
struct Tier {
    kept: Mutex<HashMap<CacheKey, Kept>>,
    generation: Mutex<u64>,
    forgotten: broadcast::Sender<Forgotten>,
}

impl Tier {
    fn new() -> Arc<Self> {
        let forgotten = broadcast::channel(16).0;
        Arc::new(Self { kept: Mutex::default(), generation: Mutex::default(), forgotten })
    }

    fn node(self: &Arc<Self>) -> Node {
        let node = Node::with(Keeping::default(), 1024 * 1024, Some(self.clone()));
        tokio::spawn(node.fleet.cache().clone().follow());
        node
    }

    fn holds(&self, share: Share, fetched_at: SystemTime) {
        self.kept.lock().unwrap().insert(key(), Kept::at(share, fetched_at));
    }
}

#[async_trait]
impl SharedTier for Tier {
    async fn get(&self, keys: &[CacheKey]) -> Vec<Option<Kept>> {
        let kept = self.kept.lock().unwrap();
        keys.iter().map(|key| kept.get(key).cloned()).collect()
    }

    async fn put(&self, key: &CacheKey, kept: &Kept, _: Duration, since: Generation) {
        if *self.generation.lock().unwrap() == since.0 {
            self.kept.lock().unwrap().insert(key.clone(), kept.clone());
        }
    }

    async fn generation(&self, _: &CacheKey) -> Generation {
        Generation(*self.generation.lock().unwrap())
    }

    async fn forget(&self, source: &SourceId, patient: &LocalId, section: Option<Section>) {
        *self.generation.lock().unwrap() += 1;
        self.kept.lock().unwrap().clear();
        let (source, patient) = (source.clone(), patient.clone());
        // Without a node nobody listens.
        let _ = self.forgotten.send(Forgotten::Patient { source, patient, section });
    }

    async fn forget_source(&self, source: &SourceId, section: Option<Section>) {
        *self.generation.lock().unwrap() += 1;
        self.kept.lock().unwrap().clear();
        // Without a node nobody listens.
        let _ = self.forgotten.send(Forgotten::Source { source: source.clone(), section });
    }

    fn forgotten(&self) -> broadcast::Receiver<Forgotten> {
        self.forgotten.subscribe()
    }
}

fn key() -> CacheKey {
    CacheKey {
        source: source(),
        system: System::default(),
        section: Section::Allergies,
        patient: patient(1),
    }
}

fn share() -> Share {
    Share { records: vec![record(70)], ..Share::default() }
}

#[tokio::test(start_paused = true)]
async fn what_one_node_fetched_the_other_need_not() {
    let tier = Tier::new();
    let (one, two) = (tier.node(), tier.node());
    let first = one.ask().await;
    settle().await;
    let second = two.ask().await;
    assert_eq!(second.told(), (SourceState::Cached, "call 1"));
    assert_eq!(second.fetched_at, first.fetched_at);
    assert_eq!((one.calls(), two.calls()), (1, 0));
    assert_eq!(two.fleet.all()[0].copies.shared.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_one_node_forgets_the_other_forgets_too() {
    let tier = Tier::new();
    let (one, two) = (tier.node(), tier.node());
    one.ask().await;
    settle().await;
    two.ask().await;
    one.forget().await;
    settle().await;
    assert_eq!(two.ask().await.told(), (SourceState::Ok, "call 1"), "its own first question");
}

#[tokio::test(start_paused = true)]
async fn a_write_during_a_forgetting_does_not_survive_it() {
    let tier = Tier::new();
    let (one, two) = (tier.node(), tier.node());
    let asking = tokio::spawn({
        let one = one.clone();
        async move { one.ask().await }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    two.forget().await;
    asking.await.unwrap();
    settle().await;
    assert!(tier.kept.lock().unwrap().is_empty());
    assert_eq!(one.ask().await.told(), (SourceState::Ok, "call 2"));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_may_have_missed_something_trusts_nothing() {
    let tier = Tier::new();
    let node = tier.node();
    node.ask().await;
    settle().await;
    tier.kept.lock().unwrap().clear();
    tier.forgotten.send(Forgotten::Lost).unwrap();
    settle().await;
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 2"));
}

#[tokio::test(start_paused = true)]
async fn what_another_node_kept_ages_by_our_clock() {
    let ago = |seconds| SystemTime::now() - Duration::from_secs(seconds);
    for (fetched_at, expected) in [
        (ago(10), (SourceState::Cached, "call 70")),
        (ago(60), (SourceState::Cached, "call 70")),
        (ago(300), (SourceState::Ok, "call 1")),
        (SystemTime::now() + Duration::from_secs(5), (SourceState::Cached, "call 70")),
        (SystemTime::now() + Duration::from_mins(5), (SourceState::Ok, "call 1")),
    ] {
        let tier = Tier::new();
        let node = tier.node();
        tier.holds(share(), fetched_at);
        assert_eq!(node.ask().await.told(), expected);
    }
    let tier = Tier::new();
    tier.holds(share(), ago(60));
    let node = tier.node();
    node.ask().await;
    settle().await;
    assert_eq!(node.ask().await.told(), (SourceState::Cached, "call 1"), "it was fetched anew");
}

#[tokio::test(start_paused = true)]
async fn what_another_node_kept_stands_in_for_a_failure() {
    let tier = Tier::new();
    let node = tier.node();
    node.is(Mood::Failing(Problem::Unreachable));
    tier.holds(share(), SystemTime::now() - Duration::from_mins(5));
    assert_eq!(node.ask().await.told(), (SourceState::Stale, "call 70"));
    let tier = Tier::new();
    let node = tier.node();
    node.is(Mood::Failing(Problem::Unreachable));
    tier.holds(share(), SystemTime::now() - Duration::from_secs(901));
    assert_eq!(node.ask().await.told(), (SourceState::Error, "nothing"));
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_in_the_tier_is_none() {
    let tier = Tier::new();
    let node = tier.node();
    tier.holds(Share { problem: Some(Problem::Incomplete), ..share() }, SystemTime::now());
    assert_eq!(node.ask().await.told(), (SourceState::Ok, "call 1"));
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_it_new_is_not_given_what_another_node_kept() {
    let tier = Tier::new();
    let node = tier.node();
    tier.holds(share(), SystemTime::now() - Duration::from_secs(1));
    assert_eq!(node.ask_live().await.told(), (SourceState::Ok, "call 1"));
}
