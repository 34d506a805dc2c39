//! Nodes that use a Redis, and what they keep in it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use caregraph_connectors::record::{Concept, Condition, Fact, Record, Section};
use caregraph_connectors::{LocalId, Share};
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep, timeout};

use super::super::{SharedCache, SharedCacheSetup};
use super::server::Redis;
use super::{LONG, records};
use crate::gather::{CacheKey, Forgotten, Generation, Kept, SharedTier as _, SourceId, Systems};
use crate::identity::StoreKey;

pub(super) const HOUR: Duration = Duration::from_hours(1);

/// A node of ours at that Redis; the key is that of its store.
pub(super) fn node_with(url: &str, store: u8, keys: &[u8]) -> SharedCache {
    let systems = Arc::new(Systems::default());
    systems.learn(&SourceId::new("clinic"), records::SYSTEM);
    let key = |byte| StoreKey::new([byte; 32]);
    let keys = keys.iter().copied().map(key).collect();
    let urls = vec![url.to_owned().into()];
    let setup = SharedCacheSetup { urls, store_key: &key(store), keys, systems };
    SharedCache::start(setup).unwrap()
}

/// All that it writes to its disk.
pub(super) async fn saved(server: &Redis) -> Vec<u8> {
    server.ask::<()>(&["SAVE"]).await;
    let folder: Vec<String> = server.ask(&["CONFIG", "GET", "dir"]).await;
    std::fs::read(Path::new(&folder[1]).join("dump.rdb")).unwrap()
}

pub(super) async fn node(server: &Redis) -> SharedCache {
    let node = node_with(&server.url(), 7, &[]);
    ready(&node).await;
    node
}

/// Waits until the node can ask and hear.
pub(super) async fn ready(node: &SharedCache) {
    node.connected().await;
    eventually(async || (node.figures().listening > 0).then_some(())).await;
}

pub(super) fn key(section: Section, patient: &str) -> CacheKey {
    records::key("clinic", section, LocalId::new(patient))
}

/// A copy that says so.
pub(super) fn kept(words: &str) -> Kept {
    let code = Some(Concept::of_text(words));
    let fact = Fact::Condition(Condition { code, ..Condition::default() });
    let record = Record {
        reference: "Condition/1".into(),
        recorded: None,
        updated: None,
        identifiers: Vec::new(),
        labels: Vec::new(),
        fact,
    };
    let share = Share { records: vec![record], ..Share::default() };
    Kept::at(share, SystemTime::now())
}

/// What the copy says.
pub(super) fn words(kept: &Kept) -> String {
    match &kept.share.records[0].fact {
        Fact::Condition(it) => it.code.as_ref().unwrap().words().unwrap().to_owned(),
        fact => panic!("{fact:?}"),
    }
}

/// Repeats until it gives something: on a busy machine a Redis that is well may be too slow for us now and then.
pub(super) async fn eventually<T>(mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(done) = attempt().await {
            return done;
        }
        assert!(began.elapsed() < LONG, "it never happens");
        sleep(Duration::from_millis(10)).await;
    }
}

pub(super) async fn generation(node: &SharedCache, key: &CacheKey) -> Generation {
    let known = async || Some(node.generation(key).await).filter(|it| *it != Generation(0));
    eventually(known).await
}

/// Keeps it, as if its source had just been asked.
pub(super) async fn keep(node: &SharedCache, key: &CacheKey, kept: &Kept) {
    eventually(async || {
        let before = node.figures().kept;
        let since = node.generation(key).await;
        node.put(key, kept, HOUR, since).await;
        (node.figures().kept > before).then_some(())
    })
    .await;
}

/// What is kept, once it is.
pub(super) async fn found(node: &SharedCache, key: &CacheKey) -> Kept {
    eventually(async || node.get(std::slice::from_ref(key)).await.remove(0)).await
}

/// Looks until Redis has answered, and not failed to in time: what it then does not know is not there.
pub(super) async fn looked(node: &SharedCache, key: &CacheKey) -> Option<Kept> {
    eventually(async || {
        let before = node.figures();
        let kept = node.get(std::slice::from_ref(key)).await.remove(0);
        let after = node.figures();
        let failed = (after.unconnected, after.broken) != (before.unconnected, before.broken);
        (!failed).then_some(kept)
    })
    .await
}

/// The next message.
pub(super) async fn told(ear: &mut broadcast::Receiver<Forgotten>) -> Forgotten {
    timeout(LONG, ear.recv()).await.expect("something is told").unwrap()
}
