//! What one viewer may see of one patient.

mod decision;

use std::collections::BTreeSet;

use serde::Serialize;

use super::grant::RecordFilter;
use super::{ClassSet, FieldClass, Label, LabelSet, PurposeOfUse, Reach, RecordType, Role};

/// The notice that travels with records of a programme for substance use (42 CFR 2.32(a)(2)).
const PART_2_NOTICE: &str =
    "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";

/// What one viewer may see of one patient, decided once and asked for every field.
///
/// A mask is a function of viewer, policy, patient id and the patient's directives alone, never of the patient's data:
/// what it hides is hidden in the same way whether there is something to hide or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccessMask {
    classes: ClassSet,
    /// Classes that the policy opens to the role once a patient consents, whether this one did or not.
    asking: ClassSet,
    /// Classes that the patient closed to this viewer.
    denied: ClassSet,
    /// Classes of which only records that name the viewer's own organisation are shown.
    own: ClassSet,
    organization: Option<String>,
    /// Labels that hide nothing.
    open: LabelSet,
    /// Labels that hide all but medicines.
    medicines: LabelSet,
    /// Labels that the policy alone lets hide nothing, or all but medicines.
    granted: LabelSet,
    /// Labels that are open because the patient consented, or in an emergency.
    consented: LabelSet,
    /// Sources that the patient closed to this viewer, by id.
    closed: BTreeSet<String>,
    /// Records that the token's scopes let through.
    records: RecordFilter,
    /// Patients may be searched for and listed.
    lists_patients: bool,
    role: Role,
    purpose: PurposeOfUse,
    /// Until when a broken glass holds, in milliseconds since 1970-01-01T00:00Z.
    broken_until_ms: Option<i64>,
}

/// A field that a rule hides from this viewer, whether it holds something or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Redaction {
    /// The field, as a path of field names without list positions.
    pub path: String,
    /// Which rule: `CLASS_NOT_PERMITTED`, or `CONSENT_REQUIRED` for what the policy leaves to each patient.
    pub code: &'static str,
    /// What the viewer can do about it: `NONE`, `REQUEST_CONSENT`.
    pub remedy: &'static str,
}

impl AccessMask {
    /// True when fields of the class may be shown.
    pub const fn allows(&self, class: FieldClass) -> bool {
        self.classes.has(class)
    }

    /// The classes that it hides.
    pub const fn hidden(&self) -> ClassSet {
        self.classes.others()
    }

    /// True when fields of the class are shown only because the patient consented, or would be.
    pub const fn asks(&self, class: FieldClass) -> bool {
        self.asking.has(class)
    }

    /// That a field of this class is hidden at this path.
    pub fn redaction(&self, class: FieldClass, path: String) -> Redaction {
        if self.asking.has(class) {
            Redaction { path, code: "CONSENT_REQUIRED", remedy: "REQUEST_CONSENT" }
        } else {
            Redaction { path, code: "CLASS_NOT_PERMITTED", remedy: "NONE" }
        }
    }

    /// The organisation that a record of the class must name to be shown; `None` when it need not name any. An
    /// organisation without a name is named by nothing.
    pub fn only_of(&self, class: FieldClass) -> Option<&str> {
        self.own.has(class).then(|| self.organization.as_deref().unwrap_or_default())
    }

    /// True when there is a class of facts about a patient that may be shown, or acted on.
    fn shows_something_of_a_patient(&self) -> bool {
        use FieldClass::{
            ConnectorSetup, Inherit, Introspection, LinkAdministration, Public, Refresh,
        };
        let elsewhere: ClassSet =
            [Public, Inherit, Introspection, ConnectorSetup, LinkAdministration, Refresh]
                .into_iter()
                .collect();
        self.classes.and(self.asking).among(elsewhere.others()) != ClassSet::default()
    }

    /// True when patients may be searched for by name and listed.
    pub const fn lists_patients(&self) -> bool {
        (self.allows(FieldClass::Name) || self.asks(FieldClass::Name)) && self.lists_patients
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

    /// How far records that bear this label alone are shown.
    pub const fn reach(&self, label: Label) -> Reach {
        if self.open.has(label) {
            Reach::Everything
        } else if self.medicines.has(label) {
            Reach::Medications
        } else {
            Reach::Nothing
        }
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

    /// Until when a broken glass holds, in milliseconds since 1970-01-01T00:00Z, when the decision rests on one.
    pub const fn broken_until_ms(&self) -> Option<i64> {
        self.broken_until_ms
    }

    /// What whoever receives the answer is bound to.
    pub fn obligations(&self) -> Vec<&'static str> {
        let part_2 = self.consented.has(Label::Part2) || self.consented.has(Label::SubstanceUse);
        part_2.then_some(PART_2_NOTICE).into_iter().collect()
    }

    /// The labels that are open because the patient consented.
    pub const fn consented(&self) -> LabelSet {
        self.consented
    }

    /// The purpose for which it was decided.
    pub const fn purpose(&self) -> PurposeOfUse {
        self.purpose
    }

    /// A name of the decision for its viewer: by policy and permits alone. What the patient denies would give itself
    /// away in it, so masks that differ only in that have the same name.
    pub fn decision(&self) -> String {
        let (role, purpose) = (self.role.name(), self.purpose.code());
        let classes = self.classes.and(self.denied).bits();
        let (granted, consented) = (self.granted.bits(), self.consented.bits());
        let mut name = format!("{role}-{purpose}-{classes:x}-{granted:x}-{consented:x}");
        if self.records.is_narrow() || !self.lists_patients {
            let lists = if self.lists_patients { "s" } else { "r" };
            name = format!("{name}-{lists}{}", self.records.name());
        }
        if self.broken_until_ms.is_some() {
            name.push_str("-broken");
        }
        name.to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests;
