//! What the log says of a source that does not do well: now and then, not each time.

use std::time::Duration;

use caregraph_connectors::Answer;
use caregraph_connectors::record::Section;

use super::breaker::BreakerState;
use super::ending::{Ending, KINDS};
use super::{Guard, Source};
use crate::telemetry::Complaint;

/// What was said of late.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// While the source is asked, by what went wrong.
    by_kind: [Complaint; KINDS],
    /// While it is not, whatever it is.
    resting: Complaint,
}

impl Quiet {
    /// How many lines were held back since the last; `None` when this one is.
    fn due(&self, ending: Ending, state: BreakerState) -> Option<u64> {
        let complaint = match state {
            BreakerState::Closed => self.by_kind.get(ending as usize)?,
            BreakerState::Open | BreakerState::Looking => &self.resting,
        };
        complaint.due()
    }
}

impl Guard {
    /// Says that an answer is not whole, unless the same was said within the last ten seconds.
    pub(in crate::gather) fn complain(
        &self,
        source: &Source,
        section: Section,
        answer: &Answer,
        took: Duration,
    ) {
        let ending = Ending::of(answer);
        if matches!(ending, Ending::Ok | Ending::NotSupported) {
            return;
        }
        if let Some(held_back) = self.quiet.due(ending, self.breaker.state()) {
            let (section, ending, duration_ms) = (section.name(), ending.name(), took.as_millis());
            tracing::warn!(source.id = %source.id, section, ending, duration_ms, held_back, "a source did not answer in full");
        }
    }

    /// Says that a source is left alone: the first time, and then only now and then while it stays away.
    pub(super) fn tell_opened(&self, source: &Source, rest: Duration, again: bool) {
        let held_back = self.quiet.resting.due();
        if let (true, None) = (again, held_back) {
            return;
        }
        let (for_ms, held_back) = (rest.as_millis(), held_back.unwrap_or_default());
        tracing::warn!(source.id = %source.id, for_ms, held_back, "a source keeps failing and is left alone for a while");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_source_that_rests_is_spoken_of_once_in_ten_seconds() {
        let quiet = Quiet::default();
        let closed = |ending| quiet.due(ending, BreakerState::Closed);
        assert_eq!(closed(Ending::Timeout), Some(0));
        assert_eq!(closed(Ending::Timeout), None);
        assert_eq!(closed(Ending::Garbled), Some(0), "another thing that is wrong");
        let mut lines = 0;
        for _ in 0..600 {
            for ending in [Ending::NotAsked, Ending::Timeout] {
                lines += usize::from(quiet.due(ending, BreakerState::Open).is_some());
                lines += usize::from(quiet.due(ending, BreakerState::Looking).is_some());
            }
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert_eq!(lines, 6, "in a minute");
    }
}
