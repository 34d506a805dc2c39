//! What is kept of sources' answers: never masked, never composed, never anybody's in particular.

mod kept;
mod shared;

pub use kept::{CacheKey, Kept};
pub use shared::{Forgotten, Generation, SharedTier};
