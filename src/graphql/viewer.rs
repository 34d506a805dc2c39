//! The caller, as the graph shows them to themselves.

use crate::access;
use crate::view::gate::{choice, object};

object! {
    /// The caller.
    struct Viewer {
        /// Who it is, in the words of the issuer of the token.
        subject: String, Public;
        /// In which role.
        role: Role, Public;
        /// For which organisation.
        organization: Option<String>, Public;
        /// For which purpose.
        purpose: PurposeOfUse, Public;
        /// SMART scopes of the token.
        scopes: Vec<String>, Public;
    }
}

choice! {
    /// The one role in which somebody looks.
    enum Role {
        /// Care coordinator.
        Coordinator = "COORDINATOR",
        /// Primary-care clinician.
        PrimaryCare = "PRIMARY_CARE",
        /// Specialist.
        Specialist = "SPECIALIST",
        /// Pharmacist.
        Pharmacist = "PHARMACIST",
        /// Worker of a community organisation.
        CommunityWorker = "COMMUNITY_WORKER",
        /// The patient.
        Patient = "PATIENT",
        /// Somebody who acts for the patient.
        Caregiver = "CAREGIVER",
        /// A partner's system.
        Partner = "PARTNER",
        /// Privacy auditor.
        Auditor = "AUDITOR",
        /// Operator of the gateway.
        Admin = "ADMIN",
    }
}

/// A purpose of use, as the graph shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PurposeOfUse(access::PurposeOfUse);

mod purpose {
    use std::borrow::Cow;

    use async_graphql::registry::Registry;

    use super::PurposeOfUse;
    use crate::access;
    use crate::view::gate::{Output, Shape, TypeKind, Writer, add_type};

    impl Output for PurposeOfUse {
        fn type_name() -> Cow<'static, str> {
            "PurposeOfUse".into()
        }

        fn register(registry: &mut Registry) {
            let values = access::PurposeOfUse::ALL
                .iter()
                .map(|purpose| (purpose.code(), purpose.about()))
                .collect();
            let about = "The purpose for which data are used (HL7 v3 ActReason).";
            add_type(registry, "PurposeOfUse", TypeKind::Enum(about, values));
        }

        fn write(&self, _: &Shape, out: &mut Writer) {
            out.string(self.0.code());
        }
    }
}

impl From<&access::Viewer> for Viewer {
    fn from(viewer: &access::Viewer) -> Self {
        Self {
            subject: viewer.subject.clone(),
            role: viewer.role.into(),
            organization: viewer.organization.clone(),
            purpose: PurposeOfUse(viewer.purpose),
            scopes: viewer.scopes.clone(),
        }
    }
}

impl From<access::Role> for Role {
    fn from(role: access::Role) -> Self {
        match role {
            access::Role::Coordinator => Self::Coordinator,
            access::Role::PrimaryCare => Self::PrimaryCare,
            access::Role::Specialist => Self::Specialist,
            access::Role::Pharmacist => Self::Pharmacist,
            access::Role::CommunityWorker => Self::CommunityWorker,
            access::Role::Patient => Self::Patient,
            access::Role::Caregiver => Self::Caregiver,
            access::Role::Partner => Self::Partner,
            access::Role::Auditor => Self::Auditor,
            access::Role::Admin => Self::Admin,
        }
    }
}
