//! Who may see what.
//!
//! One [`AccessMask`] is decided for each viewer and patient; everything that leaves the house is held against it.
//! Deny is the default: what the [`Policy`] does not list is not shown. This module imports nothing of ours, so that it
//! can be read and tested alone.

mod approval;
mod break_glass;
mod class;
mod clearance;
mod code_rules;
mod directive;
mod follow;
mod grant;
mod label;
mod mask;
mod matrix;
mod named;
mod of_age;
mod policy;
mod policy_file;
mod policy_reader;
mod purpose;
mod reason;
mod relation;
mod revocations;
mod scope;
mod standing;
#[cfg(test)]
mod standing_tests;
pub mod token;
mod viewer;

pub use approval::{ApprovalKey, ApproverKey, Approvers, NoApprovalKey, NoApproverKey};
pub use break_glass::{BreakGlass, BreakGlassReason, Review, ReviewOutcome};
pub use class::{ClassSet, FieldClass};
pub use clearance::{ClassRule, Clearance, Reach};
pub use code_rules::{CodeRules, CodeRulesError};
pub use directive::{Authority, Directive, Verdict};
pub(crate) use follow::Followed;
pub use label::{Label, LabelSet};
pub use mask::{AccessMask, Redaction};
pub use matrix::matrix;
pub use of_age::{Born, OfAge};
pub use policy::{Policy, PolicyMistakes};
pub use policy_file::{Enforced, PolicyFile, PolicyFileError, PolicyNews};
pub use purpose::PurposeOfUse;
pub use reason::Reason;
pub use relation::{Attested, Relation, RelationKind};
pub use revocations::{RevocationError, RevocationFile, Revocations};
pub use scope::{CATEGORY_SYSTEM, RecordType};
pub use standing::Standing;
pub use viewer::{Role, Viewer};
