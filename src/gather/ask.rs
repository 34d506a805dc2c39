//! One question to one source.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use caregraph_connectors::{Answer, Ask, Problem, Share};
use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout_at};

use super::Source;
use super::cache::Known;
use super::guard::count_calls;
use super::timing::{Origin, Timing};

/// How long after its own deadline a connector is cut off, should it not keep it.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// Asks, and says how long it took. A panic in a mapping harms nobody else. Of whom nothing is said in time, nothing
/// stands in the answer. `held`: what the question is about, if it is whether that still holds.
pub(super) async fn ask(
    source: &Source,
    question: Ask<'_>,
    held: Option<&Known>,
) -> (Answer, Timing) {
    let began = Instant::now();
    let Ask { patients, section, deadline, .. } = question;
    let in_shadow = source.shadow.get().and_then(|shadow| shadow.begin(source, &question));
    let answered = timeout_at(deadline + GRACE, fetch(source, question));
    let (answered, attempts) = count_calls(AssertUnwindSafe(answered).catch_unwind()).await;
    let answer = match answered {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Share::failed(Problem::Timeout).for_each(patients),
        Err(_) => {
            tracing::error!(source.id = %source.id, ?section, "a connector panicked");
            Share::failed(Problem::Garbled).for_each(patients)
        }
    };
    let timing = Timing::since(Origin::Source, began, attempts);
    source.guard.complain(source, section, &answer, timing.took);
    if let Some(pending) = in_shadow {
        pending.answered(&answer, held);
    }
    (answer, timing)
}

/// The one place from which sources are asked about patients.
async fn fetch(source: &Source, ask: Ask<'_>) -> Answer {
    source.guard.fetch(source, ask).await
}
