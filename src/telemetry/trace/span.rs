//! One step of a request, from when to when, and in words of ours what came of it.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::context::TraceContext;
use super::tracer::Tracer;

/// What stands at a span. Words of the program, names from the configuration and numbers: there is no way to put anything
/// here that came with a request or from a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A word of the program.
    Word(&'static str),
    /// A name that stands in the configuration, such as the id of a source.
    Configured(Arc<str>),
    /// A number of things.
    Number(u64),
}

impl From<&'static str> for Value {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// Which end of a call a span is (`SpanKind` of OTLP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Neither.
    Internal,
    /// It answers.
    Server,
    /// It asks.
    Client,
}

/// A span that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) name: &'static str,
    pub(super) side: Side,
    pub(super) context: TraceContext,
    pub(super) parent: Option<u64>,
    pub(super) from: SystemTime,
    pub(super) until: SystemTime,
    pub(super) attributes: Vec<(&'static str, Value)>,
    pub(super) has_failed: bool,
}

/// A span that runs. It ends when it is dropped, be it because whoever waited went away.
#[derive(Debug)]
pub struct Span {
    tracer: Tracer,
    ended: Option<Ended>,
    context: TraceContext,
    began: Instant,
}

impl Span {
    pub(super) fn new(
        tracer: Tracer,
        name: &'static str,
        side: Side,
        context: TraceContext,
        parent: Option<u64>,
    ) -> Self {
        let now = SystemTime::now();
        // Of a trace that is not recorded there is the context alone.
        let ended = context.is_sampled.then(|| Ended {
            name,
            side,
            context,
            parent,
            from: now,
            until: now,
            attributes: Vec::with_capacity(4),
            has_failed: false,
        });
        Self { tracer, ended, context, began: Instant::now() }
    }

    /// Its place.
    pub fn context(&self) -> TraceContext {
        self.context
    }

    /// Notes something.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.ended {
            span.attributes.push((key, value.into()));
        }
    }

    /// Notes that it went wrong.
    pub fn fail(&mut self) {
        if let Some(span) = &mut self.ended {
            span.has_failed = true;
        }
    }

    pub(super) fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(mut span) = self.ended.take() {
            span.until = span.from + self.began.elapsed();
            self.tracer.take(span);
        }
    }
}
