//! When which source was asked for what in one request, for those who look after the gateway.
//!
//! It tells of each source no more than `completeness.sources` does in the same answer: what the viewer's mask closes is
//! not asked for and so never comes here. What is asked before there is a mask, to find out who stands in which relation
//! to a patient, is not noted.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::access::{AccessMask, FieldClass};
use crate::gather::Gathered;
use crate::view::source::SourceState;

/// The most lines that are told.
const MOST: usize = 1_000;

/// What is noted for one request.
#[derive(Debug, Default)]
pub(super) struct Waterfall(Mutex<Vec<Line>>);

/// One source in one section of one patient. In this order, which says nothing of when or of whom.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    source: String,
    section: &'static str,
    state: &'static str,
    from: &'static str,
    attempts: u32,
    start_ms: u64,
    duration_ms: u64,
}

impl Waterfall {
    /// Notes how sources did for somebody whom the viewer sees through that mask.
    pub(super) fn note(&self, began: Instant, gathered: &Gathered, mask: &AccessMask) {
        if !mask.allows(FieldClass::SourceStatus) {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (section, fetched) in gathered {
            for outcome in fetched.iter().map(|it| &it.outcome) {
                let Some(timing) = outcome.timing else { continue };
                let milliseconds =
                    |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                lines.push(Line {
                    source: outcome.source.id.as_str().to_owned(),
                    section: section.name(),
                    state: SourceState::from(outcome.state).name(),
                    from: timing.origin.name(),
                    attempts: timing.attempts,
                    start_ms: milliseconds(timing.began.saturating_duration_since(began)),
                    duration_ms: milliseconds(timing.took),
                });
            }
        }
    }

    /// What was noted, as JSON.
    pub(super) fn json(&self) -> Value {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.sort();
        lines.truncate(MOST);
        json!(*lines)
    }
}
