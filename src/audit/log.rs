//! The log as the rest of the house knows it: append, and wait until it is durable; search.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::chain::{BEGINNING, Point};
use super::checkpoint::hexadecimal;
use super::entry::{Body, Entry, Event, Outcome};
use super::error::AuditError;
use super::head::HeadFile;
use super::key::AuditKey;
use super::store::{AuditStore, Find, Place};
use super::writer::{Message, Writer};
use crate::identity::{StoreKey, now_ms};
use crate::telemetry::Clock;

/// How many requests may wait to be written.
const WAITING: usize = 4_096;
/// How long an answer waits for its entries. After that it is not given; the entries may still be written.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a new chain is tried to be begun, when another node begins one at the same moment.
const TRIES: usize = 10;

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct AuditLog {
    writer: mpsc::Sender<Message>,
    store: Arc<dyn AuditStore>,
    key: Arc<AuditKey>,
    figures: Arc<Figures>,
}

/// What the log has cost.
#[derive(Debug, Default)]
pub struct Figures {
    /// Entries written.
    pub entries: AtomicU64,
    /// Groups that they were written in; each cost one flush to disk.
    pub groups: AtomicU64,
    /// Groups that could not be written.
    pub failures: AtomicU64,
    /// Whether the last group could not be written.
    pub is_failing: AtomicBool,
    /// How long it took to write them, without the store's own work.
    pub writing: Clock,
}

impl AuditLog {
    /// Begins with the entry `start`, which says so: where several nodes write, in a new chain, and it says how far all others had
    /// come. Fails when the log was cut off.
    pub async fn open(
        store: Arc<dyn AuditStore>,
        key: &StoreKey,
        head: Option<HeadFile>,
        start: Body,
    ) -> Result<(Self, JoinHandle<()>), AuditError> {
        let key = Arc::new(AuditKey::new(key)?);
        let mut head = head;
        if let Some(head) = &mut head {
            check(store.as_ref(), head, &key).await?;
        }
        let figures = Arc::new(Figures::default());
        let mut writer = Writer {
            store: store.clone(),
            key: key.clone(),
            head,
            figures: figures.clone(),
            end: Point { chain: 0, seq: 0, hash: BEGINNING },
            in_doubt: None,
            untold: None,
            told: 0,
        };
        begin(&mut writer, start).await?;
        let (sender, messages) = mpsc::channel(WAITING);
        let task = tokio::spawn(writer.run(messages));
        Ok((Self { writer: sender, store, key, figures }, task))
    }

    /// Writes entries; when this returns `Ok` they outlast a power cut.
    pub async fn append(&self, entries: Vec<Entry>) -> Result<(), AuditError> {
        if entries.is_empty() {
            return Ok(());
        }
        let (answer, written) = oneshot::channel();
        let message = Message::Write(entries, answer);
        let waiting = async {
            self.writer.send(message).await.map_err(|_| AuditError::Closed)?;
            written.await.map_err(|_| AuditError::Closed)?
        };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| AuditError::TooSlow)?
    }

    /// Has an entry of the gateway's own written before any that is asked for later; nobody waits for it.
    pub fn note(&self, body: Body) {
        let (answer, _) = oneshot::channel();
        if self.writer.try_send(Message::Write(vec![own(body)], answer)).is_err() {
            tracing::error!("an event could not be handed to the audit log");
        }
    }

    /// What is looked for, the newest first, each with its place.
    pub async fn find(&self, find: &Find) -> Result<Vec<(Place, Entry)>, AuditError> {
        let rows = self.store.find(find).await?;
        rows.iter().map(|row| Ok(((row.at_ms, row.chain, row.seq), row.entry()?))).collect()
    }

    /// By what auditors know a patient.
    pub fn pseudonym(&self, of: &[u8]) -> String {
        self.key.pseudonym(of)
    }

    /// What it has cost so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Writes that the gateway stops, and closes the store.
    pub async fn close(&self, task: JoinHandle<()>) {
        let (answer, written) = oneshot::channel();
        let last = Box::new(own(Body::of(Event::Stop, Outcome::Done)));
        if self.writer.send(Message::End(last, answer)).await.is_ok() {
            // A failure was logged where it happened.
            let _ = written.await;
        }
        let _ = task.await;
        let Figures { entries, groups, .. } = self.figures();
        let [entries, groups] = [entries, groups].map(|figure| figure.load(Relaxed));
        tracing::info!(entries, groups, "the audit log is closed");
        self.store.close().await;
    }
}

fn own(body: Body) -> Entry {
    Entry { at_ms: now_ms(), person: None, viewer: String::new(), body }
}

/// Refuses a log that does not hold what its head file vouches for. A log that has not begun gets a head file, so that a
/// log without one is known to have lost it.
async fn check(
    store: &dyn AuditStore,
    head: &mut HeadFile,
    key: &AuditKey,
) -> Result<(), AuditError> {
    let ends = store.ends().await?;
    let Some(known) = head.read(&key.public())? else {
        if !ends.is_empty() {
            return Err(AuditError::NoHead { path: head.path().display().to_string() });
        }
        head.write(&key.sign(Point { chain: 0, seq: 0, hash: BEGINNING }))?;
        return head.settle();
    };
    let Point { chain, seq, hash } = known.point;
    let is_there = match store.behind((chain, seq - 1), 1).await?.first() {
        Some(row) => (row.chain, row.seq, row.hash) == (chain, seq, hash),
        None => false,
    };
    if is_there || chain == 0 { Ok(()) } else { Err(AuditError::Cut { chain, seq }) }
}

/// Writes that the gateway started. Several nodes may try at once: the place decides, and the loser tries the next.
async fn begin(writer: &mut Writer, start: Body) -> Result<(), AuditError> {
    let mut tries = 0;
    loop {
        let ends = writer.store.ends().await?;
        let last = ends.last().copied();
        writer.end = match last.filter(|_| writer.store.has_one_writer()) {
            Some(last) => last,
            None => Point { chain: last.map_or(1, |it| it.chain + 1), seq: 0, hash: BEGINNING },
        };
        writer.told = writer.end.seq;
        let ends = if writer.end.seq > 0 { Vec::new() } else { ends };
        let body = Body {
            object: Some(format!("caregraph {}", env!("CARGO_PKG_VERSION"))),
            heads: news(writer.store.as_ref(), ends).await?,
            ..start.clone()
        };
        match writer.write(&[own(body)]).await {
            Ok(()) => return Ok(()),
            Err(error) if tries == TRIES => return Err(error),
            Err(_) => tries += 1,
        }
        writer.in_doubt = None;
    }
}

/// The ends of chains that no beginning of a chain has named yet.
async fn news(
    store: &dyn AuditStore,
    ends: Vec<Point>,
) -> Result<Vec<(i64, i64, String)>, AuditError> {
    let mut named = Vec::new();
    for row in store.beginnings().await? {
        named.extend(row.entry()?.body.heads);
    }
    let ends = ends.into_iter().map(|end| (end.chain, end.seq, hexadecimal(&end.hash)));
    Ok(ends.filter(|end| !named.contains(end)).collect())
}
