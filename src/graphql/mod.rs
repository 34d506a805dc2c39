//! The schema's roots, the guard before them, and how a request runs.
//!
//! Every control lives here or below, never in a transport, so that whatever carries a request gets the same ones.

mod access_log;
mod break_glass;
mod call;
mod classes;
mod classes_directive;
mod consents;
mod engine;
mod error;
mod explanation;
mod failures;
mod guard;
mod inputs;
mod lookup;
mod node;
mod page;
mod paths;
mod reach;
mod relations;
mod reply;
mod roots;
mod sight;
mod stated;
mod tokens;
mod trail;
mod viewer;
mod words;

pub use call::AccessMode;
pub use classes::{ClassError, classes};
pub(crate) use engine::Access;
pub use engine::{Engine, Request};
pub use guard::Limits;
pub use reply::{Reply, Verdict};
