//! What a patient decided about their own data: the shape of a FHIR Consent's provisions, flattened.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::class::class_names;
use super::named::named;
use super::{FieldClass, LabelSet, PurposeOfUse, Role, Viewer};

/// Whether data may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// They may.
    Permit,
    /// They may not. It overrides every permit.
    Deny,
}

impl Verdict {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Permit, Self::Deny];

    /// The name in the schema.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Permit => "PERMIT",
            Self::Deny => "DENY",
        }
    }

    /// What it means.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Permit => "They may, as far as the policy leaves it to the patient.",
            Self::Deny => "They may not. It overrides every permit.",
        }
    }
}

named! {
    /// On whose word a directive rests.
    Authority {
        /// The patient's, who may take it back.
        Patient = "PATIENT",
        /// A court's. It can only deny, holds even in an emergency, and is not the patient's to lift.
        Court = "COURT",
    }
}

/// One decision of a patient. An empty list of viewers, purposes or times means any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directive {
    /// Whether.
    pub verdict: Verdict,
    /// Records of which sensitivity.
    pub labels: LabelSet,
    /// Fields of which classes.
    #[serde(with = "class_names", default)]
    pub classes: Vec<FieldClass>,
    /// Records of which sources, by id. Only to deny.
    pub sources: BTreeSet<String>,
    /// To whom, by role.
    pub roles: Vec<Role>,
    /// To whom, by organisation.
    pub organizations: BTreeSet<String>,
    /// To whom, by the subject of their tokens.
    pub people: BTreeSet<String>,
    /// For what.
    pub purposes: Vec<PurposeOfUse>,
    /// From when, in milliseconds since 1970-01-01T00:00Z.
    pub from_ms: Option<i64>,
    /// Until when; at that moment it is over.
    pub until_ms: Option<i64>,
    /// For a denial: it holds even when somebody breaks the glass.
    #[serde(default)]
    pub even_in_emergency: bool,
    /// On whose word it rests.
    #[serde(default = "the_patients")]
    pub authority: Authority,
}

/// On whose word directives rest that do not say so.
const fn the_patients() -> Authority {
    Authority::Patient
}

impl Directive {
    /// True when it is about this viewer, at this time (milliseconds since 1970-01-01T00:00Z).
    pub fn speaks_of(&self, viewer: &Viewer, now_ms: i64) -> bool {
        let named = |list: &BTreeSet<String>, name: Option<&str>| {
            list.is_empty() || name.is_some_and(|name| list.contains(name))
        };
        (self.roles.is_empty() || self.roles.contains(&viewer.role))
            && (self.purposes.is_empty() || self.purposes.contains(&viewer.purpose))
            && named(&self.organizations, viewer.organization.as_deref())
            && named(&self.people, Some(&viewer.subject))
            && self.from_ms.is_none_or(|from| from <= now_ms)
            && self.until_ms.is_none_or(|until| now_ms < until)
    }

    /// True for a denial of everything.
    pub fn denies_all(&self) -> bool {
        self.verdict == Verdict::Deny
            && self.labels.is_empty()
            && self.classes.is_empty()
            && self.sources.is_empty()
    }
}

#[cfg(test)]
impl Directive {
    /// One that speaks of everybody, for ever.
    pub(crate) fn of_anybody(verdict: Verdict, labels: &[super::Label]) -> Self {
        Self {
            verdict,
            labels: labels.iter().copied().collect(),
            classes: Vec::new(),
            sources: BTreeSet::new(),
            roles: Vec::new(),
            organizations: BTreeSet::new(),
            people: BTreeSet::new(),
            purposes: Vec::new(),
            from_ms: None,
            until_ms: None,
            even_in_emergency: false,
            authority: Authority::Patient,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anybody() -> Directive {
        Directive::of_anybody(Verdict::Permit, &[])
    }

    fn viewer() -> Viewer {
        let purpose = PurposeOfUse::Caremgt;
        Viewer { purpose, ..Viewer::of_organization(Role::Coordinator, "River County") }
    }

    #[test]
    fn every_part_narrows_whom_it_speaks_of() {
        let set = |name: &str| BTreeSet::from([name.to_owned()]);
        for (directive, expected) in [
            (anybody(), true),
            (Directive { roles: vec![Role::Coordinator], ..anybody() }, true),
            (Directive { roles: vec![Role::Pharmacist], ..anybody() }, false),
            (Directive { organizations: set("River County"), ..anybody() }, true),
            (Directive { organizations: set("Elsewhere"), ..anybody() }, false),
            (Directive { people: set("user-1"), ..anybody() }, true),
            (Directive { people: set("user-2"), ..anybody() }, false),
            (Directive { purposes: vec![PurposeOfUse::Treat], ..anybody() }, false),
            (Directive { from_ms: Some(1_000), ..anybody() }, true),
            (Directive { from_ms: Some(1_001), ..anybody() }, false),
            (Directive { until_ms: Some(1_001), ..anybody() }, true),
            (Directive { until_ms: Some(1_000), ..anybody() }, false),
        ] {
            assert_eq!(directive.speaks_of(&viewer(), 1_000), expected, "{directive:?}");
        }
    }
}
