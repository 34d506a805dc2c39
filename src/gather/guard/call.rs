//! One call to a source, as traces show it.

use std::cell::Cell;
use std::sync::Arc;

use caregraph_connectors::egress::announced;
use caregraph_connectors::record::Section;
use futures_util::FutureExt as _;
use futures_util::future::Either;

use super::Source;
use super::ending::Ending;
use crate::telemetry::trace::{self, Side, Span, Value};

tokio::task_local! {
    /// How often the source was asked so far for the question of this task.
    static CALLS: Cell<u32>;
}

/// Does something, and says how many calls were begun for it.
///
/// No `async fn`, whose future would hold `work` twice: as what it was given, and as what it waits for.
pub(in crate::gather) fn count_calls<T>(
    work: impl Future<Output = T>,
) -> impl Future<Output = (T, u32)> {
    CALLS.scope(Cell::new(0), work.map(|done| (done, CALLS.with(Cell::get))))
}

/// One call to a source.
pub(super) struct Call(Option<Span>);

impl Call {
    /// A call that begins now.
    pub(super) fn begin(source: &Source, section: Section) -> Self {
        let count = |calls: &Cell<u32>| {
            calls.set(calls.get() + 1);
            calls.get()
        };
        let attempt = CALLS.try_with(count).unwrap_or(1);
        let mut span = trace::child("source", Side::Client);
        if let Some(span) = &mut span {
            span.set("caregraph.source", Value::Configured(Arc::from(source.id.as_str())));
            span.set("caregraph.section", section.name());
            span.set("caregraph.attempt", u64::from(attempt));
        }
        Self(span)
    }

    /// Does something whose requests tell the source where in the trace they stand.
    pub(super) fn announce<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        match self.0.as_ref().map(|span| span.context().to_string()) {
            Some(place) => Either::Left(announced(&place, work)),
            None => Either::Right(work),
        }
    }

    /// How it ended.
    pub(super) fn end(mut self, ending: Ending) {
        if let Some(mut span) = self.0.take() {
            span.set("caregraph.outcome", ending.name());
            if !matches!(ending, Ending::Ok | Ending::NotSupported) {
                span.fail();
            }
        }
    }
}

/// A call that has not ended was called off.
impl Drop for Call {
    fn drop(&mut self) {
        if let Some(span) = &mut self.0 {
            span.set("caregraph.outcome", "called_off");
        }
    }
}
