//! Where a shown fact comes from.

use super::gate::{Instant, choice, object};
use super::source::Source;
use crate::gather::SourceState;
use caregraph_connectors::record::{FuzzyDate, Text};

object! {
    /// Where a shown fact comes from.
    struct Provenance {
        /// Every contributor, the shown one first.
        records: Vec<SourceRecord>, Inherit;
        /// Where contributors disagree.
        conflicts: Vec<FieldConflict>, Inherit;
    }
}

object! {
    /// One record of one source.
    struct SourceRecord {
        /// Which source.
        source: Source, Inherit;
        /// Where it stands there, e.g. "Condition/4711".
        reference: Text, Inherit;
        /// When it was written down there.
        recorded_at: Option<FuzzyDate>, Inherit;
        /// When we fetched it.
        fetched_at: Instant, Inherit;
        /// Whether it came from the source just now.
        freshness: Freshness, Inherit;
    }
}

choice! {
    /// How fresh a record is.
    enum Freshness {
        /// Fetched for this answer.
        Live = "LIVE",
        /// From a copy that is still fresh.
        Cached = "CACHED",
        /// From an old copy, because the source could not be asked.
        Stale = "STALE",
    }
}

impl Freshness {
    /// Of what is shown of a source that stands so.
    pub(crate) const fn of(state: SourceState) -> Self {
        match state {
            SourceState::Cached => Self::Cached,
            SourceState::Stale => Self::Stale,
            // What is shown of a source that did not do well is what it said just now, in part.
            SourceState::Ok
            | SourceState::Timeout
            | SourceState::Error
            | SourceState::CircuitOpen
            | SourceState::Unauthorized
            | SourceState::NotLinked
            | SourceState::NotSupported
            | SourceState::Pending => Self::Live,
        }
    }
}

object! {
    /// A field on which contributors disagree.
    struct FieldConflict {
        /// The field.
        field: &'static str, Inherit;
        /// Who says what, the shown value first.
        claims: Vec<FieldClaim>, Inherit;
    }
}

object! {
    /// What one source says about a field.
    struct FieldClaim {
        /// Its value, in words.
        value: String, Inherit;
        /// Who says so.
        source: Source, Inherit;
    }
}
