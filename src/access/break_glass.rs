//! Breaking the glass: seeing in an emergency what is hidden otherwise, for a while, on the record.

use serde::{Deserialize, Serialize};

use super::named::named;
use super::{Role, Viewer};

named! {
    /// Why the glass is broken.
    BreakGlassReason {
        /// The patient needs treatment at once.
        EmergencyTreatment = "EMERGENCY_TREATMENT",
        /// The patient cannot be asked: unconscious, confused, or a child alone.
        UnableToConsent = "UNABLE_TO_CONSENT",
        /// Somebody is about to come to harm.
        ImminentHarm = "IMMINENT_HARM",
        /// A disaster has cut the patient off from those who know them.
        Disaster = "DISASTER",
    }
}

named! {
    /// What a review of a broken glass came to.
    ReviewOutcome {
        /// It was right.
        Justified = "JUSTIFIED",
        /// It was not; somebody has to follow it up.
        NotJustified = "NOT_JUSTIFIED",
    }
}

/// One broken glass: one viewer, one patient, for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlass {
    /// Whose, by the subject of their tokens.
    pub subject: String,
    /// In which role.
    pub role: Role,
    /// For which organisation: the recipient's affiliation, which 42 CFR 2.51(c) wants recorded.
    pub organization: Option<String>,
    /// Why.
    pub reason: BreakGlassReason,
    /// The nature of the emergency (42 CFR 2.51(c)).
    pub text: String,
    /// Until when, in milliseconds since 1970-01-01T00:00Z; at that moment it is over.
    pub until_ms: i64,
    /// What its review came to; `None` as long as it is to be done.
    #[serde(default)]
    pub review: Option<Review>,
}

/// A review by a privacy auditor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// What it came to.
    pub outcome: ReviewOutcome,
    /// Why.
    pub note: String,
    /// By whom.
    pub by: String,
    /// When, in milliseconds since 1970-01-01T00:00Z.
    pub at_ms: i64,
}

impl BreakGlass {
    /// How long a glass stays broken, in milliseconds: an hour.
    pub const LASTS_MS: i64 = 60 * 60 * 1000;
    /// The shortest description of an emergency, in characters.
    pub const SHORTEST_TEXT: usize = 20;

    /// True when this viewer broke it and it is not over at this time (milliseconds since 1970-01-01T00:00Z).
    pub fn is_of(&self, viewer: &Viewer, now_ms: i64) -> bool {
        self.subject == viewer.subject
            && self.role == viewer.role
            && self.organization == viewer.organization
            && now_ms < self.until_ms
    }
}
