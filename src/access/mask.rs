//! What one viewer may see of one patient.

use serde::Serialize;

use super::{FieldClass, PurposeOfUse, Viewer, policy};

/// What one viewer may see of one patient, decided once and asked for every field.
///
/// A mask is a function of viewer, policy and patient id alone, never of the patient's data: what it hides is hidden
/// in the same way whether there is something to hide or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessMask {
    classes: u64,
    purpose: PurposeOfUse,
    decision: String,
}

/// A field that a rule hides from this viewer, whether it holds something or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Redaction {
    /// The field, as a path of field names without list positions.
    pub path: String,
    /// Which rule: `CLASS_NOT_PERMITTED`.
    pub code: &'static str,
    /// What the viewer can do about it: `NONE`.
    pub remedy: &'static str,
}

impl Redaction {
    /// A field whose class the viewer's role may not see.
    pub fn class_not_permitted(path: String) -> Self {
        Self { path, code: "CLASS_NOT_PERMITTED", remedy: "NONE" }
    }
}

impl AccessMask {
    /// Decides what `viewer` may see of the patient `patient` (our id). `None`: for this viewer there is no such
    /// patient.
    pub fn decide(viewer: &Viewer, patient: &str) -> Option<Self> {
        let own = viewer.patient.as_deref() == Some(patient);
        if !policy::sees_patients(viewer.role) || (viewer.role.is_bound_to_a_patient() && !own) {
            return None;
        }
        Some(Self::of_role(viewer))
    }

    /// What `viewer` may see of what is not about any patient.
    pub fn of_role(viewer: &Viewer) -> Self {
        let classes = FieldClass::ALL
            .iter()
            .filter(|class| policy::grants(viewer.role, **class))
            .fold(0, |bits, class| bits | class.bit());
        let decision = format!("{}-{}-{classes:x}", viewer.role.name(), viewer.purpose.code())
            .to_ascii_lowercase();
        Self { classes, purpose: viewer.purpose, decision }
    }

    /// True when fields of the class may be shown.
    pub const fn allows(&self, class: FieldClass) -> bool {
        self.classes & class.bit() != 0
    }

    /// The purpose for which it was decided.
    pub const fn purpose(&self) -> PurposeOfUse {
        self.purpose
    }

    /// A name of the decision that is equal for equal masks.
    pub fn decision(&self) -> &str {
        &self.decision
    }
}
