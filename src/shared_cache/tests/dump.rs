//! What is in Redis tells nobody anything: neither its memory, nor its file, nor what is said through it.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;

use super::records;
use super::redis::{eventually, keep, node, saved};
use super::server::Redis;
use crate::gather::SharedTier as _;

/// Words shorter than this occur in random bytes by chance.
const SHORTEST: usize = 7;

/// Every text of a JSON value: names, ids, codes, dates, words.
fn texts(json: &serde_json::Value, to: &mut BTreeSet<String>) {
    match json {
        serde_json::Value::String(text) => {
            to.insert(text.clone());
            to.extend(text.split([' ', '/', '|']).map(ToOwned::to_owned));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, to)),
        serde_json::Value::Object(fields) => fields.values().for_each(|item| texts(item, to)),
        _ => {}
    }
}

/// Which of these stand somewhere in there.
fn seen<'m>(marked: &'m BTreeSet<String>, heap: &[u8]) -> Vec<&'m str> {
    let words = aho_corasick::AhoCorasick::new(marked).unwrap();
    let order: Vec<&String> = marked.iter().collect();
    words.find_iter(heap).map(|found| order[found.pattern().as_usize()].as_str()).collect()
}

#[tokio::test]
async fn a_dump_of_redis_shows_nothing_of_a_patient() {
    let Some(server) = Redis::start(&[]).await else { return };
    let (node, hearer) = (node(&server).await, node(&server).await);
    let heard = listen_to_everything(&server).await;
    let all = records::of_people().await;
    let mut marked = BTreeSet::new();
    for (key, copy) in &all {
        keep(&node, key, copy).await;
        texts(&serde_json::to_value(&copy.share).unwrap(), &mut marked);
        marked.insert(key.patient.as_str().to_owned());
        marked.insert(key.source.as_str().to_owned());
        marked.insert(key.section.name().to_owned());
    }
    marked.retain(|word| word.len() >= SHORTEST);
    assert!(marked.len() > 1_000, "{}", marked.len());

    let mut memory = Vec::new();
    let mut entries = 0;
    let mut cursor = 0u64;
    loop {
        let (next, names): (u64, Vec<Vec<u8>>) =
            server.ask_bytes(&[b"SCAN", cursor.to_string().as_bytes()]).await;
        for name in names {
            memory.extend_from_slice(&name);
            memory.push(b'\n');
            memory.extend(server.ask_bytes::<Vec<u8>>(&[b"GET", &name]).await);
            memory.push(b'\n');
            entries += 1;
        }
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(entries, all.len() * 2);
    let file = saved(&server).await;
    for (key, _) in all.iter().take(20) {
        node.forget(&key.source, &key.patient, Some(key.section)).await;
    }
    eventually(async || (hearer.figures().heard >= 20).then_some(())).await;
    let messages = heard.await.unwrap();
    println!(
        "dump: {} marked words, {} bytes of {entries} keys, {} bytes of file, {} bytes of messages",
        marked.len(),
        memory.len(),
        file.len(),
        messages.len()
    );
    assert!(file.len() > memory.len() / 2 && messages.len() > 20 * 50);
    for heap in [&memory, &file, &messages] {
        assert_eq!(seen(&marked, heap), Vec::<&str>::new());
    }
    // The search finds what is there.
    let mut planted = file;
    planted.extend_from_slice(marked.last().unwrap().as_bytes());
    assert_eq!(seen(&marked, &planted).len(), 1);
}

/// Everything that is published until twenty messages were.
async fn listen_to_everything(server: &Redis) -> tokio::task::JoinHandle<Vec<u8>> {
    let client = redis::Client::open(server.url()).unwrap();
    let mut ear = client.get_async_pubsub().await.unwrap();
    ear.psubscribe("*").await.unwrap();
    tokio::spawn(async move {
        let mut all = Vec::new();
        let mut messages = ear.into_on_message();
        for _ in 0..20 {
            let message = messages.next().await.unwrap();
            all.extend_from_slice(message.get_channel_name().as_bytes());
            all.extend_from_slice(message.get_payload_bytes());
        }
        all
    })
}
