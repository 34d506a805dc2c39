//! Streams: subscriptions, from the first event to the last.
//!
//! Every event is one execution of the operation, with a call, a decision and entries in the audit log of its own, so all
//! that holds for a request holds for each event. Nothing is queued: a stream is asked for its next event when that can be
//! sent, and shows what is known and allowed at that moment.

mod basis;
mod cursor;
mod events;
mod following;
mod show;

use async_trait::async_trait;

use crate::access::Viewer;

pub(crate) use cursor::Cursors;
pub use events::{Events, Opened, Told};
pub(crate) use following::Following;
pub(crate) use show::{patient_changed, patient_view, register};

/// What whoever holds a stream open proves of themselves.
#[async_trait]
pub trait Pass: Send + Sync {
    /// Who they are now; nobody once their token is over or was revoked.
    async fn viewer(&self) -> Option<Viewer>;
}
