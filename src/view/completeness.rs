//! Which sources are in a list and which are missing, and why.

use std::collections::HashMap;
use std::time::SystemTime;

use time::OffsetDateTime;

use super::gate::{Instant, choice, object};
use super::source::{Source, SourceState};
use crate::gather::{self, Outcome, SourceId};
use caregraph_connectors::record::{FuzzyDate, Text};

object! {
    /// Whether a list is whole.
    struct Completeness {
        /// Whether it is whole.
        state: CompletenessState, Inherit;
        /// How each source stands in it.
        sources: Vec<SourceStatus>, SourceStatus;
    }
}

choice! {
    /// Whether a list is whole.
    enum CompletenessState {
        /// Every source that is known to know the patient and offers this answered in full. Of a source that lists nobody
        /// and is not linked nobody can tell: its message in `sources` says so.
        Complete = "COMPLETE",
        /// At least one of them is missing, in whole or in part.
        Partial = "PARTIAL",
        /// No source answered, so the list says nothing: an empty one does not mean "none".
        Unavailable = "UNAVAILABLE",
    }
}

object! {
    /// How one source stands in an answer.
    struct SourceStatus {
        /// Which source.
        source: Source, Inherit;
        /// How it stands.
        state: SourceState, Inherit;
        /// Whether it has not answered yet and is still waited for; only in streams, where another event says when it has.
        pending: bool, Inherit;
        /// When the shown data were fetched.
        as_of: Option<Instant>, Inherit;
        /// How long it took, in milliseconds.
        latency_ms: Option<i32>, Inherit;
        /// One sentence, when there is something to say.
        message: Option<Text>, Inherit;
        /// How many records the source itself has withdrawn as entered in error; they are left out. 0 for viewers from
        /// whom records may be hidden.
        withdrawn: i32, Inherit;
    }
}

impl Completeness {
    /// The completeness of a list to which these sources contributed.
    pub(crate) fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let sources: Vec<SourceStatus> = outcomes.into_iter().map(Into::into).collect();
        let shown = sources.iter().any(|status| status.state.is_shown());
        let missing = sources.iter().any(|status| status.state.is_missing());
        let state = match (shown, missing) {
            (true, false) => CompletenessState::Complete,
            (true, true) => CompletenessState::Partial,
            (false, _) if sources.iter().any(|status| status.as_of.is_some()) => {
                CompletenessState::Partial
            }
            (false, _) => CompletenessState::Unavailable,
        };
        Self { state, sources }
    }

    /// Of a list that comes from no source.
    pub(crate) fn whole() -> Self {
        Self { state: CompletenessState::Complete, sources: Vec::new() }
    }

    /// Of a list that the viewer may not see.
    pub(crate) fn withheld() -> Self {
        Self { state: CompletenessState::Unavailable, sources: Vec::new() }
    }

    /// True when at least one source answered.
    pub(crate) fn is_answered(&self) -> bool {
        self.state != CompletenessState::Unavailable
    }

    /// True when nothing is missing.
    pub(crate) fn is_complete(&self) -> bool {
        self.state == CompletenessState::Complete
    }
}

impl SourceState {
    /// True when the source's data stand in the list, in full.
    fn is_shown(self) -> bool {
        matches!(self, Self::Ok | Self::Cached | Self::Stale)
    }

    /// The same, whether it was asked just now or a while ago.
    pub(crate) fn standing(self) -> Self {
        if self == Self::Cached { Self::Ok } else { self }
    }

    /// True when the source was asked, or would have been had it not kept failing.
    pub(crate) fn is_asked(self) -> bool {
        self.is_shown() || self.is_missing()
    }

    /// True when the source knows the patient and its data are missing, in whole or in part.
    pub(crate) fn is_missing(self) -> bool {
        matches!(self, Self::Timeout | Self::Error | Self::CircuitOpen | Self::Unauthorized)
    }
}

impl From<&Outcome> for SourceStatus {
    fn from(outcome: &Outcome) -> Self {
        Self {
            source: Source(outcome.source.clone()),
            state: outcome.state.into(),
            pending: outcome.state == gather::SourceState::Pending,
            as_of: outcome.fetched_at.map(instant),
            latency_ms: outcome
                .latency
                .map(|latency| i32::try_from(latency.as_millis()).unwrap_or(i32::MAX)),
            message: outcome.message.clone(),
            withdrawn: i32::try_from(outcome.withdrawn).unwrap_or(i32::MAX),
        }
    }
}

/// One line for each source over several sections: the worst that happened, the oldest data.
pub(crate) fn summary<'a>(
    sections: impl IntoIterator<Item = &'a gather::Fetched>,
) -> Vec<SourceStatus> {
    let mut summary: Vec<SourceStatus> = Vec::new();
    let mut places: HashMap<&SourceId, usize> = HashMap::new();
    for gather::Fetched { outcome, .. } in sections {
        let place = *places.entry(&outcome.source.id).or_insert(summary.len());
        match summary.get_mut(place) {
            None => summary.push(outcome.into()),
            Some(known) => known.worsen(outcome.into()),
        }
    }
    summary
}

impl SourceStatus {
    fn worsen(&mut self, other: Self) {
        self.latency_ms = self.latency_ms.max(other.latency_ms);
        self.withdrawn = self.withdrawn.saturating_add(other.withdrawn);
        self.as_of = match (self.as_of.take(), other.as_of) {
            (Some(mine), Some(theirs)) => Some(if theirs.0 < mine.0 { theirs } else { mine }),
            (mine, theirs) => mine.or(theirs),
        };
        self.pending |= other.pending;
        if other.state.gravity() > self.state.gravity() {
            self.state = other.state;
            self.message = other.message;
        }
    }
}

impl SourceState {
    fn gravity(self) -> u8 {
        match self {
            Self::NotSupported => 0,
            Self::NotLinked => 1,
            Self::Ok => 2,
            Self::Cached => 3,
            Self::Stale => 4,
            Self::Timeout => 5,
            Self::CircuitOpen => 6,
            Self::Error => 7,
            Self::Unauthorized => 8,
        }
    }
}

/// An instant of the wall clock, as the graph shows it.
pub(crate) fn instant(at: SystemTime) -> Instant {
    Instant(FuzzyDate::of_instant(OffsetDateTime::from(at)))
}
