//! Nodes that share a Redis which is well.

use std::time::{Duration, SystemTime};

use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use tokio::sync::broadcast;

use super::records;
use super::redis::{
    HOUR, eventually, found, generation, keep, kept, key, looked, node, node_with, ready, saved,
    told, words,
};
use super::server::Redis;
use crate::gather::{CacheKey, Forgotten, Generation, Kept, SharedTier as _, SourceId, System};

/// The next message that says what was forgotten.
async fn heard(ear: &mut broadcast::Receiver<Forgotten>) -> Forgotten {
    loop {
        match told(ear).await {
            Forgotten::Lost => {}
            named @ (Forgotten::Patient { .. } | Forgotten::Source { .. }) => return named,
        }
    }
}

#[tokio::test]
async fn what_one_node_keeps_another_finds_as_it_was() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (one, other) = (node(&server).await, node(&server).await);
    let mut all = records::of_people().await;
    for (key, copy) in &all {
        keep(&one, key, copy).await;
        assert_eq!(records::said(&found(&other, key).await), records::said(copy));
    }
    // In one question, in its order, and only what was asked for.
    all.insert(0, (key(Section::Goals, "nobody"), kept("never")));
    let keys: Vec<_> = all.iter().map(|(key, _)| key.clone()).collect();
    let answers = eventually(async || {
        let answers = other.get(&keys).await;
        (answers.iter().flatten().count() == keys.len() - 1).then_some(answers)
    })
    .await;
    assert!(answers[0].is_none());
    for ((_, copy), answer) in all.iter().zip(&answers).skip(1) {
        assert_eq!(records::said(answer.as_ref().unwrap()), records::said(copy));
    }
}

#[tokio::test]
async fn an_entry_expires() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (node, key) = (node(&server).await, key(Section::Goals, "1"));
    let since = generation(&node, &key).await;
    node.put(&key, &kept("soon gone"), Duration::from_millis(30), since).await;
    eventually(async || looked(&node, &key).await.is_none().then_some(())).await;
    node.put(&key, &kept("never there"), Duration::ZERO, since).await;
    assert!(looked(&node, &key).await.is_none());
}

#[tokio::test]
async fn what_is_forgotten_is_gone_and_the_others_hear_of_it() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (one, other) = (node(&server).await, node(&server).await);
    let (mut own, mut ear) = (one.forgotten(), other.forgotten());
    let (source, patient) = (SourceId::new("clinic"), LocalId::new("1"));
    let [goals, coverage, neighbour] =
        [key(Section::Goals, "1"), key(Section::Coverage, "1"), key(Section::Goals, "2")];
    for key in [&goals, &coverage, &neighbour] {
        keep(&one, key, &kept("before")).await;
    }
    one.forget(&source, &patient, Some(Section::Goals)).await;
    let patient_told =
        |section| Forgotten::Patient { source: source.clone(), patient: patient.clone(), section };
    assert_eq!(heard(&mut ear).await, patient_told(Some(Section::Goals)));
    assert!(looked(&other, &goals).await.is_none());
    assert_eq!(words(&found(&other, &coverage).await), "before");
    one.forget(&source, &patient, None).await;
    assert_eq!(heard(&mut ear).await, patient_told(None));
    assert!(looked(&other, &coverage).await.is_none());
    assert_eq!(words(&found(&other, &neighbour).await), "before");
    // It is told to others alone.
    assert!(own.try_recv().is_err());
    // And afterwards there is room for what is new.
    keep(&other, &goals, &kept("after")).await;
    assert_eq!(words(&found(&one, &goals).await), "after");
}

#[tokio::test]
async fn a_source_that_is_forgotten_as_a_whole_is_believed_again_from_then_on_by_every_node() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (one, other) = (node(&server).await, node(&server).await);
    let mut ear = other.forgotten();
    let source = SourceId::new("clinic");
    let [goals, coverage] = [key(Section::Goals, "1"), key(Section::Coverage, "1")];
    for key in [&goals, &coverage] {
        keep(&one, key, &kept("before")).await;
    }
    one.forget_source(&source, Some(Section::Goals)).await;
    let told = Forgotten::Source { source: source.clone(), section: Some(Section::Goals) };
    assert_eq!(heard(&mut ear).await, told);
    // One that heard nothing, because it was not there yet, does not believe it either.
    let late = node(&server).await;
    for node in [&one, &other, &late] {
        assert!(looked(node, &goals).await.is_none());
        assert_eq!(words(&found(node, &coverage).await), "before");
    }
    // What was asked for before is not believed, however late it came and was kept.
    let asked_before = SystemTime::now();
    one.forget_source(&source, None).await;
    let later = SystemTime::now() + Duration::from_secs(10);
    let overtaken = Kept { asked_at: asked_before, ..Kept::at(kept("overtaken").share, later) };
    keep(&other, &coverage, &overtaken).await;
    let after = Kept::at(kept("after").share, later);
    keep(&other, &goals, &after).await;
    for node in [&one, &other, &late] {
        assert!(looked(node, &coverage).await.is_none());
        assert_eq!(words(&found(node, &goals).await), "after");
    }
}

