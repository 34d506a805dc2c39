//! How far the patients of each source are known.

use std::time::Duration;

use super::Metrics;
use super::exposition::Exposition;
use crate::identity::{SourceProgress, SourceState};

impl Metrics {
    pub(super) fn index(&self, text: &mut Exposition) {
        let progress = self.index.progress();
        let mut states = text.gauge(
            "caregraph_index_state",
            "1 for how far the patients of a source are known: waiting, reading for the first time, ready, failed (tried again).",
        );
        for it in &progress {
            let now = match it.state {
                SourceState::Waiting => "waiting",
                SourceState::Reading { .. } => "reading",
                SourceState::Ready { .. } => "ready",
                SourceState::Failed { .. } => "failed",
            };
            for state in ["waiting", "reading", "ready", "failed"] {
                states.is(&[("source", it.source.as_str()), ("state", state)], now == state);
            }
        }
        let mut complete = text.gauge(
            "caregraph_index_complete",
            "Whether all patients of a source were read at least once.",
        );
        for it in &progress {
            complete.is(&[("source", it.source.as_str())], it.is_first_pass_done());
        }
        people(text, &progress);
    }
}

fn people(text: &mut Exposition, progress: &[SourceProgress]) {
    let mut people = text.gauge(
        "caregraph_index_people",
        "How many patients of a source are known, or were read so far.",
    );
    for it in progress {
        match it.state {
            SourceState::Reading { read: count, .. } | SourceState::Ready { people: count, .. } => {
                people.sample(&[("source", it.source.as_str())], count);
            }
            SourceState::Waiting | SourceState::Failed { .. } => {}
        }
    }
    let mut expected = text.gauge(
        "caregraph_index_expected_people",
        "How many patients a source says it has, while they are read for the first time.",
    );
    for it in progress {
        if let SourceState::Reading { total: Some(total), .. } = it.state {
            expected.sample(&[("source", it.source.as_str())], total);
        }
    }
    let mut as_of = text.gauge(
        "caregraph_index_as_of_timestamp_seconds",
        "For which moment the patients of a source are known.",
    );
    for it in progress {
        if let SourceState::Ready { as_of_ms, .. } = it.state {
            let since_1970 = Duration::from_millis(u64::try_from(as_of_ms).unwrap_or_default());
            as_of.time(&[("source", it.source.as_str())], since_1970);
        }
    }
}
