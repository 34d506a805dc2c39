//! All that caregraph knows about other people's systems.
//!
//! Reading order: [`connector`] is the contract, [`record`] the model that every source is translated
//! into, [`registry`] the list of kinds, [`egress`] the only way out of the process, [`reach`] how far it leads. Then one folder a
//! dialect: [`fhir`] and [`hsds`], and [`mapped`] for whatever a manifest describes; [`scaffold`] writes the first version of one.
//!
//! This crate must never know who asks: no token, no role, no GraphQL type and no cache key can be named
//! from here, because the crates that hold them are not among its dependencies.

pub mod address;
pub mod conformance;
pub mod connector;
pub mod difference;
pub mod egress;
pub mod fhir;
pub mod hsds;
pub mod locate;
pub mod manifest;
pub mod mapped;
mod marks;
mod mistake;
pub mod notice;
mod parts;
pub mod reach;
pub mod record;
pub mod registry;
pub mod remote;
pub mod resolver;
pub mod scaffold;
mod settings;
pub mod tag;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod witness;

pub use connector::{
    Answer, Ask, Connector, Directory, LocalId, Problem, Rest, RosterCursor, RosterPage, Share,
    Validator,
};
pub use mistake::{Mistake, nearest};
pub use notice::{Change, Count, Feed, Line, Message, Notice, Occasion, Tiding};
pub use registry::{BuildError, Io, Kind, Registry, builtin};

/// The number of this version of the model and of all maps to it: any change of their text changes it. A copy of records
/// that was made under another number may mean something else by now.
pub const MODEL: u64 = match u64::from_str_radix(env!("CAREGRAPH_MODEL"), 10) {
    Ok(number) => number,
    Err(_) => panic!("the build script writes a number"),
};
