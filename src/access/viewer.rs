//! The authenticated caller.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PurposeOfUse;

/// Declares the roles once, with their names.
macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal),+ $(,)?) => {
        /// The one role in which somebody looks. Roles are never added together.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Role {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant),+
        }

        impl Role {
            /// Every role, in the order of the matrix.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in tokens, in the schema and in the matrix.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Who it is, in a few words.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

roles! {
    /// Care coordinator.
    Coordinator = "COORDINATOR",
    /// Primary-care clinician.
    PrimaryCare = "PRIMARY_CARE",
    /// Specialist.
    Specialist = "SPECIALIST",
    /// Pharmacist.
    Pharmacist = "PHARMACIST",
    /// Worker of a community organisation, such as a food bank.
    CommunityWorker = "COMMUNITY_WORKER",
    /// The patient.
    Patient = "PATIENT",
    /// Somebody who acts for the patient.
    Caregiver = "CAREGIVER",
    /// A partner's system, with no person before it.
    Partner = "PARTNER",
    /// Privacy auditor.
    Auditor = "AUDITOR",
    /// Operator of the gateway; sees no patient.
    Admin = "ADMIN",
}

impl Role {
    /// The role of that name, in the spelling of tokens (`PRIMARY_CARE`) or of the command line (`primary-care`).
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_uppercase().replace('-', "_");
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// True for roles that only ever see the patient named in their token.
    pub const fn is_bound_to_a_patient(self) -> bool {
        matches!(self, Self::Patient | Self::Caregiver)
    }
}

/// The authenticated caller: person, active role, organisation, client, purpose of use.
#[derive(Clone)]
pub struct Viewer {
    /// By whom the token was signed; nobody, of somebody who is imagined.
    pub issuer: String,
    /// Who it is, in the words of the issuer.
    pub subject: String,
    /// In which role.
    pub role: Role,
    /// For which organisation.
    pub organization: Option<String>,
    /// Their National Provider Identifier, if the issuer says it.
    pub npi: Option<String>,
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
    /// When the person last proved who they are, in seconds since 1970-01-01T00:00Z, if the issuer says so.
    pub authenticated: Option<u64>,
}

impl Viewer {
    /// How long ago somebody may have proved who they are when they do what cannot be undone, in seconds.
    const RECENTLY: u64 = 5 * 60;

    /// True when the person proved who they are within the last five minutes, or when the issuer does not say when.
    pub fn authenticated_recently(&self, now: i64) -> bool {
        let now = u64::try_from(now).unwrap_or(0);
        self.authenticated.is_none_or(|at| now.saturating_sub(at) <= Self::RECENTLY)
    }
}

/// A person stands behind it: a debug print shows the role alone.
impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Viewer({})", self.role.name())
    }
}

#[cfg(test)]
impl Viewer {
    /// Somebody in that role, who works for nobody in particular; one who is bound to a patient, to `p`.
    pub(crate) fn somebody(role: Role) -> Self {
        Self {
            issuer: "https://login.example".to_owned(),
            subject: "user-1".to_owned(),
            role,
            organization: None,
            npi: None,
            client: None,
            purpose: PurposeOfUse::Treat,
            scopes: Vec::new(),
            patient: role.is_bound_to_a_patient().then(|| "p".to_owned()),
            expires: 0,
            authenticated: None,
        }
    }

    /// The same, of that organisation.
    pub(crate) fn of_organization(role: Role, organization: &str) -> Self {
        Self { organization: Some(organization.to_owned()), ..Self::somebody(role) }
    }
}
