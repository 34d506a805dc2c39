//! Reading a partner's patients, page by page.

use serde_json::value::RawValue;
use tokio::time::Instant;

use super::site::{Site, is_cursor};
use super::wire::{Entry, RosterPage as Wire};
use crate::connector::{LocalId, Problem, RosterCursor, RosterEntry, RosterPage};

/// One page of the roster.
pub(super) async fn page(
    site: &Site,
    from: &RosterCursor,
    deadline: Instant,
) -> Result<RosterPage, Problem> {
    let body = match from {
        RosterCursor::Start => site.get("roster", &[], deadline).await?,
        RosterCursor::ChangedSince(since) => {
            site.get("roster", &[("since", since.as_str())], deadline).await?
        }
        RosterCursor::Page(cursor) => site.get("roster", &[("cursor", cursor)], deadline).await?,
    };
    read(&body)
}

/// Reads a page; an entry that cannot be read is counted, and the others stay.
pub(super) fn read(body: &[u8]) -> Result<RosterPage, Problem> {
    let wire: Wire<'_> = serde_json::from_slice(body).map_err(|_| Problem::Garbled)?;
    // Without the next page the list is not all of it, and must not pass for that.
    if wire.next.as_ref().is_some_and(|next| !is_cursor(next)) {
        return Err(Problem::Garbled);
    }
    let next = wire.next.map(RosterCursor::Page);
    let mut page = RosterPage { next, total: wire.total, ..RosterPage::default() };
    for raw in wire.patients {
        match entry(raw) {
            Some(entry) => page.people.push(entry),
            None => page.unreadable += 1,
        }
    }
    Ok(page)
}

fn entry(raw: &RawValue) -> Option<RosterEntry> {
    let Entry { id, active, person } = serde_json::from_str(raw.get()).ok()?;
    let is_good = !id.is_empty() && person.is_strict();
    is_good.then(|| RosterEntry { id: LocalId::new(id), active, person })
}
