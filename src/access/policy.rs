//! Who may see what: the rules of one policy file.
//!
//! What a policy does not list is not shown, and a policy that forgets a role, a class or a label is refused as a
//! whole, so that nothing is ever hidden or shown by an oversight.

use std::collections::BTreeMap;

use super::{
    ClassRule, Clearance, FieldClass, Label, LabelSet, OfAge, PurposeOfUse, Reach, RelationKind,
    Role, policy_reader,
};

/// A policy that was read and found whole.
#[derive(Debug)]
pub struct Policy {
    roles: BTreeMap<Role, Rules>,
    of_age: OfAge,
    /// The start of SHA-256 over its text.
    version: String,
    /// Who approved it, where a policy needs approval.
    approvers: Vec<String>,
}

/// What one role may see.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) classes: BTreeMap<FieldClass, ClassRule>,
    pub(super) labels: BTreeMap<Label, Clearance>,
    pub(super) purposes: Vec<PurposeOfUse>,
    /// Any of which is needed; `None` when none is.
    pub(super) relations: Option<Vec<RelationKind>>,
}

/// Everything that is wrong with a policy, one sentence each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct PolicyMistakes(pub Vec<String>);

impl Policy {
    /// The text of the policy that caregraph brings along.
    pub const DEFAULT: &str = include_str!("default-policy.toml");

    /// The policy that caregraph brings along.
    ///
    /// # Panics
    ///
    /// Never: a test reads it.
    pub fn default_policy() -> Self {
        Self::parse(Self::DEFAULT)
            .unwrap_or_else(|mistakes| panic!("the default policy: {mistakes}"))
    }

    /// Reads a policy, reporting every mistake at once.
    pub fn parse(text: &str) -> Result<Self, PolicyMistakes> {
        let (roles, of_age) = policy_reader::read(text)?;
        Ok(Self { roles, of_age, version: Self::version_of(text), approvers: Vec::new() })
    }

    /// The same policy, but for labels, which hide nothing from anybody.
    #[must_use]
    pub fn without_labels(mut self) -> Self {
        for rules in self.roles.values_mut() {
            rules.labels = Label::ALL.iter().map(|label| (*label, Clearance::OPEN)).collect();
        }
        self.version.push_str("-without-labels");
        self
    }

    /// The same policy, but for relations, of which nobody needs any.
    #[must_use]
    pub fn without_relationships(mut self) -> Self {
        for rules in self.roles.values_mut() {
            rules.relations = None;
        }
        self
    }

    /// The same policy, approved by these people.
    pub(super) fn approved_by(mut self, approvers: Vec<String>) -> Self {
        self.approvers = approvers;
        self
    }

    /// A name of the policy that changes with its text.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The name of the policy of that text.
    pub(super) fn version_of(text: &str) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let start = digest.as_ref().iter().take(8);
        let start = start.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{start:016x}")
    }

    /// Who approved it; nobody where a policy needs no approval.
    pub fn approvers(&self) -> &[String] {
        &self.approvers
    }

    fn of(&self, role: Role) -> Option<&Rules> {
        self.roles.get(&role)
    }

    /// How far the role may see fields of the class, if at all.
    pub fn rule(&self, role: Role, class: FieldClass) -> Option<ClassRule> {
        if matches!(class, FieldClass::Public | FieldClass::Inherit) {
            return Some(ClassRule { needs_consent: false, own: false });
        }
        self.of(role)?.classes.get(&class).copied()
    }

    /// True when the role may see fields of the class without asking the patient.
    pub fn grants(&self, role: Role, class: FieldClass) -> bool {
        self.rule(role, class).is_some_and(|grant| !grant.needs_consent)
    }

    /// True when the role may see patients, be it with their consent.
    pub fn sees_patients(&self, role: Role) -> bool {
        self.rule(role, FieldClass::Name).is_some()
    }

    /// How far a label lets records through to the role.
    pub fn clearance(&self, role: Role, label: Label) -> Clearance {
        self.of(role)
            .and_then(|rules| rules.labels.get(&label))
            .copied()
            .unwrap_or(Clearance::NEVER)
    }

    /// The labels that hide nothing from the role, and those that hide all but medicines, without any consent.
    pub fn labels(&self, role: Role) -> (LabelSet, LabelSet) {
        let with = |reach| {
            let open = |label: &Label| {
                let clearance = self.clearance(role, *label);
                clearance.reach == reach && !clearance.needs_consent
            };
            Label::ALL.iter().copied().filter(open).collect()
        };
        (with(Reach::Everything), with(Reach::Medications))
    }

    /// The relations of which the role needs one to see a patient; `None` when it needs none.
    pub fn relations(&self, role: Role) -> Option<&[RelationKind]> {
        self.of(role).map_or(Some(&[]), |rules| rules.relations.as_deref())
    }

    /// When patients come of age.
    pub const fn of_age(&self) -> OfAge {
        self.of_age
    }

    /// True when the role may break the glass: there is a label that it would open, and it may treat in an emergency.
    pub fn breaks_glass(&self, role: Role) -> bool {
        Label::ALL.iter().any(|label| self.clearance(role, *label).break_glass)
            && self.purposes(role).contains(&PurposeOfUse::Etreat)
    }

    /// What somebody in that role can do about records that labels hide, whether there are any or not: `BREAK_GLASS`,
    /// `REQUEST_CONSENT` or `NONE`.
    pub fn remedy(&self, role: Role) -> &'static str {
        let may = |what: fn(Clearance) -> bool| {
            Label::ALL.iter().any(|label| what(self.clearance(role, *label)))
        };
        if self.breaks_glass(role) {
            "BREAK_GLASS"
        } else if may(|clearance| clearance.needs_consent) {
            "REQUEST_CONSENT"
        } else {
            "NONE"
        }
    }

    /// The purposes for which a role may look, the usual one first.
    pub fn purposes(&self, role: Role) -> &[PurposeOfUse] {
        self.of(role).map_or(&[], |rules| &rules.purposes)
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
