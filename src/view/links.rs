//! The record of this person in each source, and why we believe it.

use std::sync::Arc;

use super::gate::{Id, Instant, object};
use super::id::GlobalId;
use super::source::Source;
use crate::gather::Fleet;
use crate::identity::{Identity, LinkReason};
use caregraph_connectors::record::FuzzyDate;
use time::OffsetDateTime;

object! {
    /// A record of this patient in one source, and why it is believed to be theirs.
    struct PatientLink in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// Which source.
        source: Source, Inherit;
        /// The patient's record in that source, e.g. "Patient/4711".
        reference: String, Inherit;
        /// Why it is believed to be this patient's.
        basis: String, Inherit;
        /// Since when it has been linked to another; null while it is the only one that is shown.
        linked_at: Option<Instant>, Inherit;
    }
}

/// The links of a patient to sources that are in use.
pub(crate) fn read(identity: &Identity, fleet: &Fleet) -> Vec<PatientLink> {
    let links = identity.links.iter();
    links
        .filter_map(|link| {
            let source = fleet.get(&link.source)?;
            Some(PatientLink {
                id: GlobalId::Link(identity.id, link.record).encode(),
                source: Source(Arc::clone(source)),
                reference: format!("Patient/{}", link.local.as_str()),
                basis: link.reason.to_string(),
                linked_at: (link.reason != LinkReason::Sole)
                    .then(|| at(link.linked_at_ms))
                    .flatten(),
            })
        })
        .collect()
}

/// An instant, from milliseconds since 1970-01-01T00:00Z.
pub(crate) fn at(ms: i64) -> Option<Instant> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok()?;
    Some(Instant(FuzzyDate::of_instant(at)))
}
