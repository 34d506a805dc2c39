//! Which role sees which class of field: the one table, and its printed form.
//!
//! The table is the default matrix of the access-control design, cut down to what is true of every patient: what
//! needs the patient's consent, a relationship or a label is not granted here.

use std::fmt::Write as _;

use super::FieldClass::{
    Allergies, Appointments, CarePlans, CareTeam, Conditions, ConnectorSetup, Contact, Coverage,
    DocumentText, Documents, Encounters, Identifiers, Identity, Immunizations, Inherit,
    LinkAdministration, Links, Medications, ObservationValues, Observations, Procedures, Public,
    Referrals, SourceStatus,
};
use super::{FieldClass, PurposeOfUse, Role};

/// One row a class, one column a role, in the order of [`Role::ALL`]: coordinator, primary care, specialist, pharmacist,
/// community worker, patient, caregiver, partner, auditor, admin. `F` is shown, `-` is hidden.
///
/// Coordinators see laboratory results and documents in summary only: that they exist, and whether they are normal. A
/// community worker sees a patient only by consent, a partner only through its own link; neither is a matter of role.
const MATRIX: &[(FieldClass, &str)] = &[
    (Identity, "F F F F - F F - - -"),
    (Identifiers, "- F - - - F - - - -"),
    (Contact, "F F F F - F F - - -"),
    (Links, "F F F - - F - - - -"),
    (Conditions, "F F F F - F F - - -"),
    (Allergies, "F F F F - F F - - -"),
    (Medications, "F F F F - F F - - -"),
    (Observations, "F F F F - F F - - -"),
    (ObservationValues, "- F F F - F F - - -"),
    (Immunizations, "F F F F - F F - - -"),
    (Procedures, "F F F - - F F - - -"),
    (Encounters, "F F F - - F F - - -"),
    (Appointments, "F F F - - F F - - -"),
    (Documents, "F F F - - F - - - -"),
    (DocumentText, "- F - - - F - - - -"),
    (CarePlans, "F F F - - F F - - -"),
    (CareTeam, "F F F F - F F - - -"),
    (Referrals, "F F F - - F F - - -"),
    (Coverage, "F F F F - F F - - -"),
    (SourceStatus, "F F F F - F F - - -"),
    (ConnectorSetup, "- - - - - - - - F F"),
    (LinkAdministration, "- - - - - - - - - F"),
];

/// True when the role may see fields of the class. A class without a row is seen by nobody.
pub fn grants(role: Role, class: FieldClass) -> bool {
    if matches!(class, Public | Inherit) {
        return true;
    }
    let row = MATRIX.iter().find(|(known, _)| *known == class).map_or("", |(_, row)| row);
    let column = Role::ALL.iter().position(|known| *known == role);
    column.is_some_and(|column| row.split(' ').nth(column) == Some("F"))
}

/// True when the role may see patients at all.
pub fn sees_patients(role: Role) -> bool {
    grants(role, Identity)
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
    fn every_row_says_something_of_every_role() {
        for (class, row) in MATRIX {
            let cells: Vec<&str> = row.split(' ').collect();
            assert_eq!(cells.len(), Role::ALL.len(), "{}", class.name());
            assert!(cells.iter().all(|cell| matches!(*cell, "F" | "-")), "{}", class.name());
        }
    }

    #[test]
    fn every_role_has_a_purpose() {
        assert!(Role::ALL.into_iter().all(|role| !purposes(role).is_empty()));
    }
}
