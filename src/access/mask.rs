//! What one viewer may see of one patient.

use std::collections::BTreeSet;

use serde::Serialize;

use super::grant::{Grant, RecordFilter};
use super::{
    Directive, FieldClass, Label, LabelSet, Policy, PurposeOfUse, Reach, RecordType, Role, Verdict,
    Viewer,
};

/// The notice that travels with records of a programme for substance use (42 CFR 2.32(a)(2)).
const PART_2_NOTICE: &str =
    "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";

/// What one viewer may see of one patient, decided once and asked for every field.
///
/// A mask is a function of viewer, policy, patient id and the patient's directives alone, never of the patient's data:
/// what it hides is hidden in the same way whether there is something to hide or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessMask {
    classes: u64,
    /// Labels that hide nothing.
    open: LabelSet,
    /// Labels that hide all but medicines.
    medicines: LabelSet,
    /// Labels that are open because the patient consented.
    consented: LabelSet,
    /// Sources that the patient closed to this viewer, by id.
    closed: BTreeSet<String>,
    /// Records that the token's scopes let through.
    records: RecordFilter,
    /// Patients may be searched for and listed.
    lists_patients: bool,
    role: Role,
    purpose: PurposeOfUse,
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
    /// Decides what `viewer` may see of the patient `patient` (our id), whose directives are in force, at `now_ms`
    /// (milliseconds since 1970-01-01T00:00Z). `None`: for this viewer there is no such patient.
    ///
    /// The policy comes first, then the patient's permits, then the patient's denials, which override both. Nobody is
    /// kept from their own record by a directive of their own.
    pub fn decide(
        policy: &Policy,
        viewer: &Viewer,
        patient: &str,
        directives: &[Directive],
        now_ms: i64,
    ) -> Option<Self> {
        let own = viewer.patient.as_deref() == Some(patient);
        if !policy.sees_patients(viewer.role) || (viewer.role.is_bound_to_a_patient() && !own) {
            return None;
        }
        let mut mask = Self::of_grant(policy, viewer, &Grant::of(viewer, own));
        if !mask.shows_something_of_a_patient() {
            return None;
        }
        let (permits, denials): (Vec<&Directive>, Vec<&Directive>) = directives
            .iter()
            .filter(|directive| directive.speaks_of(viewer, now_ms))
            .partition(|directive| directive.verdict == Verdict::Permit);
        for permit in permits {
            mask.permit(policy, permit.labels);
        }
        if viewer.role != Role::Patient {
            if denials.iter().any(|denial| denial.denies_all()) {
                return None;
            }
            for denial in denials {
                mask.deny(denial);
            }
        }
        Some(mask)
    }

    /// What `viewer` may see of what is not about any one patient. It is at most what they may see of each patient whom
    /// they may see at all, so a list can be planned by it.
    pub fn of_role(policy: &Policy, viewer: &Viewer) -> Self {
        Self::of_grant(policy, viewer, &Grant::of(viewer, viewer.is_bound_to_a_patient()))
    }

    /// What the role may see, as far as scopes grant it.
    fn of_grant(policy: &Policy, viewer: &Viewer, grant: &Grant) -> Self {
        let classes = FieldClass::ALL
            .iter()
            .filter(|class| policy.grants(viewer.role, **class) && grant.grants(**class))
            .fold(0, |bits, class| bits | class.bit());
        let (open, medicines) = policy.labels(viewer.role);
        Self {
            classes,
            open,
            medicines,
            consented: LabelSet::default(),
            closed: BTreeSet::new(),
            records: grant.records(),
            lists_patients: grant.lists_patients(),
            role: viewer.role,
            purpose: viewer.purpose,
        }
    }

    /// Opens what the policy lets the patient open.
    fn permit(&mut self, policy: &Policy, labels: LabelSet) {
        for label in labels.iter() {
            let clearance = policy.clearance(self.role, label);
            if !clearance.needs_consent {
                continue;
            }
            match clearance.reach {
                Reach::Nothing => continue,
                Reach::Medications => self.medicines = self.medicines.with(label),
                Reach::Everything => self.open = self.open.with(label),
            }
            self.consented = self.consented.with(label);
        }
    }

    fn deny(&mut self, denial: &Directive) {
        self.open = self.open.without(denial.labels);
        self.medicines = self.medicines.without(denial.labels);
        self.consented = self.consented.without(denial.labels);
        self.closed.extend(denial.sources.iter().cloned());
    }

    /// True when fields of the class may be shown.
    pub const fn allows(&self, class: FieldClass) -> bool {
        self.classes & class.bit() != 0
    }

    /// True when there is a class of facts about a patient that may be shown, or acted on.
    fn shows_something_of_a_patient(&self) -> bool {
        use FieldClass::{ConnectorSetup, Inherit, LinkAdministration, Public};
        let elsewhere = [Public, Inherit, ConnectorSetup, LinkAdministration];
        let elsewhere = elsewhere.into_iter().fold(0, |bits, class| bits | class.bit());
        self.classes & !elsewhere != 0
    }

    /// True when patients may be searched for by name and listed.
    pub const fn lists_patients(&self) -> bool {
        self.allows(FieldClass::Identity) && self.lists_patients
    }

    /// True when the token's scopes let a record of the type through. Of an observation `categories` are the codes of
    /// its kinds in HL7's system, or in none.
    pub fn grants_record<'c>(
        &self,
        of: RecordType,
        categories: impl Iterator<Item = &'c str>,
    ) -> bool {
        self.records.lets_through(of, categories)
    }

    /// True when there are records that the token's scopes do not let through.
    pub fn is_narrowed(&self) -> bool {
        self.records.is_narrow()
    }

    /// True when a record that bears these labels may be shown as what it is.
    pub const fn lets_through(&self, labels: LabelSet, is_medicine: bool) -> bool {
        let open = if is_medicine { self.open.and(self.medicines) } else { self.open };
        open.contains(labels)
    }

    /// True when the patient closed the source of that id to this viewer.
    pub fn closes(&self, source: &str) -> bool {
        self.closed.contains(source)
    }

    /// `RESTRICTED_MAY_EXIST` when there are labels or scopes that hide records from this viewer, whether the patient has
    /// such records or not; else `NONE`.
    pub fn notice(&self) -> &'static str {
        if self.hides_records() || self.is_narrowed() { "RESTRICTED_MAY_EXIST" } else { "NONE" }
    }

    /// True when there are labels that hide records from this viewer.
    pub fn hides_records(&self) -> bool {
        let everything: LabelSet = Label::ALL.iter().copied().collect();
        !self.open.contains(everything)
    }

    /// What whoever receives the answer is bound to.
    pub fn obligations(&self) -> Vec<&'static str> {
        let part_2 = self.consented.has(Label::Part2) || self.consented.has(Label::SubstanceUse);
        part_2.then_some(PART_2_NOTICE).into_iter().collect()
    }

    /// The purpose for which it was decided.
    pub const fn purpose(&self) -> PurposeOfUse {
        self.purpose
    }

    /// A name of the decision that is equal for equal masks.
    pub fn decision(&self) -> String {
        let (role, purpose, classes) = (self.role.name(), self.purpose.code(), self.classes);
        let (open, medicines) = (self.open.bits(), self.medicines.bits());
        let mut name = format!("{role}-{purpose}-{classes:x}-{open:x}-{medicines:x}");
        if self.records.is_narrow() || !self.lists_patients {
            let lists = if self.lists_patients { "s" } else { "r" };
            name = format!("{name}-{lists}{}", self.records.name());
        }
        for source in &self.closed {
            name.push('-');
            name.push_str(source);
        }
        name.to_ascii_lowercase()
    }
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
