//! Very many reads of a Redis in which somebody else writes: F17 of the fault matrix.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use redis::aio::MultiplexedConnection;

use super::redis::{keep, kept, key, node, node_with, words};
use super::server::Redis;
use caregraph_connectors::record::Section;

use crate::gather::{CacheKey, SharedTier as _};

/// How many reads when nothing else is asked for.
const READS: u64 = 100_000;
const PATIENTS: usize = 100;
/// How many are looked for at once, as when a list of patients is shown.
const AT_ONCE: usize = 50;
/// Where the number of the generation stands in an entry.
const GENERATION: std::ops::Range<usize> = 13..21;

/// What stands in Redis for one patient.
struct Planted {
    key: CacheKey,
    says: String,
    entry: String,
    generation: String,
    genuine: Vec<u8>,
}

async fn names(server: &Redis) -> Vec<String> {
    server.ask_bytes(&[b"KEYS", b"*"]).await
}

/// A copy of each patient, and where it stands.
async fn planted(server: &Redis, whose: u8) -> Vec<Planted> {
    let node = node_with(&server.url(), whose, &[]);
    super::redis::ready(&node).await;
    let mut all = Vec::new();
    let mut known = names(server).await;
    for number in 0..PATIENTS {
        let (key, says) = (key(Section::Goals, &number.to_string()), format!("of {number}"));
        keep(&node, &key, &kept(&says)).await;
        let now = names(server).await;
        let new: Vec<String> = now.iter().filter(|name| !known.contains(name)).cloned().collect();
        known = now;
        let (mut entry, mut generation, mut genuine) = (String::new(), String::new(), Vec::new());
        for name in new {
            let bytes: Vec<u8> = server.ask_bytes(&[b"GET", name.as_bytes()]).await;
            if bytes.len() == 8 {
                generation = name;
            } else {
                (entry, genuine) = (name, bytes);
            }
        }
        assert!(!entry.is_empty() && !generation.is_empty());
        all.push(Planted { key, says, entry, generation, genuine });
    }
    all
}

/// Writes something else, or the genuine entry, in the place of one.
async fn meddle(raw: &mut MultiplexedConnection, dice: &mut StdRng, all: &[Planted], of: usize) {
    let (here, other) = (&all[of], &all[dice.random_range(0..all.len())]);
    let mut bytes = here.genuine.clone();
    let at = dice.random_range(0..bytes.len());
    match dice.random_range(0..8) {
        0 => bytes[at] ^= 1 << dice.random_range(0..8),
        1 => bytes.truncate(at),
        2 => bytes.clone_from(&other.genuine),
        // Of an older version, and of another model of records.
        3 => bytes[0] = 0,
        4 => bytes[1] ^= 1,
        5 => bytes = (0..dice.random_range(0..300)).map(|_| dice.random()).collect(),
        _ => {}
    }
    // The generation agrees, so that nothing but the seal can tell.
    let generation = bytes.get(GENERATION).unwrap_or(&[7; 8]).to_vec();
    let mut both = redis::pipe();
    both.set(&here.entry, bytes).ignore().set(&here.generation, generation).ignore();
    both.query_async::<()>(raw).await.unwrap();
}

#[tokio::test]
async fn f17_nothing_that_was_planted_is_ever_believed() {
    let Some(server) = Redis::start(&[]).await else { return };
    let ours = planted(&server, 7).await;
    let theirs = planted(&server, 8).await;
    let node = node(&server).await;
    let (mut raw, mut dice) = (server.raw().await, StdRng::seed_from_u64(17));
    let all: Vec<CacheKey> = ours.iter().map(|it| it.key.clone()).collect();
    let reads = super::records::size("CAREGRAPH_FAULT_READS", READS);
    let (mut read, mut right, mut wrong) = (0, 0, 0_u64);
    while read < reads {
        for _ in 0..AT_ONCE {
            let of = dice.random_range(0..PATIENTS);
            meddle(&mut raw, &mut dice, &ours, of).await;
            if dice.random_ratio(1, 8) {
                // What another tenant keeps of the same patient, with its generation.
                let (here, there) = (&ours[of], &theirs[of]);
                let mut both = redis::pipe();
                both.set(&here.entry, &there.genuine).ignore();
                both.set(&here.generation, &there.genuine[GENERATION]).ignore();
                both.query_async::<()>(&mut raw).await.unwrap();
            }
        }
        for (keys, planted) in all.chunks(AT_ONCE).zip(ours.chunks(AT_ONCE)) {
            let found = node.get(keys).await;
            read += found.len() as u64;
            for (kept, planted) in found.iter().zip(planted) {
                let Some(kept) = kept else { continue };
                if words(kept) == planted.says { right += 1 } else { wrong += 1 }
            }
        }
    }
    let figures = node.figures();
    let refused = figures.tampered + figures.foreign + figures.unknown_key + figures.unreadable;
    assert_eq!(wrong, 0);
    // Else nothing was tried.
    assert!(right > read / 8 && refused > read / 8, "{right} {figures:?}");
    assert!(figures.unknown_key > 0 && figures.foreign > 0 && figures.tampered > 0);
    println!(
        "fault: F17 | expected 0 wrong answers | measured {wrong} wrong answers in {read} reads; {right} genuine, {refused} \
         refused, {} not to be had in time",
        read - right - refused
    );
}
