//! One compliance suite that every kind must pass, over real sockets.
//!
//! A [`Dialect`] says how a healthy server of one kind answers; the suite plays that server on loopback, lays
//! one fault after another over it and watches the connector: does it end in time, name the right
//! [`Problem`](crate::Problem), keep what it may keep, drop what is about somebody else, follow nobody to a
//! foreign host, and repeat nothing of what it was sent?
//!
//! Start at [`comply`]; [`Case`] lists what is played. Must never know a kind by its name.

mod case;
mod dialect;
mod ear;
mod fault;
mod http;
mod report;
mod server;
mod suite;

pub use case::{Case, Kept};
pub use dialect::{Dialect, Subject, Tamper};
pub use fault::Fault;
pub use http::{HttpAnswer, HttpRequest};
pub use report::{Report, Verdict};
pub use server::{Play, Server};
pub use suite::comply;

/// Stands in every faulty body. Whatever a connector says or logs must not hold it.
pub const CANARY: &str = "canary-5e0c";

/// Part of the id of every record about somebody else. No record with it may come through.
pub const STRANGER: &str = "stranger";
