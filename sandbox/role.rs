//! The roles that tokens are issued for, and what each may say of itself by default.

use std::{fmt, str::FromStr};

/// A role of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Care coordinator.
    Coordinator,
    /// Clinician of a practice.
    PrimaryCare,
    /// Specialist.
    Specialist,
    /// Pharmacist.
    Pharmacist,
    /// Worker of a community organisation.
    CommunityWorker,
    /// The patient.
    Patient,
    /// Somebody who cares for the patient.
    Caregiver,
    /// A partner's system.
    Partner,
    /// Privacy officer.
    Auditor,
    /// Operator.
    Admin,
}

impl Role {
    /// All roles.
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

    /// The name in the claims of a token.
    pub fn as_str(self) -> &'static str {
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

    /// The name on a command line.
    pub fn kebab(self) -> String {
        self.as_str().to_lowercase().replace('_', "-")
    }

    /// The purpose of use that a token states when none is asked for.
    pub fn default_purpose(self) -> &'static str {
        match self {
            Self::Coordinator | Self::CommunityWorker => "CAREMGT",
            Self::PrimaryCare | Self::Specialist | Self::Pharmacist | Self::Partner => "TREAT",
            Self::Patient => "PATRQT",
            Self::Caregiver => "FAMRQT",
            Self::Auditor => "HOPERAT",
            Self::Admin => "HSYSADMIN",
        }
    }

    /// Who employs people of this role in the demo.
    pub(crate) fn organization(self) -> &'static str {
        match self {
            Self::Coordinator | Self::Auditor | Self::Admin => "river-county-health",
            Self::PrimaryCare => "lakeside",
            Self::Specialist => "northgate",
            Self::Pharmacist | Self::Partner => "cornerstone",
            Self::CommunityWorker => "commons",
            Self::Patient | Self::Caregiver => "patients",
        }
    }

    /// The scopes of SMART on FHIR, second version.
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::Coordinator | Self::PrimaryCare => {
                "openid user/*.rs user/Consent.cu user/CareTeam.cu"
            }
            Self::Specialist | Self::Pharmacist | Self::CommunityWorker => "openid user/*.rs",
            Self::Patient => {
                "openid launch/patient patient/*.rs patient/Consent.cu patient/CareTeam.cu"
            }
            Self::Caregiver => "openid launch/patient patient/*.rs",
            Self::Partner => "system/*.rs system/Endpoint.cu",
            Self::Auditor => "openid user/AuditEvent.rs user/*.rs",
            Self::Admin => "openid user/*.cruds",
        }
    }

    /// True for roles whose tokens name one patient.
    pub fn names_patient(self) -> bool {
        matches!(self, Self::Patient | Self::Caregiver)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    /// Reads `primary-care` and `PRIMARY_CARE`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.replace('-', "_").to_uppercase();
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == name)
            .ok_or_else(|| RoleError(text.to_owned()))
    }
}

/// There is no such role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no role `{0}`; the roles are {names}", names = Role::ALL.map(Role::kebab).join(", "))]
pub struct RoleError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_in_both_spellings() {
        assert_eq!("primary-care".parse(), Ok(Role::PrimaryCare));
        assert_eq!("PRIMARY_CARE".parse(), Ok(Role::PrimaryCare));
        assert!("nurse".parse::<Role>().unwrap_err().to_string().contains("community-worker"));
    }
}
