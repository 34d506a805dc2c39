//! Links between records, for those who keep them right. No fact about a patient stands here.

use super::completeness::Completeness;
use super::connection::{Connection, Entry, Window, item};
use super::gate::{Id, Instant, object};
use super::id::GlobalId;
use super::links::at;
use super::source::Source;
use crate::gather::Fleet;
use crate::identity::{LinkPage, PersonId, RemovedLink};

object! {
    /// A link between a person and a record of a source.
    struct LinkEntry {
        /// Id of the link, as `PatientLink.id`.
        link: Id, Inherit;
        /// Id of the patient.
        patient: Id, Inherit;
        /// Which source.
        source: Source, Inherit;
        /// Why the record is believed to be this patient's.
        basis: String, Inherit;
        /// Since when it has been linked.
        linked_at: Option<Instant>, Inherit;
    }
}
item!(LinkEntry, paged_elsewhere);

object! {
    /// A link that an administrator removed; it stays removed.
    struct RemovedLinkEntry {
        /// The index's own name of the record that was taken out.
        record: String, Inherit;
        /// Which source, while it is configured.
        source: Option<Source>, Inherit;
        /// When.
        removed_at: Option<Instant>, Inherit;
        /// By whom.
        by: String, Inherit;
        /// Why.
        reason: String, Inherit;
    }
}

object! {
    /// What removing a link left.
    struct UnlinkPayload {
        /// Id of the patient from whom the record was taken.
        patient: Id, Inherit;
        /// How many records the patient still has.
        remaining_links: i32, Inherit;
    }
}

impl UnlinkPayload {
    /// What is left of a person.
    pub(crate) fn of(person: PersonId, links: usize) -> Self {
        let remaining_links = i32::try_from(links).unwrap_or(i32::MAX);
        Self { patient: GlobalId::Patient(person).encode(), remaining_links }
    }
}

/// One page of the links.
pub(crate) fn list(
    page: LinkPage,
    fleet: &Fleet,
    is_first_page: bool,
    completeness: Completeness,
) -> Connection<LinkEntry> {
    let has_next = page.next.is_some();
    let cursor = page.next.map(|seq| seq.0.to_string()).unwrap_or_default();
    let entries: Vec<Entry<LinkEntry>> = page
        .links
        .into_iter()
        .filter_map(|link| {
            let node = LinkEntry {
                link: GlobalId::Link(link.person, link.link.record).encode(),
                patient: GlobalId::Patient(link.person).encode(),
                source: Source(fleet.get(&link.link.source)?.clone()),
                basis: link.link.reason.to_string(),
                linked_at: at(link.link.linked_at_ms),
            };
            Some(Entry { place: (0, [0; 16]), node })
        })
        .collect();
    let cursors = vec![cursor; entries.len()];
    Connection::paged(
        entries,
        completeness,
        Window { cursors, has_next, has_previous: !is_first_page },
    )
}

/// The removed links.
pub(crate) fn removed(links: Vec<RemovedLink>, fleet: &Fleet) -> Vec<RemovedLinkEntry> {
    links
        .into_iter()
        .map(|removed| RemovedLinkEntry {
            record: removed.record.to_text(),
            source: removed.source.and_then(|id| fleet.get(&id).cloned()).map(Source),
            removed_at: at(removed.at_ms),
            by: removed.by,
            reason: removed.reason,
        })
        .collect()
}
