//! Asking every source at once.
//!
//! Gathering never fails as a whole: a source that is dead, slow or wrong is an [`Outcome`] beside what the others
//! said. It knows nothing of viewers, masks or GraphQL.

mod ask;
pub mod cache;
mod closing;
mod find;
mod fleet;
mod guard;
mod hearing;
mod outcome;
mod run;
mod said;
mod shadow;
mod silence;
mod timing;
mod watch;

pub use cache::{
    Cache, CacheKey, Forgotten, Generation, Keeping, Kept, SharedTier, System, Systems, Windows,
};
pub use find::find;
pub use fleet::{Category, Fleet, RosterGauge, RosterState, Source, SourceId};
pub use guard::{
    BreakerState, Ending, Figures, Guard, Knobs, ReadingFigures, RosterReader, Standing,
};
pub use hearing::Hearing;
pub use outcome::{Fetched, Imprint, Outcome, SourceState};
pub use run::{Gathered, Person, Wish, gather};
pub use said::Said;
pub use shadow::{Shadow, ShadowFigures, ShadowSlot, ShadowedSection};
pub use silence::Silence;
pub use timing::{Origin, Timing};
pub use watch::Watch;
