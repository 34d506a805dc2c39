//! The schema's roots, the guard before them, and how a request runs.
//!
//! Every control lives here or below, never in a transport, so that whatever carries a request gets the same ones.

mod access_log;
mod admission;
mod break_glass;
mod call;
mod classes;
mod classes_directive;
mod consents;
mod costs;
mod document;
mod documents;
mod engine;
mod error;
mod explanation;
mod failures;
mod guard;
mod inputs;
mod introspection;
mod limits;
mod lookup;
mod node;
mod page;
mod paths;
mod plans;
mod prepared;
mod pulse;
mod rates;
mod reach;
mod relations;
mod reply;
mod request;
mod roots;
mod running;
mod sight;
mod stated;
mod streams;
mod trail;
mod validation;
mod viewer;
mod waterfall;
mod words;

pub use call::{AccessMode, Manner};
pub use classes::{ClassError, classes};
pub use costs::Costs;
pub use documents::{DocumentsError, TrustedDocuments};
pub use engine::Engine;
pub(crate) use engine::{Access, Admission};
pub use limits::Limits;
pub use pulse::Pulses;
pub use rates::RateLimits;
pub(crate) use rates::Rates;
pub use reply::{Reply, Verdict};
pub use request::Request;
pub(crate) use streams::Cursors;
pub use streams::{Events, Opened, Pass, Told};
