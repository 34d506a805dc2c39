//! The unified patient.
//!
//! What the sources said about one patient becomes a [`Snapshot`], unmasked and private to this folder. A [`View`] is
//! a snapshot seen through a mask, merged: the only thing that output, derived facts and events ever get. One file a
//! section holds its GraphQL type, the class of each field and its merge rule; [`gate`] is where data leave.

pub(crate) mod access_log;
pub(crate) mod admin;
pub(crate) mod allergies;
pub(crate) mod appointments;
mod blank;
pub(crate) mod care_plans;
pub(crate) mod care_team;
pub(crate) mod completeness;
pub(crate) mod concept;
pub(crate) mod conditions;
pub(crate) mod connection;
pub(crate) mod connector;
pub(crate) mod coverage;
pub(crate) mod day;
pub(crate) mod documents;
pub(crate) mod encounters;
pub(crate) mod gate;
pub(crate) mod goals;
pub(crate) mod id;
pub(crate) mod immunizations;
pub(crate) mod in_force;
mod labelling;
pub(crate) mod links;
mod marks;
pub(crate) mod medications;
pub(crate) mod mention;
pub(crate) mod merge;
pub(crate) mod merged;
pub(crate) mod node;
pub(crate) mod observations;
pub(crate) mod paging;
pub(crate) mod parts;
pub(crate) mod patient;
pub(crate) mod person;
pub(crate) mod procedures;
pub(crate) mod provenance;
pub(crate) mod reading;
pub(crate) mod referrals;
pub(crate) mod services;
pub(crate) mod sift;
pub(crate) mod snapshot;
pub(crate) mod source;
pub(crate) mod stream;
#[cfg(test)]
mod testing;

pub(crate) use in_force::{InForce, Sources};
pub(crate) use labelling::Labelling;
pub(crate) use marks::Marks;
pub(crate) use merge::fold;
pub(crate) use merged::Merged;
pub(crate) use patient::Patient;
pub(crate) use snapshot::{Snapshot, View};
