//! The shared tier itself: what is asked of Redis, and what is believed of its answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_lc_rs::rand;
use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use futures_util::future::join_all;
use secrecy::SecretString;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::codec;
use super::hearing::{Ear, Hearing};
use super::link::Link;
use super::marks::Marks;
use super::names::{Names, Place};
use super::news::{self, Forget, Node};
use super::owed::Owed;
use super::seal::{About, Keys};
use super::server::{Server, ServerError};
use super::tally::{Figures, Tally};
use crate::gather::{CacheKey, Forgotten, Generation, Kept, SharedTier, SourceId, Systems};
use crate::identity::StoreKey;
use crate::telemetry::Complaint;

/// How long a generation lives before something of it is kept: longer than any source is waited for.
const UNUSED: Duration = Duration::from_mins(10);
/// How many entries are asked for at once.
const AT_ONCE: usize = 64;
/// Entries that are opened before others on this thread have their turn.
const IN_A_ROW: usize = 16;
/// A larger entry is not kept: to hand it over would take longer than anybody waits.
const LARGEST: usize = 4 * 1024 * 1024;
/// How long to wait before Redis is told again.
const AGAIN: Duration = Duration::from_secs(1);

/// Keeps an entry if nothing was forgotten since its source was asked, and its generation for as long.
const KEEP: &str = "if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end \
                    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) \
                    if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[3]) then \
                    redis.call('PEXPIRE', KEYS[2], ARGV[3]) end return 1";

/// How the shared cache is set up.
pub struct SharedCacheSetup<'k> {
    /// Where Redis is: one URL is a node, several are a cluster.
    pub urls: Vec<SecretString>,
    /// The store's key, the same on every node.
    pub store_key: &'k StoreKey,
    /// The keys that open entries, of which the first seals; when there are none, one of the store's key does both.
    pub keys: Vec<StoreKey>,
    /// What each source is besides its id. When that changes, what was kept of it before is not found.
    pub systems: Arc<Systems>,
}

/// The cache that all nodes share.
pub struct SharedCache {
    inner: Arc<Inner>,
    tasks: [JoinHandle<()>; 3],
}

pub(super) struct Inner {
    pub(super) link: Link,
    hearing: Hearing,
    pub(super) names: Arc<Names>,
    pub(super) keys: Arc<Keys>,
    own: Node,
    owed: Owed,
    marks: Arc<Marks>,
    overflow: Complaint,
    pub(super) tally: Arc<Tally>,
}

impl SharedCache {
    /// Starts to connect, and returns at once whether or not there is a Redis.
    pub fn start(setup: SharedCacheSetup<'_>) -> Result<Self, ServerError> {
        let server = Arc::new(Server::new(&setup.urls)?);
        let tally = Arc::new(Tally::default());
        let keys = Arc::new(Keys::new(setup.store_key, &setup.keys));
        let names = Arc::new(Names::new(setup.store_key, setup.systems));
        let marks = Arc::new(Marks::new(names.clone()));
        let own = random().unwrap_or_default();
        let ear = Ear { keys: keys.clone(), own, marks: marks.clone(), tally: tally.clone() };
        let hearing = Hearing::new(server.clone(), names.channel(), ear);
        let inner = Arc::new(Inner {
            link: Link::new(server, tally.clone()),
            hearing,
            names,
            keys,
            own,
            owed: Owed::default(),
            marks,
            overflow: Complaint::default(),
            tally,
        });
        let [keeper, hearer, teller] = [inner.clone(), inner.clone(), inner.clone()];
        let tasks = [
            tokio::spawn(async move { keeper.link.keep().await }),
            tokio::spawn(async move { hearer.hearing.keep().await }),
            tokio::spawn(async move { teller.tell_again().await }),
        ];
        Ok(Self { inner, tasks })
    }

    /// How it does.
    pub fn figures(&self) -> Figures {
        self.inner.tally.read()
    }

