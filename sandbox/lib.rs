//! Simulated provider systems over real HTTP, with a generated population and its ground truth.
//!
//! [`Sandbox::start`] opens five FHIR R4 systems, one HSDS 3.0 directory and a demo `OpenID` provider, all on loopback.
//! They serve one [`Population`], each its own incomplete and partly contradicting version of it; [`Truth`] says what
//! is so, and which resources say so. Faults can be set at the start and while the systems run; records can be changed while
//! they run, and whoever keeps a subscription at a system is told. Four systems of partners run beside them, of which no
//! truth tells and which a gateway only gets to know when somebody registers them.
//!
//! The arrows point down: `sandbox` starts `system`s, which put an interface (`fhir_server`, `hsds_server`, those of
//! `partners`) behind a `front` that does the damage; interfaces serve `chart`s, which blur the `health` of a `person`;
//! `terms` are tables.
//! Nothing here knows of the gateway.

mod change;
mod chart;
mod controls;
mod day;
mod dice;
mod fault;
mod fhir_server;
mod front;
mod health;
mod hsds_server;
mod ids;
mod issuer;
mod listener;
mod options;
mod partners;
mod permutation;
mod person;
mod population;
mod query;
mod requests;
mod resource_type;
mod role;
mod sandbox;
#[cfg(test)]
mod scenarios;
mod section;
mod site;
mod system;
mod terms;
mod truth;

pub use change::{Change, ChangeError, Changed, Novelty};
pub use day::REFERENCE_DAY;
pub use fault::{Fault, FaultError, Faults};
pub use fhir_server::SubscriptionError;
pub use issuer::{Issuer, TokenSpec};
pub use options::{Options, Ports};
pub use partners::{Credential, Fill, PharmacyFile, Prescription, ReportedAllergy};
pub use person::{
    Person, Sex,
    registration::{Contact, Ground},
};
pub use population::Population;
pub use requests::Requests;
pub use role::{Role, RoleError};
pub use sandbox::{Sandbox, SandboxError};
pub use section::Section;
pub use site::{Category, Kind};
pub use system::System;
pub use truth::{Contribution, FactTruth, RecordTruth, Truth};
