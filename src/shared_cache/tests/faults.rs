//! A Redis that is dead, hung, empty or full.

use std::time::Duration;

use caregraph_connectors::record::Section;
use rand::distr::Alphanumeric;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::time::Instant;

use super::free_port;
use super::redis::{
    HOUR, eventually, found, generation, keep, kept, key, looked, node, node_with, told, words,
};
use super::server::Redis;
use crate::gather::{Forgotten, Generation, SharedTier as _};

#[tokio::test]
async fn without_redis_everything_is_unknown_at_once() {
    let node = node_with(&format!("redis://127.0.0.1:{}", free_port()), 7, &[]);
    let key = key(Section::Goals, "1");
    for _ in 0..1_000 {
        assert!(node.get(std::slice::from_ref(&key)).await[0].is_none());
        assert_eq!(node.generation(&key).await, Generation::default());
        node.put(&key, &kept("x"), HOUR, Generation(1)).await;
    }
    assert!(!node.is_connected());
    assert_eq!(node.figures().broken, 0);
    assert!(node.get(&[]).await.is_empty());
}

#[tokio::test]
async fn a_redis_that_was_killed_is_used_again_when_it_is_back() {
    let Some(mut server) = Redis::start(&[]).await else { return };
    let (one, other) = (node(&server).await, node(&server).await);
    let key = key(Section::Goals, "1");
    let mut ear = other.forgotten();
    keep(&one, &key, &kept("before")).await;
    server.kill();
    eventually(async || {
        assert!(one.get(std::slice::from_ref(&key)).await[0].is_none());
        (!one.is_connected()).then_some(())
    })
    .await;
    // The other cannot hear, and says so.
    assert_eq!(told(&mut ear).await, Forgotten::Lost);
    one.forget(&key.source, &key.patient, None).await;
    server.start_again().await;
    one.connected().await;
    assert_eq!(told(&mut ear).await, Forgotten::Lost);
    keep(&one, &key, &kept("after")).await;
    assert_eq!(words(&found(&other, &key).await), "after");
}

#[tokio::test]
async fn what_could_not_be_told_is_told_later_and_not_read_until_then() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (one, other) = (node(&server).await, node(&server).await);
    let key = key(Section::Goals, "1");
    let mut ear = other.forgotten();
    keep(&one, &key, &kept("before")).await;
    server.signal("STOP");
    one.forget(&key.source, &key.patient, None).await;
    server.signal("CONT");
    loop {
        assert!(one.get(std::slice::from_ref(&key)).await[0].is_none());
        match told(&mut ear).await {
            Forgotten::Lost | Forgotten::Source { .. } => {}
            Forgotten::Patient { patient, section, .. } => {
                assert_eq!((&patient, section), (&key.patient, None));
                break;
            }
        }
    }
    assert!(looked(&other, &key).await.is_none());
}

#[tokio::test]
async fn a_hung_redis_costs_one_patience_and_nothing_afterwards() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (node, key) = (node(&server).await, key(Section::Goals, "1"));
    keep(&node, &key, &kept("kept")).await;
    let mut ear = node.forgotten();
    server.signal("STOP");
    let began = Instant::now();
    let (mut slowest, mut slowest_later) = (Duration::ZERO, Duration::ZERO);
    while began.elapsed() < Duration::from_secs(2) {
        let asked = Instant::now();
        assert!(node.get(std::slice::from_ref(&key)).await[0].is_none());
        let waited = asked.elapsed();
        if began.elapsed() < Duration::from_secs(1) {
            slowest = slowest.max(waited);
        } else {
            slowest_later = slowest_later.max(waited);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!("hung Redis: slowest {slowest:?} in the first second, {slowest_later:?} afterwards");
    // Not by a clock: it was asked once, and not again as long as it hung.
    assert_eq!(node.figures().broken, 1);
    assert!(!node.is_connected());
    // That it cannot hear is noticed without anybody asking.
    while told(&mut ear).await != Forgotten::Lost {}
    server.signal("CONT");
    assert_eq!(words(&found(&node, &key).await), "kept");
}

#[tokio::test]
async fn a_flushed_redis_is_filled_again() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (node, key) = (node(&server).await, key(Section::Goals, "1"));
    keep(&node, &key, &kept("before")).await;
    let since = generation(&node, &key).await;
    server.ask_bytes::<()>(&[b"FLUSHALL"]).await;
    assert!(looked(&node, &key).await.is_none());
    // What was asked before is of a generation that nobody knows any more.
    node.put(&key, &kept("late"), HOUR, since).await;
    assert!(looked(&node, &key).await.is_none());
    keep(&node, &key, &kept("after")).await;
    assert_eq!(words(&found(&node, &key).await), "after");
}

#[tokio::test]
async fn a_full_redis_still_answers_and_still_forgets() {
    let full = ["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"];
    let Some(server) = Redis::start(&full).await else { return };
    let node = node(&server).await;
    let (key, new) = (key(Section::Goals, "1"), key(Section::Goals, "2"));
    keep(&node, &key, &kept("before it was full")).await;
    server.ask_bytes::<()>(&[b"CONFIG", b"SET", b"maxmemory", b"1"]).await;
    eventually(async || {
        assert_eq!(node.generation(&new).await, Generation::default());
        (node.figures().refused > 0).then_some(())
    })
    .await;
    assert!(node.is_connected());
    assert_eq!(words(&found(&node, &key).await), "before it was full");
    node.forget(&key.source, &key.patient, None).await;
    eventually(async || looked(&node, &key).await.is_none().then_some(())).await;
    let left: u64 = server.ask_bytes(&[b"DBSIZE"]).await;
    assert_eq!(left, 0);
    server.ask_bytes::<()>(&[b"CONFIG", b"SET", b"maxmemory", b"0"]).await;
    keep(&node, &new, &kept("after")).await;
}

#[tokio::test]
async fn a_redis_that_evicts_loses_entries_and_nothing_else() {
    let evicting = ["--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru"];
    let Some(server) = Redis::start(&evicting).await else { return };
    let node = node(&server).await;
    let mut dice = StdRng::seed_from_u64(17);
    let mut long = || -> String {
        (&mut dice).sample_iter(Alphanumeric).take(20_000).map(char::from).collect()
    };
    let patients: Vec<String> = (0..400).map(|number| number.to_string()).collect();
    for patient in &patients {
        keep(&node, &key(Section::Goals, patient), &kept(&format!("{patient} {}", long()))).await;
    }
    let mut left = 0;
    for patient in &patients {
        if let Some(copy) = looked(&node, &key(Section::Goals, patient)).await {
            assert_eq!(words(&copy).split(' ').next(), Some(patient.as_str()));
            left += 1;
        }
    }
    println!("evicting Redis: {left} of {} entries are left", patients.len());
    assert!(0 < left && left < patients.len());
    let newest = patients.last().unwrap();
    keep(&node, &key(Section::Goals, newest), &kept("newest")).await;
    assert_eq!(words(&found(&node, &key(Section::Goals, newest)).await), "newest");
}
