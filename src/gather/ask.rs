//! One question to one source.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use caregraph_connectors::record::Section;
use caregraph_connectors::{Answer, Ask, LocalId, Problem, Share};
use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout_at};

use super::Source;

/// How long after its own deadline a connector is cut off, should it not keep it.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// Asks, and says how long it took. A panic in a mapping harms nobody else. Of whom nothing is said in time, nothing
/// stands in the answer.
pub(super) async fn ask(
    source: &Source,
    section: Section,
    patients: &[LocalId],
    deadline: Instant,
) -> (Answer, Duration) {
    let started = Instant::now();
    let question = Ask { patients, section, deadline };
    let answered = timeout_at(deadline + GRACE, fetch(source, question));
    let answer = match AssertUnwindSafe(answered).catch_unwind().await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Share::failed(Problem::Timeout).for_each(patients),
        Err(_) => {
            tracing::error!(source.id = %source.id, ?section, "a connector panicked");
            Share::failed(Problem::Garbled).for_each(patients)
        }
    };
    let latency = started.elapsed();
    for problem in answer.values().filter_map(|share| share.problem.as_ref()) {
        if *problem != Problem::NotSupported {
            tracing::warn!(source.id = %source.id, ?section, %problem, duration_ms = latency.as_millis(), "a source did not answer in full");
        }
    }
    (answer, latency)
}

/// The one place from which sources are asked about patients.
async fn fetch(source: &Source, ask: Ask<'_>) -> Answer {
    source.guard.fetch(source, ask).await
}
