//! Who saw what of whom, and why: a log that can only grow, and in which any change is found.
//!
//! No answer about a patient leaves before its entries are durable ([`AuditLog::append`]). Entries hold who, when, for
//! what and which kinds of data, never a value of a field, a literal of a query or a name. Each is chained to the one
//! before it, authenticated, and vouched for by a signature ([`mod@verify`]). This module knows no graph and no database.

mod chain;
mod checkpoint;
mod entry;
mod error;
pub mod fhir;
mod head;
pub mod instant;
mod key;
mod log;
mod store;
#[cfg(test)]
mod tests;
mod verify;
mod writer;

pub use chain::{Hash, Point, Row};
pub use checkpoint::{Checkpoint, hexadecimal};
pub use entry::{Body, Entry, Event, Outcome, Source};
pub use error::AuditError;
pub use head::HeadFile;
pub use key::{AuditKey, PublicKey};
pub use log::{AuditLog, Figures};
pub use store::{AuditStore, Find, Place};
pub use verify::{Fault, Verdict, Verifier, verify};
