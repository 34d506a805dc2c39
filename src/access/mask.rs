//! What one viewer may see of one patient.

use serde::Serialize;

use super::{FieldClass, Label, LabelSet, Policy, PurposeOfUse, Viewer};

/// What one viewer may see of one patient, decided once and asked for every field.
///
/// A mask is a function of viewer, policy and patient id alone, never of the patient's data: what it hides is hidden
/// in the same way whether there is something to hide or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessMask {
    classes: u64,
    /// Labels that hide nothing.
    open: LabelSet,
    /// Labels that hide all but medicines.
    medicines: LabelSet,
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
    pub fn decide(policy: &Policy, viewer: &Viewer, patient: &str) -> Option<Self> {
        let own = viewer.patient.as_deref() == Some(patient);
        if !policy.sees_patients(viewer.role) || (viewer.role.is_bound_to_a_patient() && !own) {
            return None;
        }
        Some(Self::of_role(policy, viewer))
    }

    /// What `viewer` may see of what is not about any patient.
    pub fn of_role(policy: &Policy, viewer: &Viewer) -> Self {
        let classes = FieldClass::ALL
            .iter()
            .filter(|class| policy.grants(viewer.role, **class))
            .fold(0, |bits, class| bits | class.bit());
        let (open, medicines) = policy.labels(viewer.role);
        let (role, purpose) = (viewer.role.name(), viewer.purpose.code());
        let decision =
            format!("{role}-{purpose}-{classes:x}-{:x}-{:x}", open.bits(), medicines.bits());
        Self {
            classes,
            open,
            medicines,
            purpose: viewer.purpose,
            decision: decision.to_ascii_lowercase(),
        }
    }

    /// True when a record that bears these labels may be shown as what it is.
    pub const fn lets_through(&self, labels: LabelSet, is_medicine: bool) -> bool {
        let open = if is_medicine { self.open.and(self.medicines) } else { self.open };
        open.contains(labels)
    }

    /// True when fields of the class may be shown.
    pub const fn allows(&self, class: FieldClass) -> bool {
        self.classes & class.bit() != 0
    }

    /// `RESTRICTED_MAY_EXIST` when there are labels that hide records from this viewer, whether the patient has such
    /// records or not; else `NONE`.
    pub fn notice(&self) -> &'static str {
        let everything: LabelSet = Label::ALL.iter().copied().collect();
        if self.open.contains(everything) { "NONE" } else { "RESTRICTED_MAY_EXIST" }
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
