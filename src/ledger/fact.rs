//! What an entry says, of which kind that is, and whose.

use serde::{Deserialize, Serialize};

use crate::access::{BreakGlass, Directive, Relation, Verdict};
use crate::identity::{Mac, MacOf, Sealer};

/// What a patient decided, and on what that rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What was decided.
    pub directive: Directive,
    /// On what it rests: where the signed document is filed.
    pub basis: String,
}

/// That a source may be asked for the patient by an identifier, and on what that rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    /// Which source.
    pub source: String,
    /// By an identifier of which system; not which one it was.
    pub system: String,
    /// On what it rests: where the signed consent is filed.
    pub basis: String,
    /// The record that was found there, in the text of its key.
    #[serde(default)]
    pub record: Option<String>,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// What the patient decided.
    Consent(Consent),
    /// Who stands in which relation to them.
    Relation(Relation),
    /// That somebody broke the glass.
    BreakGlass(BreakGlass),
    /// That a source may be asked for the patient by an identifier.
    Lookup(Lookup),
}

/// The kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What patients decided.
    Consent,
    /// Who stands in which relation to them.
    Relation,
    /// Broken glasses.
    BreakGlass,
    /// That sources may be asked for patients by an identifier.
    Lookup,
}

impl Kind {
    pub(super) const ALL: [Self; 4] =
        [Self::Consent, Self::Relation, Self::BreakGlass, Self::Lookup];

    /// Its name in the store.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Relation => "relation",
            Self::BreakGlass => "break-glass",
            Self::Lookup => "lookup",
        }
    }
}

/// Who holds a relation. One of a person of an organisation is that person's.
#[derive(Clone, Copy)]
pub(super) enum Whose<'n> {
    Subject(&'n str),
    Organization(&'n str),
}

impl Whose<'_> {
    pub(super) fn mac(self, sealer: &Sealer) -> Mac {
        let (of, name) = match self {
            Self::Subject(name) => (MacOf::Subject, name),
            Self::Organization(name) => (MacOf::Organization, name),
        };
        sealer.mac(of, &[name.as_bytes()])
    }
}

impl Fact {
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Consent(_) => Kind::Consent,
            Self::Relation(_) => Kind::Relation,
            Self::BreakGlass(_) => Kind::BreakGlass,
            Self::Lookup(_) => Kind::Lookup,
        }
    }

    /// Whose it is, when it is somebody's.
    pub(super) fn whose(&self) -> Option<Whose<'_>> {
        match self {
            Self::Consent(_) | Self::Lookup(_) => None,
            Self::Relation(relation) => {
                let subject = relation.subject.as_deref().map(Whose::Subject);
                subject.or(relation.organization.as_deref().map(Whose::Organization))
            }
            Self::BreakGlass(glass) => Some(Whose::Subject(&glass.subject)),
        }
    }

    /// True for what closes; all else opens.
    pub(super) fn closes(&self) -> bool {
        matches!(self, Self::Consent(consent) if consent.directive.verdict == Verdict::Deny)
    }
}
