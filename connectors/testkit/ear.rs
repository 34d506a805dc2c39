//! Listens to everything that is logged while a case is played.

use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Everything that was logged, in one text.
#[derive(Clone, Debug, Default)]
pub(super) struct Ear {
    heard: Arc<Mutex<String>>,
    spans: Arc<AtomicU64>,
}

impl Ear {
    pub(super) fn heard(&self) -> String {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hear(&self, record: impl FnOnce(&mut Line<'_>)) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        record(&mut Line(&mut heard));
        heard.push('\n');
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.hear(|line| span.record(line));
        // Ids start at one; zero is not allowed.
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed).saturating_add(1))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.hear(|line| values.record(line));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.hear(|line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text cannot fail.
        let _ = write!(self.0, "{field}={value:?} ");
    }
}
