//! Which patient is which in each source.
//!
//! Rosters come to us, page by page ([`RosterKeeper`]), or one patient is looked up ([`mod@looked_up`]); people are matched at home, by rules that can be read
//! ([`mod@link`]); and the index of persons ([`PersonIndex`]) answers who somebody is in every source.
//!
//! What is kept is a keyed hash or a sealed box ([`mod@seal`]): whoever has the store's file alone learns nothing of
//! anybody. The store itself is behind traits ([`person_store`]); this module must never know which one it is,
//! and it never knows a viewer.

mod aliases;
mod circle;
mod core;
mod error;
mod facts;
mod first_pass;
mod grounds;
mod ids;
mod index;
mod intake;
mod keeper;
mod link;
mod looked_up;
mod neighbourhood;
mod normal;
mod packed;
mod pass;
mod pause;
mod person;
pub mod person_store;
mod placement;
mod profile;
mod progress;
mod seal;
mod search;
mod seen;
mod separate;
mod shelf;
mod sight;
mod systems;
#[cfg(test)]
mod tests;

pub use circle::Circle;
pub use error::{IndexError, StoreError};
pub use ids::{PersonId, RecordKey, Seq, SourceId};
pub use index::PersonIndex;
pub use keeper::{Pace, RosterKeeper};
pub use person::{Also, Found, Identity, Link, LinkReason};
pub use progress::{SourceProgress, SourceState};
pub use seal::{Mac, SealError, StoreKey};
pub(crate) use seal::{MacOf, Sealer};
pub use search::{SearchCursor, SearchPage};
pub use separate::{LinkPage, PersonLink, RemovedLink};
pub use sight::{Blind, Everything, Sight};

/// Milliseconds since 1970-01-01T00:00Z.
pub(crate) fn now_ms() -> i64 {
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    i64::try_from(now).unwrap_or(i64::MAX)
}