    /// True while there is a connection.
    pub fn is_connected(&self) -> bool {
        self.inner.link.is_up()
    }

    /// Returns as soon as there is a connection.
    pub async fn connected(&self) {
        self.inner.link.up().await;
    }
}

impl Drop for SharedCache {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

#[async_trait]
impl SharedTier for SharedCache {
    async fn get(&self, keys: &[CacheKey]) -> Vec<Option<Kept>> {
        let chunks = keys.chunks(AT_ONCE).map(|chunk| self.inner.get(chunk));
        join_all(chunks).await.into_iter().flatten().collect()
    }

    async fn put(&self, key: &CacheKey, kept: &Kept, keep_for: Duration, since: Generation) {
        self.inner.put(key, kept, keep_for, since).await;
    }

    async fn generation(&self, key: &CacheKey) -> Generation {
        self.inner.generation(key).await.unwrap_or_default()
    }

    async fn forget(&self, source: &SourceId, patient: &LocalId, section: Option<Section>) {
        let (source, patient) = (source.clone(), Some(patient.clone()));
        self.inner.forget(Forget { source, patient, section }).await;
    }

    async fn forget_source(&self, source: &SourceId, section: Option<Section>) {
        self.inner.forget(Forget { source: source.clone(), patient: None, section }).await;
    }

    async fn note(&self, word: &str, keep_for: Duration) -> bool {
        self.inner.note(word, keep_for).await
    }

    async fn noted(&self, words: &[String]) -> Vec<bool> {
        self.inner.noted(words).await
    }

    fn forgotten(&self) -> broadcast::Receiver<Forgotten> {
        self.inner.hearing.listen()
    }
}

impl Inner {
    async fn get(&self, keys: &[CacheKey]) -> Vec<Option<Kept>> {
        let places: Vec<Place> = keys.iter().map(|key| self.names.place(key)).collect();
        let mut command = redis::cmd("MGET");
        for place in &places {
            command.arg(&place.entry).arg(&place.generation);
        }
        let floored: BTreeSet<(&SourceId, Section)> =
            keys.iter().map(|key| (&key.source, key.section)).collect();
        for (source, section) in &floored {
            command.arg(self.names.floor(source, *section));
        }
        let found: Option<Vec<Option<Vec<u8>>>> = self.link.ask(&command).await;
        let found = found.unwrap_or_default();
        let (pairs, floors) = found.split_at_checked(keys.len() * 2).unwrap_or_default();
        let floors: BTreeMap<_, _> = floored.into_iter().zip(floors).collect();
        let mut all = Vec::with_capacity(keys.len());
        let mut pairs = pairs.chunks_exact(2);
        for (number, key) in keys.iter().enumerate() {
            let floor = floors.get(&(&key.source, key.section)).and_then(|it| it.as_deref());
            let kept = match pairs.next() {
                Some([Some(entry), Some(generation)]) => self
                    .read(key, entry, generation)
                    .filter(|kept| floor.is_none_or(|floor| self.is_above(key, kept, floor))),
                Some([Some(_), None]) => {
                    self.tally.forgotten.one();
                    None
                }
                Some(_) | None => {
                    self.tally.misses.one();
                    None
                }
            };
            all.push(kept);
            if number % IN_A_ROW == IN_A_ROW - 1 {
                tokio::task::yield_now().await;
            }
        }
        all
    }

    /// Believes an entry only if it is sealed for this place and of this generation, and was not forgotten since.
    fn read(&self, key: &CacheKey, entry: &[u8], generation: &[u8]) -> Option<Kept> {
        let generation = read_generation(generation).unwrap_or_default();
        let opened = self.keys.open(&Self::about(key), generation, entry);
        let opened = opened.map_err(|why| self.tally.refused_box(why)).ok()?;
        let Some(kept) = codec::unpack(&opened) else {
            self.tally.unreadable.one();
            return None;
        };
        if self.marks.outdates(key, &kept) || self.owed.covers(key) {
            self.tally.forgotten.one();
            return None;
        }
        self.tally.hits.one();
        Some(kept)
    }

