//! The one task that writes a chain: whatever waits is written in one go, and shares one flush to disk.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::chain::{Point, Row};
use super::checkpoint::Checkpoint;
use super::entry::Entry;
use super::error::AuditError;
use super::head::HeadFile;
use super::key::AuditKey;
use super::log::Figures;
use super::store::AuditStore;

/// The most entries that are written in one go.
const LARGEST_GROUP: usize = 512;
/// How many entries may come between two checkpoints that are told.
const TELL_EVERY: i64 = 1_000;
/// How long it may take until a checkpoint is told.
const TELL_WITHIN: Duration = Duration::from_secs(10);

/// What is asked of the writer.
pub(super) enum Message {
    /// To write these.
    Write(Vec<Entry>, oneshot::Sender<Result<(), AuditError>>),
    /// To write this last one, and end.
    End(Box<Entry>, oneshot::Sender<Result<(), AuditError>>),
}

/// Writes one chain.
pub(super) struct Writer {
    pub(super) store: Arc<dyn AuditStore>,
    pub(super) key: Arc<AuditKey>,
    pub(super) head: Option<HeadFile>,
    pub(super) figures: Arc<Figures>,
    /// The last entry that is known to be stored.
    pub(super) end: Point,
    /// The last entry of a group of which nobody knows whether it was stored.
    pub(super) in_doubt: Option<Point>,
    /// The last checkpoint, until it has been told.
    pub(super) untold: Option<Checkpoint>,
    /// The place of the last checkpoint that was told.
    pub(super) told: i64,
}

impl Writer {
    /// Writes until it is told to end, or until nobody can ask it any more.
    pub(super) async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        let mut due = Instant::now() + TELL_WITHIN;
        loop {
            let message = tokio::select! {
                message = messages.recv() => message,
                () = tokio::time::sleep_until(due), if self.untold.is_some() => {
                    self.tell();
                    continue;
                }
            };
            if self.untold.is_none() {
                due = Instant::now() + TELL_WITHIN;
            }
            let Some(message) = message else { break };
            let figures = self.figures.clone();
            if figures.writing.wait(self.take(message, &mut messages)).await {
                break;
            }
            if self.end.seq - self.told >= TELL_EVERY {
                self.tell();
            }
        }
        self.tell();
    }

    /// Writes this and all that waits behind it; true when that was the end.
    async fn take(&mut self, first: Message, messages: &mut mpsc::Receiver<Message>) -> bool {
        let (mut entries, mut waiting, mut ends) = (Vec::new(), Vec::new(), false);
        let mut next = Some(first);
        while let Some(message) = next.take() {
            match message {
                Message::Write(more, answer) => {
                    entries.extend(more);
                    waiting.push(answer);
                }
                Message::End(last, answer) => {
                    entries.push(*last);
                    waiting.push(answer);
                    ends = true;
                    break;
                }
            }
            if entries.len() < LARGEST_GROUP {
                next = messages.try_recv().ok();
            }
        }
        // Whoever asked hears it, even when writing panics: their channel closes.
        let written = self.write(&entries).await;
        if let Err(error) = &written {
            tracing::error!(%error, entries = entries.len(), "the audit log could not be written; the answers are withheld");
        }
        let is_written = written.is_ok();
        self.figures.is_failing.store(!is_written, Relaxed);
        self.figures.failures.fetch_add(u64::from(!is_written), Relaxed);
        for answer in waiting {
            // Whoever gave up waiting needs no answer.
            let _ = answer.send(if is_written { Ok(()) } else { Err(AuditError::Closed) });
        }
        ends
    }

    /// Writes a group. When this returns it outlasts a power cut.
    pub(super) async fn write(&mut self, entries: &[Entry]) -> Result<(), AuditError> {
        self.settle_doubt().await?;
        let (rows, checkpoint) = self.link(entries);
        let Some(checkpoint) = checkpoint else { return Ok(()) };
        self.in_doubt = Some(checkpoint.point);
        self.store.append(&rows).await?;
        self.stored(checkpoint);
        self.figures.entries.fetch_add(rows.len() as u64, Relaxed);
        self.figures.groups.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Chains the entries behind the last one, and vouches for them.
    fn link(&self, entries: &[Entry]) -> (Vec<Row>, Option<Checkpoint>) {
        let mut end = self.end;
        let mut rows: Vec<Row> = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut row = Row::behind(&end, entry);
            row.mac = self.key.mac(&row.hash, false);
            end = row.point();
            rows.push(row);
        }
        let checkpoint = rows.last_mut().map(|last| {
            let checkpoint = self.key.sign(last.point());
            last.seal = checkpoint.signature.to_vec();
            last.mac = self.key.mac(&last.hash, true);
            checkpoint
        });
        (rows, checkpoint)
    }

    fn stored(&mut self, checkpoint: Checkpoint) {
        self.end = checkpoint.point;
        self.in_doubt = None;
        self.untold = Some(checkpoint);
        if let Some(head) = &mut self.head
            && let Err(error) = head.write(&checkpoint)
        {
            tracing::error!(%error, "the head of the audit log could not be written; a cut at its end would not be found");
        }
    }

    /// A group that failed may have been stored all the same: what is there counts.
    async fn settle_doubt(&mut self) -> Result<(), AuditError> {
        let Some(doubtful) = self.in_doubt else { return Ok(()) };
        let ends = self.store.ends().await?;
        let found = ends.into_iter().find(|end| end.chain == self.end.chain);
        let found = found.unwrap_or(Point { seq: 0, ..self.end });
        if found == doubtful {
            self.stored(self.key.sign(doubtful));
        } else if found.seq != self.end.seq {
            return Err(AuditError::Foreign);
        }
        self.in_doubt = None;
        Ok(())
    }

    /// Tells the last checkpoint to whoever collects our logs, and makes the head outlast a power cut.
    fn tell(&mut self) {
        let Some(checkpoint) = self.untold.take() else { return };
        self.told = checkpoint.point.seq;
        tracing::info!(%checkpoint, "audit checkpoint");
        if let Some(head) = &mut self.head
            && let Err(error) = head.settle()
        {
            tracing::error!(%error, "the head of the audit log could not be written; a cut at its end would not be found");
        }
    }
}
