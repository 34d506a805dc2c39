//! How a request runs, from the viewer to the reply that may leave.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Pos, Response};
use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout_at};

use super::call::{Call, Manner};
use super::engine::Engine;
use super::error::is_forbidden;
use super::prepared::Prepared;
use super::pulse::Pulse;
use super::rates;
use super::reply::{Reply, Verdict};
use super::request::Request;
use super::trail::Stamp;
use super::waterfall::Waterfall;
use crate::access::{Policy, Viewer};
use crate::audit::AuditError;
use crate::telemetry::trace::{self, Side};

/// How long an answer that is ready may wait for the audit log, be the request's own time over.
const RECORDING: Duration = Duration::from_secs(1);

impl Engine {
    /// Runs one request for one viewer. `id` names it in the audit log, which is written before this returns.
    pub async fn execute(
        &self,
        request: Request,
        viewer: Viewer,
        manner: Manner,
        id: &str,
    ) -> Reply {
        let pulse = Arc::new(Pulse::begin());
        // Boxed, because whoever waits for it is moved about.
        self.observe(&pulse, self.answer(request, viewer, manner, id, &pulse).boxed()).await
    }

    /// Counts a reply that is being made, and traces it.
    pub(super) async fn observe(
        &self,
        pulse: &Pulse,
        making: impl Future<Output = Reply>,
    ) -> Reply {
        let mut span = trace::child("operation", Side::Internal);
        let mut reply = trace::within(span.as_ref(), making).await;
        reply.own = pulse.own();
        let outcome = self.house.pulses.count(pulse, &reply);
        if let Some(span) = &mut span {
            span.set("caregraph.operation", pulse.operation());
            span.set("caregraph.outcome", outcome);
            if reply.verdict == Verdict::Unrecorded {
                span.fail();
            }
        }
        reply
    }

    async fn answer(
        &self,
        request: Request,
        viewer: Viewer,
        manner: Manner,
        id: &str,
        pulse: &Arc<Pulse>,
    ) -> Reply {
        match self.enter(request, &viewer, pulse) {
            Ok((prepared, _)) if prepared.ready.is_stream => Reply::refused(Prepared::refusal()),
            Ok((prepared, policy)) => self.run(prepared, viewer, policy, manner, id, pulse).await,
            Err(refused) => refused,
        }
    }

    /// An operation that its viewer may run, with the policy by which that was said; or the refusal.
    pub(super) fn enter(
        &self,
        request: Request,
        viewer: &Viewer,
        pulse: &Pulse,
    ) -> Result<(Prepared, Arc<Policy>), Reply> {
        if let Err(wait) = self.house.rates.request(viewer, std::time::Instant::now()) {
            return Err(Reply::limited(rates::too_many_requests(), Some(wait)));
        }
        let policy = self.policy.current();
        match self.prepare(request, viewer, &policy, pulse) {
            Ok(prepared) => Ok((prepared, policy)),
            Err(errors) => Err(Reply::of(Response::from_errors(errors), None)),
        }
    }

    /// Runs an operation that has one reply.
    pub(super) async fn run(
        &self,
        prepared: Prepared,
        viewer: Viewer,
        policy: Arc<Policy>,
        manner: Manner,
        id: &str,
        pulse: &Arc<Pulse>,
    ) -> Reply {
        let now = Instant::now();
        let deadline = now + self.budget;
        let oldest = manner.oldest.filter(|_| self.live_reads.contains(&viewer.role));
        let since = oldest.and_then(|oldest| now.checked_sub(oldest));
        let gateway = self.gateway();
        let viewer = gateway.recognise(viewer).await;
        let stamp = Stamp::new(id, &prepared.document, prepared.name.as_deref());
        let (mode, planned) = (manner.mode, prepared.ready.planned.clone());
        let watches = manner.waterfall && self.waterfall.contains(&viewer.role);
        let call = Call::new(viewer, policy, mode, deadline, since, stamp, planned);
        let call = Arc::new(call.watched(pulse.clone(), watches.then(Waterfall::default)));
        let request = prepared.request().data(gateway).data(call.clone());
        let response = call.complete(self.schema.execute(request).await);
        self.conclude(&call, response).await.0
    }

    /// The reply, once it is written down what was touched; and whether it could be.
    pub(super) async fn conclude(&self, call: &Call, response: Response) -> (Reply, bool) {
        if self.record(call, &response).await.is_err() {
            return (Reply::unrecorded(), false);
        }
        if call.is_over_its_rate() {
            let error = rates::too_many_patients().into_server_error(Pos::default());
            return (Reply::limited(error, None), true);
        }
        let reply = match call.refusal() {
            Some(refusal) => Reply::refused(refusal.into_server_error(Pos::default())),
            None => Reply::of(response, call.extensions()),
        };
        (reply, true)
    }

    /// Writes down what the request touched; an answer of which that is not known may not leave.
    async fn record(&self, call: &Call, response: &Response) -> Result<(), ()> {
        let recording = async {
            let refused = call.refusal().is_some() || call.is_over_its_rate();
            let forbidden = response.errors.iter().any(is_forbidden);
            let written = self.house.audit.append(call.trail.entries(call, refused, forbidden));
            // Nobody waits for a log that hangs much longer than for anything else. What it writes later stays true: that
            // somebody asked.
            let until = call.deadline.max(Instant::now() + RECORDING);
            timeout_at(until, written).await.unwrap_or(Err(AuditError::TooSlow))
        };
        let recorded = self.house.costs.audit.wait(recording.boxed()).await;
        recorded.map_err(|error| {
            tracing::error!(%error, "an answer is withheld, because it could not be recorded");
        })
    }
}
