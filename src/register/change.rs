//! What can be done to a registered connector.

use serde::{Deserialize, Serialize};

use super::{Declared, Report};

/// What was done to a connector. Stored, so a variant that was released is never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "change")]
pub enum Change {
    /// It was registered, with its first manifest.
    Registered {
        /// The organisation to which it belongs.
        organization: String,
        /// The manifest, as it was written.
        manifest: String,
        /// What it declares.
        declared: Declared,
    },
    /// It was given another manifest: its next version.
    Updated {
        /// The manifest, as it was written.
        manifest: String,
        /// What it declares.
        declared: Declared,
    },
    /// A version was tried.
    Tested {
        /// Which one.
        version: u32,
        /// What came of it.
        report: Report,
    },
    /// A version is in force from now on. One that was in force before comes back.
    Approved {
        /// Which one.
        version: u32,
    },
    /// From now on a version is asked beside the one in force, for a share of the questions, and shown to nobody; or no more,
    /// when the share is zero.
    Shadowed {
        /// Which one.
        version: u32,
        /// How much of what is asked, from 0 to 1.
        share: f64,
    },
    /// The gateway itself asks a version no more that it asked beside the one in force.
    ShadowEnded {
        /// Which one.
        version: u32,
        /// Why.
        reason: String,
    },
    /// It is not in force for now.
    Suspended {
        /// Why.
        reason: String,
    },
    /// The gateway itself has taken it out of force.
    Quarantined {
        /// Why.
        reason: String,
    },
    /// It is never in force again.
    Retired {
        /// Why.
        reason: String,
    },
    /// What it proves itself with was changed.
    CredentialRotated,
}
