//! Where spans go when they have ended: into a queue that never fills up memory, and from there to the collector.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use caregraph_connectors::egress::{Credentials, Egress};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::context::TraceContext;
use super::otlp;
use super::span::{Ended, Side, Span};
use crate::telemetry::Complaint;

/// How many spans may wait to be sent; those beyond are dropped and counted.
const WAITING: usize = 16_384;
/// The most spans that are sent at once.
const BATCH: usize = 512;
/// How long spans are gathered before they are sent.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long what is left may take to be sent when the gateway stops.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// How traces are set up.
#[derive(Debug)]
pub struct TraceSetup {
    /// Where spans are posted to.
    pub collector: Url,
    /// How we show the collector who we are.
    pub credentials: Credentials,
    /// The share of all traces that is recorded, from 0 to 1.
    pub share: f64,
}

/// What became of spans.
#[derive(Debug, Default)]
pub struct TraceFigures {
    /// Spans that the collector took.
    pub sent: AtomicU64,
    /// Spans that found no place in the queue.
    pub crowded_out: AtomicU64,
    /// Spans that the collector did not take.
    pub failed: AtomicU64,
}

/// Begins traces and takes the spans that have ended. Never waits. Cheap to clone.
#[derive(Clone)]
pub struct Tracer(Arc<Inner>);

struct Inner {
    queue: mpsc::Sender<Ended>,
    end: mpsc::Sender<oneshot::Sender<()>>,
    share: f64,
    figures: Arc<TraceFigures>,
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracer")
    }
}

impl Tracer {
    /// Starts to send spans to the collector, whether or not it is there.
    pub fn start(setup: TraceSetup, egress: Egress) -> Self {
        let (queue, spans) = mpsc::channel(WAITING);
        let (end, ends) = mpsc::channel(1);
        let figures = Arc::new(TraceFigures::default());
        let TraceSetup { collector, credentials, share } = setup;
        let complaint = Complaint::default();
        let exporter =
            Exporter { collector, credentials, egress, figures: figures.clone(), complaint };
        tokio::spawn(exporter.run(spans, ends));
        Self(Arc::new(Inner { queue, end, share, figures }))
    }

    /// Begins a span that answers somebody: in their trace, if they have one, else in a new one. What they do not record
    /// is not recorded here.
    pub fn answer(&self, name: &'static str, caller: Option<TraceContext>) -> Span {
        let mut context = caller.map_or_else(TraceContext::root, TraceContext::child);
        context.is_sampled &= context.is_within(self.0.share);
        Span::new(self.clone(), name, Side::Server, context, caller.map(|it| it.span))
    }

    /// What became of spans so far.
    pub fn figures(&self) -> &TraceFigures {
        &self.0.figures
    }

    /// Sends what is left, and no more from then on. Takes two seconds at most.
    pub async fn close(&self) {
        let (done, sent) = oneshot::channel();
        let closing = async {
            if self.0.end.send(done).await.is_ok() {
                let _ = sent.await;
            }
        };
        if timeout(LAST_PATIENCE, closing).await.is_err() {
            tracing::warn!("the last spans could not be sent in time");
        }
    }

    pub(super) fn take(&self, span: Ended) {
        if self.0.queue.try_send(span).is_err() {
            self.0.figures.crowded_out.fetch_add(1, Relaxed);
        }
    }
}

/// Sends spans, one batch after the other.
struct Exporter {
    collector: Url,
    credentials: Credentials,
    egress: Egress,
    figures: Arc<TraceFigures>,
    complaint: Complaint,
}

impl Exporter {
    async fn run(
        self,
        mut spans: mpsc::Receiver<Ended>,
        mut ends: mpsc::Receiver<oneshot::Sender<()>>,
    ) {
        loop {
            let told = tokio::select! {
                told = ends.recv() => told,
                () = sleep(PAUSE) => {
                    self.send_all(&mut spans).await;
                    continue;
                }
            };
            self.send_all(&mut spans).await;
            if let Some(done) = told {
                // Whoever gave up waiting needs no answer.
                let _ = done.send(());
            }
            return;
        }
    }

    /// Sends what waits now.
    async fn send_all(&self, spans: &mut mpsc::Receiver<Ended>) {
        while !spans.is_empty() {
            let mut batch = Vec::with_capacity(BATCH);
            spans.recv_many(&mut batch, BATCH).await;
            self.send(&batch).await;
        }
    }

    async fn send(&self, batch: &[Ended]) {
        let (url, json) = (self.collector.clone(), otlp::request(batch));
        let deadline = Instant::now() + PATIENCE;
        let counter = match self.egress.post_json(url, &self.credentials, json, deadline).await {
            Ok(()) => &self.figures.sent,
            Err(problem) => {
                if let Some(held_back) = self.complaint.due() {
                    tracing::warn!(%problem, held_back, "the collector of traces did not take spans; they are dropped");
                }
                &self.figures.failed
            }
        };
        counter.fetch_add(batch.len() as u64, Relaxed);
    }
}
