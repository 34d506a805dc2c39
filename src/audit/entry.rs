//! What an entry says. It says which kinds of data were shown, and never what they were.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::identity::PersonId;

/// Declares an enum once, with the names that stand in the log.
macro_rules! words {
    ($(#[doc = $doc:literal])+ enum $type:ident { $($(#[doc = $vdoc:literal])+ $variant:ident = $name:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $type { $($(#[doc = $vdoc])+ #[serde(rename = $name)] $variant),+ }

        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the log and in the schema.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it means, in one sentence.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($vdoc),+)),+ }
            }
        }
    };
}

words! {
    /// What happened.
    enum Event {
        /// Data of a patient were asked for.
        Read = "READ",
        /// Patients were searched for; one entry for each who was shown.
        Search = "SEARCH",
        /// The log itself was searched.
        LogRead = "LOG_READ",
        /// What a patient decided was recorded.
        ConsentRecorded = "CONSENT_RECORDED",
        /// What a patient decided was revoked.
        ConsentRevoked = "CONSENT_REVOKED",
        /// A relation to a patient was recorded.
        RelationRecorded = "RELATION_RECORDED",
        /// A relation to a patient was ended.
        RelationEnded = "RELATION_ENDED",
        /// Somebody broke the glass.
        BreakGlass = "BREAK_GLASS",
        /// It was reviewed that somebody broke the glass.
        BreakGlassReviewed = "BREAK_GLASS_REVIEWED",
        /// An auditor was told why somebody may see something, or may not.
        Explained = "EXPLAINED",
        /// A record was taken out of a patient.
        Unlinked = "UNLINKED",
        /// A connector was registered.
        ConnectorRegistered = "CONNECTOR_REGISTERED",
        /// A connector, or what it proves itself with, was changed.
        ConnectorChanged = "CONNECTOR_CHANGED",
        /// A version of a connector was tried.
        ConnectorTested = "CONNECTOR_TESTED",
        /// A version of a connector was approved, and is in use from then on.
        ConnectorApproved = "CONNECTOR_APPROVED",
        /// A version of a connector was to be asked in the shadow of the one in use, or no more.
        ConnectorShadowed = "CONNECTOR_SHADOWED",
        /// A connector was taken out of use, for now or for good.
        ConnectorStopped = "CONNECTOR_STOPPED",
        /// Another policy took effect, or was put in its place without the approvals that it needs.
        PolicyChanged = "POLICY_CHANGED",
        /// The gateway started.
        Start = "START",
        /// The gateway stopped in good order.
        Stop = "STOP",
        /// What was kept of a patient's data was forgotten, so that the sources are asked anew.
        Refreshed = "REFRESHED",
        /// A source that lists nobody was asked for a patient, by an identifier.
        LookedUp = "LOOKED_UP",
    }
}

words! {
    /// What became of it.
    enum Outcome {
        /// It was done, or shown.
        Done = "DONE",
        /// The viewer may not do or see it.
        Denied = "DENIED",
        /// There is no such patient.
        NotFound = "NOT_FOUND",
        /// It is about to be done: a second entry says what became of it.
        Attempted = "ATTEMPTED",
        /// It was attempted and not done.
        Failed = "FAILED",
    }
}

/// One entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, in milliseconds since 1970-01-01T00:00Z.
    pub at_ms: i64,
    /// About whom, if about anybody.
    pub person: Option<PersonId>,
    /// Who, in the words of the issuer; empty for the gateway itself.
    pub viewer: String,
    /// All else.
    pub body: Body,
}

/// What an entry says besides when, who and about whom. What is empty is not written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// What happened.
    pub event: Event,
    /// What became of it.
    pub outcome: Outcome,
    /// In which role.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// For which organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Through which client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Why, as an HL7 code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// The name of the operation, when it is a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// SHA-256 of the document, in hexadecimal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub document: String,
    /// The id of the request, as it stands in the answer's `X-Request-Id`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// The decision on access.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decision: String,
    /// The policy that was in force; of a change, the new one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy: String,
    /// Of a change, the policy before it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy_before: String,
    /// Who approved the policy that began to be in force, or was to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<String>,
    /// The classes of the fields that were shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The labels that were open to the viewer because the patient consented, or in an emergency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The fields that were selected and hidden, as paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redactions: Vec<String>,
    /// The sources that were asked, and how they answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Our own id of what was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// How far the chains before this one had come, when it begins one: chain, place, hash.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heads: Vec<(i64, i64, String)>,
}

/// A source and how it answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source(
    /// Its configured id.
    pub String,
    /// How it answered, in the schema's words.
    pub String,
);

impl Body {
    /// Of an event of which nothing more is known yet.
    pub fn of(event: Event, outcome: Outcome) -> Self {
        Self {
            event,
            outcome,
            role: String::new(),
            organization: None,
            client: None,
            purpose: String::new(),
            operation: None,
            document: String::new(),
            request: String::new(),
            decision: String::new(),
            policy: String::new(),
            policy_before: String::new(),
            approvers: Vec::new(),
            classes: Vec::new(),
            labels: Vec::new(),
            redactions: Vec::new(),
            sources: Vec::new(),
            object: None,
            heads: Vec::new(),
        }
    }
}

/// They tell who saw whom: a debug print shows the event alone.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({})", self.body.event.name())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({})", self.event.name())
    }
}
