//! The cache that all nodes share, in Redis or Valkey: what sources said, sealed, under names that say nothing.
//!
//! It must never fail a request, nor keep one waiting: what Redis does not tell at once is not known, and while it is
//! broken it is not asked. What Redis tells is not believed either, but opened: it is somebody else's memory. This module
//! must never know a viewer, nor what a record means.
//!
//! Reading order: `tier` is the cache; `names` and `seal` are what Redis sees of it; `link` and `hearing` speak to Redis.

mod codec;
mod floor;
mod hearing;
mod link;
mod marks;
mod names;
mod news;
mod notes;
mod owed;
mod seal;
mod server;
mod tally;
#[cfg(test)]
mod tests;
mod tier;

pub use server::ServerError;
pub use tally::Figures;
pub use tier::{SharedCache, SharedCacheSetup};
