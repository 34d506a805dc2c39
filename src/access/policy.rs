//! Which role sees which class of field: the one table, and its printed form.
//!
//! The table is the default matrix of the access-control design, cut down to what is true of every patient: what
//! needs the patient's consent, a relationship or a label is not granted here.

use std::fmt::Write as _;

use super::FieldClass::{self, *};
use super::{PurposeOfUse, Role};

/// The classes that a role may see.
pub fn granted(role: Role) -> &'static [FieldClass] {
    match role {
        Role::PrimaryCare => &[
            Identity,
            Identifiers,
            Contact,
            Links,
            Conditions,
            Allergies,
            Medications,
            Observations,
            ObservationValues,
            Immunizations,
            Procedures,
            Encounters,
            Appointments,
            Documents,
            DocumentText,
            CarePlans,
            CareTeam,
            Referrals,
            Coverage,
            SourceStatus,
        ],
        Role::Specialist => &[
            Identity,
            Contact,
            Links,
            Conditions,
            Allergies,
            Medications,
            Observations,
            ObservationValues,
            Immunizations,
            Procedures,
            Encounters,
            Appointments,
            Documents,
            CarePlans,
            CareTeam,
            Referrals,
            Coverage,
            SourceStatus,
        ],
        // Laboratory results and documents in summary only: that they exist, and whether they are normal.
        Role::Coordinator => &[
            Identity,
            Contact,
            Links,
            Conditions,
            Allergies,
            Medications,
            Observations,
            Immunizations,
            Procedures,
            Encounters,
            Appointments,
            Documents,
            CarePlans,
            CareTeam,
            Referrals,
            Coverage,
            SourceStatus,
        ],
        Role::Pharmacist => &[
            Identity,
            Contact,
            Conditions,
            Allergies,
            Medications,
            Observations,
            ObservationValues,
            Immunizations,
            CareTeam,
            Coverage,
            SourceStatus,
        ],
        Role::Patient => &[
            Identity,
            Identifiers,
            Contact,
            Links,
            Conditions,
            Allergies,
            Medications,
            Observations,
            ObservationValues,
            Immunizations,
            Procedures,
            Encounters,
            Appointments,
            Documents,
            DocumentText,
            CarePlans,
            CareTeam,
            Referrals,
            Coverage,
            SourceStatus,
        ],
        Role::Caregiver => &[
            Identity,
            Contact,
            Conditions,
            Allergies,
            Medications,
            Observations,
            ObservationValues,
            Immunizations,
            Procedures,
            Encounters,
            Appointments,
            CarePlans,
            CareTeam,
            Referrals,
            Coverage,
            SourceStatus,
        ],
        Role::Admin => &[ConnectorSetup, LinkAdministration],
        Role::Auditor => &[ConnectorSetup],
        // A community worker sees a patient only by consent, a partner only through its own link: neither is a
        // matter of role alone.
        Role::CommunityWorker | Role::Partner => &[],
    }
}

/// True when the role may see fields of the class.
pub fn grants(role: Role, class: FieldClass) -> bool {
    matches!(class, Public | Inherit) || granted(role).contains(&class)
}

/// True when the role may see patients at all.
pub fn sees_patients(role: Role) -> bool {
    granted(role).contains(&Identity)
}

/// The purposes for which a role may look.
pub fn purposes(role: Role) -> &'static [PurposeOfUse] {
    use PurposeOfUse::{Caremgt, Etreat, Famrqt, Hoperat, Hsysadmin, Patrqt, Treat};
    match role {
        Role::Coordinator => &[Caremgt, Treat],
        Role::PrimaryCare | Role::Specialist | Role::Pharmacist => &[Treat, Etreat, Caremgt],
        Role::CommunityWorker => &[Caremgt],
        Role::Patient => &[Patrqt],
        Role::Caregiver => &[Famrqt, Patrqt],
        Role::Partner => &[Treat, Caremgt],
        Role::Auditor => &[Hoperat],
        Role::Admin => &[Hsysadmin],
    }
}

/// The matrix as a text that a privacy officer can read: one line a field, one column a role.
///
/// `fields` holds `Type.field` and its class, in the order in which they are to be printed. A field of class
/// `INHERIT` is seen whenever the field that holds it is.
pub fn matrix(fields: &[(String, FieldClass)]) -> String {
    let mut text = String::from(
        "# Who sees which field. F: shown. -: hidden (null, and named in extensions.access). =: as the field that holds it.\n\
         # Written by `caregraph schema --matrix` from src/access/policy.rs; compared by a test; never edited by hand.\n\n",
    );
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let _ = write!(text, "{:width$}  {:18}", "field", "class");
    for role in Role::ALL {
        let _ = write!(text, "  {}", role.name());
    }
    text.push('\n');
    for (name, class) in fields {
        let _ = write!(text, "{name:width$}  {:18}", class.name());
        for role in Role::ALL {
            let cell = match class {
                Inherit => "=",
                class if grants(role, *class) => "F",
                _ => "-",
            };
            let _ = write!(text, "  {cell:^w$}", w = role.name().len());
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_and_an_auditor_see_no_fact_about_a_patient() {
        for role in [Role::Admin, Role::Auditor, Role::Partner, Role::CommunityWorker] {
            assert!(!sees_patients(role), "{}", role.name());
            assert!(!grants(role, FieldClass::Conditions), "{}", role.name());
        }
    }

    #[test]
    fn every_role_has_a_purpose() {
        assert!(Role::ALL.into_iter().all(|role| !purposes(role).is_empty()));
    }
}