#[tokio::test]
async fn a_word_is_noted_once_for_all_nodes() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (one, other) = (node(&server).await, node(&server).await);
    let words = ["a word about 4711".to_owned(), "another".to_owned()];
    assert!(one.note(&words[0], HOUR).await);
    let noted = async || Some(other.noted(&words).await).filter(|it| it[0]);
    assert_eq!(eventually(noted).await, [true, false]);
    // Redis may be too slow now and then, and then nobody can tell.
    eventually(async || (!other.note(&words[0], HOUR).await).then_some(())).await;
    let saved = saved(&server).await;
    assert!(!saved.windows(4).any(|part| part == b"4711"));
}

#[tokio::test]
async fn a_write_during_an_invalidation_does_not_survive_it() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (one, other) = (node(&server).await, node(&server).await);
    let key = key(Section::Goals, "1");
    for _ in 0..20 {
        let since = generation(&one, &key).await;
        let fetched = kept("of the source before it changed");
        other.forget(&key.source, &key.patient, None).await;
        one.put(&key, &fetched, HOUR, since).await;
        assert!(looked(&one, &key).await.is_none());
        // Nor when somebody else has kept something since.
        keep(&other, &key, &kept("of the source as it is")).await;
        one.put(&key, &fetched, HOUR, since).await;
        assert_eq!(words(&found(&one, &key).await), "of the source as it is");
    }
    assert!(one.figures().outrun > 0);
    // What is not known to be of any generation is not kept at all.
    other.forget(&key.source, &key.patient, None).await;
    one.put(&key, &kept("never"), HOUR, Generation::default()).await;
    assert!(looked(&one, &key).await.is_none());
}

#[tokio::test]
async fn an_evicted_generation_never_comes_back() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (node, key) = (node(&server).await, key(Section::Goals, "1"));
    let since = generation(&node, &key).await;
    keep(&node, &key, &kept("kept")).await;
    let names: Vec<String> = server.ask_bytes(&[b"KEYS", b"*"]).await;
    for name in names {
        let value: Vec<u8> = server.ask_bytes(&[b"GET", name.as_bytes()]).await;
        if value.len() == 8 {
            server.ask_bytes::<()>(&[b"DEL", name.as_bytes()]).await;
        }
    }
    assert!(looked(&node, &key).await.is_none());
    assert_ne!(generation(&node, &key).await, since);
    node.put(&key, &kept("late"), HOUR, since).await;
    assert!(looked(&node, &key).await.is_none());
}

#[tokio::test]
async fn keys_are_changed_while_nodes_run() {
    let Some(server) = Redis::start(&[]).await else { return };
    let key = key(Section::Goals, "1");
    let [old, both, new] = [&[1][..], &[2, 1], &[2]].map(|keys| node_with(&server.url(), 7, keys));
    keep(&old, &key, &kept("sealed with the old key")).await;
    assert_eq!(words(&found(&both, &key).await), "sealed with the old key");
    both.connected().await;
    keep(&both, &key, &kept("sealed with the new key")).await;
    assert_eq!(words(&found(&new, &key).await), "sealed with the new key");
    let before = old.figures().unknown_key;
    assert!(looked(&old, &key).await.is_none());
    assert!(old.figures().unknown_key > before);
    // Who cannot read what is to be forgotten trusts nothing.
    ready(&old).await;
    let mut ear = old.forgotten();
    both.forget(&key.source, &key.patient, None).await;
    eventually(async || (old.figures().unreadable_news > 0).then_some(())).await;
    assert_eq!(told(&mut ear).await, Forgotten::Lost);
}

#[tokio::test]
async fn what_another_system_said_under_the_same_id_is_not_found() {
    let Some(server) = Redis::start(&[]).await else { return };
    let key = key(Section::Goals, "1");
    let other = CacheKey { system: System(2), ..key.clone() };
    let node = node(&server).await;
    keep(&node, &key, &kept("of the test system")).await;
    assert!(looked(&node, &other).await.is_none());
    // But what is forgotten is forgotten everywhere.
    keep(&node, &other, &kept("of the real system")).await;
    node.forget(&key.source, &key.patient, None).await;
    assert!(looked(&node, &key).await.is_none() && looked(&node, &other).await.is_none());
}

#[tokio::test]
async fn what_was_fetched_is_told_to_the_microsecond() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (node, key) = (node(&server).await, key(Section::Goals, "1"));
    let mut copy = kept("old");
    copy.fetched_at = SystemTime::now() - HOUR;
    keep(&node, &key, &copy).await;
    assert_eq!(found(&node, &key).await.fetched_at, copy.fetched_at);
}
