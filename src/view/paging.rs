//! Pages of a list: their arguments, their cursors, and where a page stands.

use async_graphql::ServerResult;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::gate::{ArgMeta, Args, bad_input, object};
use super::id::RecordHash;

/// How many items a page holds when the query does not say.
pub(crate) const DEFAULT_PAGE: usize = 20;
/// The most that a page may hold.
pub(crate) const LARGEST_PAGE: usize = 100;

/// The arguments of every connection.
pub(crate) const PAGING: &[ArgMeta] = &[FIRST, AFTER];
/// How many items.
pub(crate) const FIRST: ArgMeta = ArgMeta {
    name: "first",
    about: "How many items, at most 100.",
    type_ref: "Int",
    default: Some("20"),
};
/// After which item.
pub(crate) const AFTER: ArgMeta = ArgMeta {
    name: "after",
    about: "The cursor after which the page begins.",
    type_ref: "String",
    default: None,
};

/// Where an item stands: its sort value, then its name. Stable while the item stays what it is.
pub(crate) type Place = (i64, RecordHash);

object! {
    /// Where a page stands in its list.
    struct PageInfo {
        /// Whether more items follow.
        has_next_page: bool, Inherit;
        /// Whether items come before.
        has_previous_page: bool, Inherit;
        /// Cursor of the first item.
        start_cursor: Option<String>, Inherit;
        /// Cursor of the last item.
        end_cursor: Option<String>, Inherit;
    }
}

/// Refuses a page size that cannot be meant, and a cursor that is none.
pub(super) fn check_paging(args: &Args, paged_here: bool) -> ServerResult<()> {
    let refuse = |message: &str| Err(bad_input(message));
    if let Some(first) = args.get::<i32>("first")
        && !usize::try_from(first).is_ok_and(|first| (1..=LARGEST_PAGE).contains(&first))
    {
        return refuse("\"first\" must lie between 1 and 100.");
    }
    match args.get::<String>("after") {
        Some(cursor) if paged_here && decode(&cursor).is_none() => {
            refuse("\"after\" is not a cursor of this list.")
        }
        _ => Ok(()),
    }
}

/// The cursor of a place.
pub(super) fn encode(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode([&place.0.to_be_bytes()[..], &place.1[..]].concat())
}

/// The place that a cursor names.
pub(super) fn decode(cursor: &str) -> Option<Place> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (sort, name) = bytes.split_at_checked(8)?;
    Some((i64::from_be_bytes(sort.try_into().ok()?), name.try_into().ok()?))
}

/// Sort value that puts the most recent first and the undated last.
pub(crate) fn newest_first(date: Option<&caregraph_connectors::record::FuzzyDate>) -> i64 {
    date.map_or(i64::MAX, |date| -date.starts_ms())
}
