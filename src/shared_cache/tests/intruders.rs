//! Somebody else who can read and write everything in Redis.

use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::redis::{eventually, found, keep, kept, key, looked, node, node_with, words};
use super::server::Redis;
use crate::gather::SharedTier as _;

/// The names of the entries, and of the generations.
async fn names(server: &Redis) -> (Vec<String>, Vec<String>) {
    let (mut entries, mut generations) = (Vec::new(), Vec::new());
    for name in server.ask_bytes::<Vec<String>>(&[b"KEYS", b"*"]).await {
        let length: usize = server.ask_bytes(&[b"STRLEN", name.as_bytes()]).await;
        if length == 8 { generations.push(name) } else { entries.push(name) }
    }
    (entries, generations)
}

async fn get(server: &Redis, name: &str) -> Vec<u8> {
    server.ask_bytes(&[b"GET", name.as_bytes()]).await
}

async fn set(server: &Redis, name: &str, value: &[u8]) {
    server.ask_bytes::<()>(&[b"SET", name.as_bytes(), value]).await;
}

#[tokio::test]
async fn an_entry_that_was_changed_or_swapped_is_a_miss_and_counted() {
    let Some(server) = Redis::start(&[]).await else { return };
    let node = node(&server).await;
    let (one, other) = (key(Section::Conditions, "1"), key(Section::Conditions, "2"));
    keep(&node, &one, &kept("of one")).await;
    let (entries, _) = names(&server).await;
    let name = &entries[0];
    let genuine = get(&server, name).await;
    keep(&node, &other, &kept("of the other")).await;
    let (entries, generations) = names(&server).await;
    let elsewhere = entries.iter().find(|it| *it != name).unwrap();

    // Swapped, and with it the generation, so that nothing but the seal can tell.
    for generation in &generations {
        set(&server, generation, &[5; 8]).await;
    }
    set(&server, name, &get(&server, elsewhere).await).await;
    assert!(looked(&node, &one).await.is_none());
    let before = node.figures();
    let at = 13..21;
    for bit in 0..genuine.len() * 8 {
        let mut changed = genuine.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        set(&server, name, &changed).await;
        // The generation in Redis agrees with that of the entry.
        for generation in &generations {
            set(&server, generation, &changed[at.clone()]).await;
        }
        assert!(looked(&node, &one).await.is_none(), "bit {bit}");
    }
    let after = node.figures();
    let refused = |it: super::super::Figures| it.tampered + it.foreign + it.unknown_key;
    assert_eq!(refused(after) - refused(before), genuine.len() as u64 * 8);
    // And untouched it is read, so that it was not something else.
    set(&server, name, &genuine).await;
    for generation in &generations {
        set(&server, generation, &genuine[at.clone()]).await;
    }
    assert_eq!(words(&found(&node, &one).await), "of one");
}

#[tokio::test]
async fn what_was_forgotten_and_put_back_is_a_miss_and_counted() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (writer, node, key) = (node(&server).await, node(&server).await, key(Section::Goals, "1"));
    keep(&writer, &key, &kept("before")).await;
    let (entries, generations) = names(&server).await;
    let (entry, generation) =
        (get(&server, &entries[0]).await, get(&server, &generations[0]).await);
    assert_eq!(words(&found(&node, &key).await), "before");
    writer.forget(&key.source, &key.patient, None).await;
    eventually(async || (node.figures().heard > 0).then_some(())).await;
    // The entry alone is of no generation; with its generation it is older than what is known to be forgotten.
    let before = node.figures().forgotten;
    set(&server, &entries[0], &entry).await;
    assert!(looked(&node, &key).await.is_none());
    set(&server, &generations[0], &generation).await;
    assert!(looked(&node, &key).await.is_none());
    assert!(looked(&writer, &key).await.is_none());
    assert_eq!(node.figures().forgotten - before, 2);
}

#[tokio::test]
async fn garbage_is_a_miss() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (node, key) = (node(&server).await, key(Section::Goals, "1"));
    keep(&node, &key, &kept("kept")).await;
    let (entries, generations) = names(&server).await;
    let mut dice = StdRng::seed_from_u64(17);
    for length in [0, 1, 7, 8, 20, 21, 33, 49, 500, 100_000] {
        let garbage: Vec<u8> = (0..length).map(|_| dice.random()).collect();
        set(&server, &entries[0], &garbage).await;
        assert!(looked(&node, &key).await.is_none(), "{length}");
        let entry = get(&server, &entries[0]).await;
        set(&server, &generations[0], &garbage).await;
        assert!(looked(&node, &key).await.is_none(), "{length}, {}", entry.len());
    }
    // Nor is something of another kind.
    server.ask_bytes::<()>(&[b"DEL", entries[0].as_bytes()]).await;
    server.ask_bytes::<()>(&[b"LPUSH", entries[0].as_bytes(), b"a", b"list"]).await;
    assert!(looked(&node, &key).await.is_none());
}

#[tokio::test]
async fn another_tenant_of_the_same_redis_sees_nothing_and_plants_nothing() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (ours, key) = (node(&server).await, key(Section::Goals, "1"));
    let theirs = node_with(&server.url(), 8, &[]);
    theirs.connected().await;
    keep(&ours, &key, &kept("ours")).await;
    let (our_entries, _) = names(&server).await;
    assert!(looked(&theirs, &key).await.is_none());
    keep(&theirs, &key, &kept("theirs")).await;
    assert_eq!(words(&found(&ours, &key).await), "ours");
    theirs.forget(&key.source, &LocalId::new("1"), None).await;
    assert_eq!(words(&found(&ours, &key).await), "ours");
    keep(&theirs, &key, &kept("theirs")).await;
    let (all, generations) = names(&server).await;
    let their_entry = all.iter().find(|name| !our_entries.contains(name)).unwrap();
    let planted = get(&server, their_entry).await;
    set(&server, &our_entries[0], &planted).await;
    for generation in generations {
        set(&server, &generation, &planted[13..21]).await;
    }
    let before = ours.figures().unknown_key;
    assert!(looked(&ours, &key).await.is_none());
    assert!(ours.figures().unknown_key > before);
    assert_eq!(ours.figures().unreadable_news, 0);
}