    async fn put(&self, key: &CacheKey, kept: &Kept, keep_for: Duration, since: Generation) {
        let milliseconds = u64::try_from(keep_for.as_millis()).unwrap_or(u64::MAX);
        if since == Generation::default()
            || milliseconds == 0
            || !self.link.is_up()
            || self.owed.covers(key)
        {
            return;
        }
        let sealed = codec::pack(kept).and_then(|it| self.keys.seal(&Self::about(key), since, it));
        let Some(sealed) = sealed.filter(|sealed| sealed.len() <= LARGEST) else {
            return self.tally.too_large.one();
        };
        let place = self.names.place(key);
        let mut command = redis::cmd("EVAL");
        command.arg(KEEP).arg(2).arg(&place.entry).arg(&place.generation);
        command.arg(&since.0.to_le_bytes()).arg(sealed).arg(milliseconds);
        match self.link.ask::<i64>(&command).await {
            Some(1) => self.tally.kept.one(),
            Some(_) => self.tally.outrun.one(),
            None => {}
        }
    }

    /// The generation, which begins here if there is none: so that one which was evicted never comes back.
    async fn generation(&self, key: &CacheKey) -> Option<Generation> {
        let place = self.names.place(key);
        let new: [u8; 8] = random()?;
        let milliseconds = u64::try_from(UNUSED.as_millis()).ok()?;
        let mut command = redis::cmd("SET");
        command.arg(&place.generation).arg(&new).arg("NX").arg("GET").arg("PX").arg(milliseconds);
        let before: Option<Option<Vec<u8>>> = self.link.ask(&command).await;
        match before? {
            Some(before) => read_generation(&before),
            None => Some(Generation(u64::from_le_bytes(new))),
        }
    }

    async fn forget(&self, forget: Forget) {
        let now = SystemTime::now();
        self.marks.set(&forget, now);
        let remembered = self.owed.add(forget.clone(), now);
        if self.tell(&forget, now).await {
            self.owed.settle(&forget);
            return;
        }
        // It may have been settled by another who was faster.
        if remembered && self.owed.add(forget, now) {
            self.owed.remind();
        } else if let Some(held_back) = self.overflow.due() {
            tracing::error!(
                held_back,
                "too much is to be forgotten while the shared cache is away; other nodes show it until it expires"
            );
        }
    }

    /// Deletes first: whoever hears of it finds nothing left.
    async fn tell(&self, forget: &Forget, at: SystemTime) -> bool {
        let Some(message) = news::write(&self.keys, self.own, forget, at) else { return false };
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.names.channel()).arg(message);
        let is_gone = match &forget.patient {
            Some(patient) => {
                let mut delete = redis::cmd("DEL");
                delete.arg(self.names.all(&forget.source, patient, forget.section));
                self.link.ask::<u64>(&delete).await.is_some()
            }
            None => self.raise(&forget.source, forget.section, at).await,
        };
        is_gone && self.link.ask::<u64>(&publish).await.is_some()
    }

    /// Tells what could not be told, as soon as there is a connection again.
    async fn tell_again(&self) {
        loop {
            for (forget, at) in self.owed.reminded().await {
                while !{
                    self.link.up().await;
                    self.tell(&forget, at).await
                } {
                    sleep(AGAIN).await;
                }
                self.owed.settle(&forget);
            }
        }
    }

    fn about(key: &CacheKey) -> About {
        let (source, system) = (key.source.as_str(), key.system.0.to_string());
        About::new(&["entry", source, &system, key.section.name(), key.patient.as_str()])
    }
}

/// Zero is no generation: nothing can be kept in it.
fn read_generation(bytes: &[u8]) -> Option<Generation> {
    Some(Generation(u64::from_le_bytes(bytes.try_into().ok()?))).filter(|it| it.0 != 0)
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).ok()?;
    Some(bytes)
}
