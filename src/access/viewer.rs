//! The authenticated caller.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PurposeOfUse;

/// The one role in which somebody looks. Roles are never added together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Care coordinator.
    Coordinator,
    /// Primary-care clinician.
    PrimaryCare,
    /// Specialist.
    Specialist,
    /// Pharmacist.
    Pharmacist,
    /// Worker of a community organisation, such as a food bank.
    CommunityWorker,
    /// The patient.
    Patient,
    /// Somebody who acts for the patient.
    Caregiver,
    /// A partner's system, with no person before it.
    Partner,
    /// Privacy auditor.
    Auditor,
    /// Operator of the gateway; sees no patient.
    Admin,
}

impl Role {
    /// Every role, in the order of the matrix.
    pub const ALL: [Self; 10] = [
        Self::Coordinator,
        Self::PrimaryCare,
        Self::Specialist,
        Self::Pharmacist,
        Self::CommunityWorker,
        Self::Patient,
        Self::Caregiver,
        Self::Partner,
        Self::Auditor,
        Self::Admin,
    ];

    /// The name in tokens, in the schema and in the matrix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coordinator => "COORDINATOR",
            Self::PrimaryCare => "PRIMARY_CARE",
            Self::Specialist => "SPECIALIST",
            Self::Pharmacist => "PHARMACIST",
            Self::CommunityWorker => "COMMUNITY_WORKER",
            Self::Patient => "PATIENT",
            Self::Caregiver => "CAREGIVER",
            Self::Partner => "PARTNER",
            Self::Auditor => "AUDITOR",
            Self::Admin => "ADMIN",
        }
    }

    /// Who it is, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Coordinator => "Care coordinator.",
            Self::PrimaryCare => "Primary-care clinician.",
            Self::Specialist => "Specialist.",
            Self::Pharmacist => "Pharmacist.",
            Self::CommunityWorker => "Worker of a community organisation.",
            Self::Patient => "The patient.",
            Self::Caregiver => "Somebody who acts for the patient.",
            Self::Partner => "A partner's system.",
            Self::Auditor => "Privacy auditor.",
            Self::Admin => "Operator of the gateway.",
        }
    }

    /// The role of that name, in the spelling of tokens (`PRIMARY_CARE`) or of the command line (`primary-care`).
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_uppercase().replace('-', "_");
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// True for roles that only ever see the patient named in their token.
    pub const fn is_bound_to_a_patient(self) -> bool {
        matches!(self, Self::Patient | Self::Caregiver)
    }
}

/// The authenticated caller: person, active role, organisation, client, purpose of use.
#[derive(Clone)]
pub struct Viewer {
    /// Who it is, in the words of the issuer.
    pub subject: String,
    /// In which role.
    pub role: Role,
    /// For which organisation.
    pub organization: Option<String>,
    /// Through which client.
    pub client: Option<String>,
    /// Why.
    pub purpose: PurposeOfUse,
    /// SMART v2 scopes.
    pub scopes: Vec<String>,
    /// The patient whom a patient or caregiver may see, by our id.
    pub patient: Option<String>,
    /// When the token ends, in seconds since 1970-01-01T00:00Z.
    pub expires: u64,
}

/// A person stands behind it: a debug print shows the role alone.
impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Viewer({})", self.role.name())
    }
}
