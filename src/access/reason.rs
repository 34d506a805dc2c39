//! Why a decision came out as it did.

use std::fmt;

use super::{Authority, Directive, FieldClass, Label, RelationKind, Verdict};

/// One step of a decision, in the order in which they are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The role sees no patients.
    SeesNoPatients,
    /// The token names another patient, or none.
    NotTheirs,
    /// It is their own record, in a role in which they look at others.
    OwnRecord,
    /// The scopes of the token are for nothing of this patient.
    OutOfScope,
    /// The policy wants no relation of the role.
    NoRelationNeeded,
    /// They stand in this relation.
    Related(RelationKind),
    /// They were granted a proxy for a child, who has come of age.
    CameOfAge,
    /// They stand in no relation that the policy wants.
    Unrelated,
    /// They broke the glass.
    Broken,
    /// The patient permits something.
    Permitted(Directive),
    /// The patient has not opened their name to the role, which needs that.
    NotOpened,
    /// What was granted to them is limited to these classes.
    Limited(Vec<FieldClass>),
    /// The patient denies something.
    Denied(Directive),
    /// A denial is overridden by the broken glass.
    Overridden(Directive),
}

impl Reason {
    /// True for what closes the patient or something of them.
    pub const fn closes(&self) -> bool {
        match self {
            Self::SeesNoPatients
            | Self::NotTheirs
            | Self::OwnRecord
            | Self::OutOfScope
            | Self::CameOfAge
            | Self::Unrelated
            | Self::NotOpened
            | Self::Limited(_)
            | Self::Denied(_) => true,
            Self::NoRelationNeeded
            | Self::Related(_)
            | Self::Broken
            | Self::Permitted(_)
            | Self::Overridden(_) => false,
        }
    }
}

/// One sentence.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeesNoPatients => f.write_str("The policy shows no patient to the role."),
            Self::NotTheirs => {
                f.write_str("The role sees the patient of its token alone, and this is another.")
            }
            Self::OwnRecord => f.write_str(
                "It is their own record, which nobody sees in the role in which they look at others.",
            ),
            Self::OutOfScope => {
                f.write_str("The scopes of their token are for nothing of this patient.")
            }
            Self::NoRelationNeeded => f.write_str("The role needs no relation to the patient."),
            Self::Related(kind) => write!(f, "They stand in a relation: {}.", kind.name()),
            Self::CameOfAge => f.write_str(
                "A proxy of theirs was recorded for a child and is over: the patient has come of age, or nobody knows when they were born.",
            ),
            Self::Unrelated => {
                f.write_str("They stand in no relation that the policy wants of the role.")
            }
            Self::Broken => f.write_str("They broke the glass, and it is not over."),
            Self::Permitted(permit) => write!(f, "The patient permits {}.", what(permit)),
            Self::NotOpened => f.write_str(
                "The patient has not opened their name to the role, to which the policy leaves that.",
            ),
            Self::Limited(classes) => {
                let names: Vec<&str> = classes.iter().map(|class| class.name()).collect();
                write!(f, "What was granted to them is limited to {}.", names.join(", "))
            }
            Self::Denied(denial) => match denial.authority {
                Authority::Patient => write!(f, "The patient denies {}.", what(denial)),
                Authority::Court => write!(f, "A court forbids {}.", what(denial)),
            },
            Self::Overridden(denial) => {
                write!(f, "The patient denies {}, which the broken glass overrides.", what(denial))
            }
        }
    }
}

/// What a directive is about.
fn what(directive: &Directive) -> String {
    let mut parts = Vec::new();
    let labels: Vec<&str> = directive.labels.iter().map(Label::name).collect();
    let classes: Vec<&str> = directive.classes.iter().map(|class| class.name()).collect();
    let sources: Vec<&str> = directive.sources.iter().map(String::as_str).collect();
    for (name, list) in [("labels", labels), ("classes", classes), ("sources", sources)] {
        if !list.is_empty() {
            parts.push(format!("{name} {}", list.join(", ")));
        }
    }
    if parts.is_empty() && directive.verdict == Verdict::Deny {
        return "everything".to_owned();
    }
    parts.join(" and ")
}
