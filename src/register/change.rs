//! What can be done to a registered connector.

use serde::{Deserialize, Serialize};

use super::Declared;

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

/// What came of trying a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// All that was looked at, in the order in which it was.
    pub findings: Vec<Finding>,
}

/// One thing that was looked at. Holds nothing of a patient and nothing that the source sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What was looked at, as a name that stays.
    pub check: String,
    /// Whether it is as it should be.
    pub passed: bool,
    /// What was seen, in one sentence.
    pub message: String,
    /// What to change, when it is not.
    pub remedy: Option<String>,
}

impl Report {
    /// True when something was looked at, and all of it was as it should be.
    pub fn passed(&self) -> bool {
        !self.findings.is_empty() && self.findings.iter().all(|finding| finding.passed)
    }
}
