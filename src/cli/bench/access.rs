//! What access control costs an answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::Failed;
use super::process::{Process, processor_time_of_threads};
use crate::graphql::Engine;
use crate::telemetry::Clock;

/// How the threads begin that SQLite's library runs in.
const STORE_THREADS: &str = "sqlx-sqlite";

/// Asks a gateway what access control has cost so far.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CostsOrder {}

/// What access control has cost a gateway since it started, in seconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct AccessCosts {
    answers: u64,
    decision: f64,
    gate: f64,
    audit: f64,
    waiting: f64,
}

impl AccessCosts {
    /// All together since the gateway started.
    pub(super) fn so_far(engine: &Engine) -> Self {
        let (costs, writing) = (engine.costs(), &engine.audit_figures().writing);
        let busy = |clock: &Clock| clock.read().busy.as_secs_f64();
        let waits = [&costs.decision, &costs.audit].map(Clock::read);
        Self {
            answers: costs.audit.read().times,
            decision: busy(&costs.decision),
            gate: busy(&costs.gate),
            audit: busy(&costs.audit) + busy(writing),
            waiting: waits.map(|it| it.elapsed.saturating_sub(it.busy).as_secs_f64()).iter().sum(),
        }
    }
}

/// What access control costs an answer, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the report names the unit of every figure")]
pub(super) struct AccessShare {
    /// Our own work of deciding who may see whom.
    pub(super) decision_us: f64,
    /// Compiling the query under the mask, and taking out what may not be shown.
    pub(super) gate_us: f64,
    /// Our own work of writing down what is shown.
    pub(super) audit_us: f64,
    /// All work of the store: for both, and for knowing who is who.
    pub(super) store_us: f64,
    /// How long answers wait: for the store, the disk and a processor.
    pub(super) waiting_us: f64,
}

impl AccessShare {
    /// All work together.
    pub(super) fn work_us(&self) -> f64 {
        self.decision_us + self.gate_us + self.audit_us + self.store_us
    }
}

/// A measurement that has begun.
pub(super) struct AccessMeter {
    before: AccessCosts,
    store: Duration,
}

impl AccessMeter {
    /// Begins to measure a gateway.
    pub(super) async fn start(gateway: &mut Process) -> Result<Self, Failed> {
        let before = gateway.ask(&CostsOrder {}, Duration::ZERO).await?;
        Ok(Self { before, store: processor_time_of_threads(gateway.id(), STORE_THREADS)? })
    }

    /// What an answer cost in the mean since then.
    pub(super) async fn stop(self, gateway: &mut Process) -> Result<AccessShare, Failed> {
        let after: AccessCosts = gateway.ask(&CostsOrder {}, Duration::ZERO).await?;
        let store = processor_time_of_threads(gateway.id(), STORE_THREADS)?;
        Ok(share(self.before, after, store.saturating_sub(self.store)))
    }
}

fn share(before: AccessCosts, after: AccessCosts, store: Duration) -> AccessShare {
    let answers = u32::try_from(after.answers - before.answers).unwrap_or(u32::MAX).max(1);
    let an_answer = |seconds: f64| seconds * 1e6 / f64::from(answers);
    AccessShare {
        decision_us: an_answer(after.decision - before.decision),
        gate_us: an_answer(after.gate - before.gate),
        audit_us: an_answer(after.audit - before.audit),
        store_us: an_answer(store.as_secs_f64()),
        waiting_us: an_answer(after.waiting - before.waiting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_is_not_counted() {
        let at = |answers, second: f64| AccessCosts {
            answers,
            decision: second,
            gate: 2.0 * second,
            audit: 3.0 * second,
            waiting: 4.0 * second,
        };
        let one = share(at(10, 1.0), at(30, 2.0), Duration::from_secs(1));
        assert_eq!((one.decision_us, one.gate_us), (50_000.0, 100_000.0));
        assert_eq!((one.audit_us, one.waiting_us), (150_000.0, 200_000.0));
        assert!((one.work_us() - 350_000.0).abs() < 1e-6);
    }
}
