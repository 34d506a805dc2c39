//! Traces: which step of a request took how long, sent to a collector by OTLP over HTTP.
//!
//! Written here and not taken from the libraries of OpenTelemetry: those are ten crates more, send whatever any library
//! says within a span, and bring an HTTP client of their own past `egress`. What a span may say is closed by its type
//! ([`Value`]). Spans are handed on with the task: whoever begins one below another need not be told about it.

mod context;
mod otlp;
mod span;
mod tracer;

#[cfg(test)]
mod tests;

use futures_util::future::Either;

pub use context::TraceContext;
pub use span::{Side, Span, Value};
pub use tracer::{TraceFigures, TraceSetup, Tracer};

tokio::task_local! {
    static HERE: Here;
}

/// Where in a trace a task stands.
#[derive(Clone, Debug)]
pub struct Here {
    tracer: Tracer,
    context: TraceContext,
}

/// Where this task stands; `None` when it is in no trace.
pub fn here() -> Option<Here> {
    HERE.try_with(Clone::clone).ok()
}

/// Does something there, such as in a task of its own.
pub fn at<T>(here: Option<Here>, work: impl Future<Output = T>) -> impl Future<Output = T> {
    match here {
        Some(here) => Either::Left(HERE.scope(here, work)),
        None => Either::Right(work),
    }
}

/// Does something below this span.
pub fn within<T>(span: Option<&Span>, work: impl Future<Output = T>) -> impl Future<Output = T> {
    at(span.map(|it| Here { tracer: it.tracer().clone(), context: it.context() }), work)
}

/// Begins a span below the one of this task; `None` when there is none.
pub fn child(name: &'static str, side: Side) -> Option<Span> {
    let begin = |here: &Here| {
        let context = here.context.child();
        Span::new(here.tracer.clone(), name, side, context, Some(here.context.span))
    };
    HERE.try_with(begin).ok()
}
