//! What is planned, who does it, and whom the patient was sent to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Concept, FuzzyDate, Text};

/// One thing that a care plan foresees.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Activity {
    /// What is to be done.
    pub what: Option<Concept>,
    /// HL7 care-plan-activity-status code.
    pub status: Option<Text>,
    /// In words.
    pub description: Option<Text>,
}

/// A care plan as one source holds it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CarePlan {
    /// Its title.
    pub title: Option<Text>,
    /// HL7 request-status code: `active`, `completed`, `revoked`, …
    pub status: Option<Text>,
    /// `plan`, `order`, `proposal`, `option`.
    pub intent: Option<Text>,
    /// What kinds of plan it is.
    pub categories: Vec<Concept>,
    /// Summary, in words.
    pub description: Option<Text>,
    /// From when.
    pub start: Option<FuzzyDate>,
    /// Until when.
    pub end: Option<FuzzyDate>,
    /// Who wrote it.
    pub author: Option<Text>,
    /// What it foresees.
    pub activities: Vec<Activity>,
    /// References of its goals, in the same source.
    pub goals: Vec<Text>,
}

/// What a goal wants to reach, and until when.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct GoalTarget {
    /// What is measured.
    pub measure: Option<Concept>,
    /// What it should come to, in words.
    pub detail: Option<Text>,
    /// Until when.
    pub due: Option<FuzzyDate>,
}

/// A goal.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Goal {
    /// What is to be reached.
    pub description: Option<Concept>,
    /// HL7 goal-status code: `proposed`, `active`, `completed`, …
    pub status: Option<Text>,
    /// HL7 goal-achievement concept.
    pub achievement: Option<Concept>,
    /// How urgent it is.
    pub priority: Option<Concept>,
    /// From when.
    pub start: Option<FuzzyDate>,
    /// What it wants to reach.
    pub targets: Vec<GoalTarget>,
    /// Who set it.
    pub expressed_by: Option<Text>,
}

/// One member of a care team.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Participant {
    /// Their name.
    pub name: Option<Text>,
    /// National Provider Identifier.
    pub npi: Option<Text>,
    /// What they do for the patient.
    pub roles: Vec<Concept>,
    /// For which organisation.
    pub organization: Option<Text>,
    /// From when.
    pub start: Option<FuzzyDate>,
    /// Until when.
    pub end: Option<FuzzyDate>,
    /// True when the source lists the patient in their own team.
    pub is_patient: bool,
}

/// A care team.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CareTeam {
    /// Its name.
    pub name: Option<Text>,
    /// HL7 care-team-status code.
    pub status: Option<Text>,
    /// Its members.
    pub participants: Vec<Participant>,
}

/// A referral or an order for a service.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Referral {
    /// What is asked for.
    pub service: Option<Concept>,
    /// HL7 request-status code.
    pub status: Option<Text>,
    /// HL7 request-intent code.
    pub intent: Option<Text>,
    /// HL7 request-priority code.
    pub priority: Option<Text>,
    /// What kind of order it is.
    pub categories: Vec<Concept>,
    /// When it was written.
    pub authored: Option<FuzzyDate>,
    /// Who sent it.
    pub requester: Option<Text>,
    /// To whom.
    pub performers: Vec<Text>,
    /// Why.
    pub reasons: Vec<Concept>,
    /// When it should happen.
    pub occurrence: Option<FuzzyDate>,
}
