//! Who may see what.
//!
//! One [`AccessMask`] is decided for each viewer and patient; everything that leaves the house is held against it.
//! Deny is the default: what [`policy`] does not list is not shown. This module imports nothing of ours, so that it
//! can be read and tested alone.

mod class;
mod mask;
pub mod policy;
mod purpose;
pub mod token;
mod viewer;

pub use class::FieldClass;
pub use mask::{AccessMask, Redaction};
pub use purpose::PurposeOfUse;
pub use viewer::{Role, Viewer};
