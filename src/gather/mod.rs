//! Asking every source at once.
//!
//! Gathering never fails as a whole: a source that is dead, slow or wrong is an [`Outcome`] beside what the others
//! said. It knows nothing of viewers, masks or GraphQL.

mod fleet;
mod guard;
mod run;

pub use fleet::{Category, Fleet, RosterGauge, RosterState, Source, SourceId};
pub use guard::{BreakerState, Counter, Figures, Guard, Knobs, Standing};
pub use run::{Fetched, Gathered, Outcome, Person, SourceState, gather};
