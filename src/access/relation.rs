//! In which relation somebody stands to a patient.

use serde::{Deserialize, Serialize};

use super::class::class_names;
use super::named::named;
use super::{FieldClass, Role, Viewer};

named! {
    /// A relation by which somebody may know that a patient exists.
    RelationKind {
        /// They are the patient.
        OneSelf = "SELF",
        /// They act for the patient, who granted it.
        Proxy = "PROXY",
        /// The patient has a record at their organisation: its panel, its cases, what it dispenses.
        Organization = "ORGANIZATION",
        /// They stand in the patient's care team.
        CareTeam = "CARE_TEAM",
        /// The patient was referred to them.
        Referral = "REFERRAL",
    }
}

impl RelationKind {
    /// The relations that people attest. Who is at which organisation, tokens say.
    pub const ATTESTED: [Self; 4] = [Self::OneSelf, Self::Proxy, Self::CareTeam, Self::Referral];
}

/// A relation that was attested to caregraph. At least one of `subject` and `organization` says whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// Which one.
    pub kind: RelationKind,
    /// In which role.
    pub role: Role,
    /// Whose, by the subject of their tokens.
    pub subject: Option<String>,
    /// Whose, by organisation.
    pub organization: Option<String>,
    /// Which classes of fields it opens; all that the policy opens, when there are none.
    #[serde(with = "class_names", default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<FieldClass>,
    /// From when, in milliseconds since 1970-01-01T00:00Z.
    pub from_ms: Option<i64>,
    /// Until when; at that moment it is over.
    pub until_ms: Option<i64>,
    /// On what it rests.
    pub basis: String,
}

/// A relation on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    /// Which.
    pub relation: Relation,
    /// When it was recorded, in milliseconds since 1970-01-01T00:00Z.
    pub at_ms: i64,
}

impl Relation {
    /// True when it is this viewer's, at this time (milliseconds since 1970-01-01T00:00Z).
    pub fn is_of(&self, viewer: &Viewer, now_ms: i64) -> bool {
        let fits = |wanted: &Option<String>, is: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| is == Some(wanted))
        };
        self.role == viewer.role
            && (self.subject.is_some() || self.organization.is_some())
            && fits(&self.subject, Some(&viewer.subject))
            && fits(&self.organization, viewer.organization.as_deref())
            && self.from_ms.is_none_or(|from| from <= now_ms)
            && self.until_ms.is_none_or(|until| now_ms < until)
    }
}
