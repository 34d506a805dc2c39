//! A Redis or Valkey of a test's own, on loopback, and nodes that use it.

use std::collections::HashMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use caregraph_connectors::record::{Concept, Condition, Fact, Record, Section};
use caregraph_connectors::{LocalId, Share};
use redis::aio::MultiplexedConnection;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep, timeout};

use super::super::{SharedCache, SharedCacheSetup};
use super::records;
use crate::gather::{CacheKey, Forgotten, Generation, Kept, SharedTier as _, SourceId};
use crate::identity::StoreKey;
use crate::store::testing::Folder;

/// Long enough for the slowest machine; nothing waits so long unless it fails.
const LONG: Duration = Duration::from_secs(30);
pub(super) const HOUR: Duration = Duration::from_hours(1);

/// A server, ended when dropped.
pub(super) struct Server {
    child: Child,
    folder: Folder,
    port: u16,
    settings: Vec<String>,
}

impl Server {
    /// Starts one; `None` where none is installed.
    pub(super) async fn start(settings: &[&str]) -> Option<Self> {
        let folder = Folder::new();
        let port = free_port();
        let settings: Vec<String> = settings.iter().map(|word| (*word).to_owned()).collect();
        let child = spawn(&folder, port, &settings)?;
        let server = Self { child, folder, port, settings };
        server.raw().await;
        Some(server)
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A connection of somebody who can read and write everything.
    pub(super) async fn raw(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        let began = Instant::now();
        loop {
            if let Ok(mut raw) = client.get_multiplexed_async_connection().await
                && redis::cmd("PING").query_async::<()>(&mut raw).await.is_ok()
            {
                return raw;
            }
            assert!(began.elapsed() < LONG, "Redis does not start");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Everything that a command of somebody else answers.
    pub(super) async fn ask<T: redis::FromRedisValue>(&self, words: &[&[u8]]) -> T {
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query_async(&mut self.raw().await).await.unwrap()
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(super) async fn start_again(&mut self) {
        self.child = spawn(&self.folder, self.port, &self.settings).unwrap();
        self.raw().await;
    }

    /// Stops it from doing anything, or lets it go on.
    pub(super) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// All that it writes to its disk.
    pub(super) async fn saved(&self) -> Vec<u8> {
        self.ask::<()>(&[b"SAVE"]).await;
        std::fs::read(self.folder.path().join("dump.rdb")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Folder, port: u16, settings: &[String]) -> Option<Child> {
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    let mut command = Command::new(program()?);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
    command.arg("--dir").arg(folder.path()).args(settings);
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    Some(command.spawn().unwrap())
}

fn program() -> Option<PathBuf> {
    let folders = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
    let programs = ["redis-server", "valkey-server"];
    let all = folders
        .iter()
        .flat_map(|folder| programs.iter().map(move |program| PathBuf::from(folder).join(program)));
    all.into_iter().find(|program| program.exists())
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A node of ours at that Redis; the key is that of its store.
pub(super) fn node_with(url: &str, store: u8, keys: &[u8], system: &str) -> SharedCache {
    let sources = HashMap::from([(SourceId::new("clinic"), system.to_owned())]);
    let key = |byte| StoreKey::new([byte; 32]);
    let keys = keys.iter().copied().map(key).collect();
    let urls = vec![url.to_owned().into()];
    let setup = SharedCacheSetup { urls, store_key: &key(store), keys, sources };
    SharedCache::start(setup).unwrap()
}

pub(super) async fn node(server: &Server) -> SharedCache {
    let node = node_with(&server.url(), 7, &[], "http://clinic");
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
