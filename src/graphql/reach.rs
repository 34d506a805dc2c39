//! What a viewer may see, class by class and label by label.

use super::words::{FieldClass, Sensitivity};
use crate::access::{self, AccessMask, Label, Policy, Reach, Role};
use crate::view::gate::{choice, object};

object! {
    /// How far somebody may see one kind of fact.
    struct FieldAccess {
        /// Which kind.
        class: FieldClass, Public;
        /// What it is, in one sentence.
        about: &'static str, Public;
        /// Whether it is shown.
        shown: bool, Public;
        /// Whether the policy shows it only once a patient consents.
        needs_consent: bool, Public;
        /// Whether only records are shown that name the viewer's own organisation.
        own_only: bool, Public;
    }
}

object! {
    /// How far somebody may see records of one sensitivity.
    struct LabelAccess {
        /// Which sensitivity.
        label: Sensitivity, Public;
        /// Which of its records are shown.
        shown: LabelReach, Public;
        /// Whether the policy shows more once a patient consents.
        needs_consent: bool, Public;
        /// Whether breaking the glass shows them in full.
        breaks_glass: bool, Public;
    }
}

choice! {
    /// Which records of a sensitivity are shown.
    enum LabelReach {
        /// None, and that without a trace.
        Nothing = "NOTHING",
        /// Medicines alone.
        Medications = "MEDICATIONS",
        /// All of them.
        Everything = "EVERYTHING",
    }
}

impl From<Reach> for LabelReach {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Nothing => Self::Nothing,
            Reach::Medications => Self::Medications,
            Reach::Everything => Self::Everything,
        }
    }
}

/// What a mask shows of every class that the policy decides on.
pub(super) fn fields(policy: &Policy, role: Role, mask: &AccessMask) -> Vec<FieldAccess> {
    use access::FieldClass as Class;
    let decided =
        Class::ALL.iter().copied().filter(|it| !matches!(it, Class::Public | Class::Inherit));
    let access = decided.map(|class| {
        let grant = policy.rule(role, class);
        FieldAccess {
            class: FieldClass(class),
            about: class.about().trim(),
            shown: mask.allows(class),
            needs_consent: grant.is_some_and(|grant| grant.needs_consent),
            own_only: grant.is_some_and(|grant| grant.own),
        }
    });
    access.collect()
}

/// What a mask shows of every label.
pub(super) fn labels(policy: &Policy, role: Role, mask: &AccessMask) -> Vec<LabelAccess> {
    let access = Label::ALL.iter().copied().map(|label| {
        let clearance = policy.clearance(role, label);
        LabelAccess {
            label: Sensitivity(label),
            shown: mask.reach(label).into(),
            needs_consent: clearance.needs_consent,
            breaks_glass: clearance.break_glass,
        }
    });
    access.collect()
}
