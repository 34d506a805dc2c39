//! Plans, goals, teams, referrals and insurance.

use serde::Deserialize;
use smol_str::format_smolstr;

use super::super::wire::{Concept, Identifier, Period, Quantity, Range, Reference, date, many};
use super::clinical::words;
use super::{Around, Wire, concept, concepts, is_withdrawn};
use crate::record::{self, Fact, FuzzyDate, Text, systems};

#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct CarePlan {
    subject: Option<Reference>,
    title: Option<Text>,
    status: Option<Text>,
    intent: Option<Text>,
    #[serde(default, deserialize_with = "many")]
    category: Vec<Concept>,
    description: Option<Text>,
    period: Option<Period>,
    #[serde(default, deserialize_with = "date")]
    created: Option<FuzzyDate>,
    author: Option<Reference>,
    #[serde(default, deserialize_with = "many")]
    activity: Vec<Activity>,
    #[serde(default, deserialize_with = "many")]
    goal: Vec<Reference>,
}

#[derive(Debug, Default, Deserialize)]
struct Activity {
    detail: Option<ActivityDetail>,
    reference: Option<Reference>,
}

#[derive(Debug, Default, Deserialize)]
struct ActivityDetail {
    code: Option<Concept>,
    status: Option<Text>,
    description: Option<Text>,
}

impl Wire for CarePlan {
    const TYPE: &'static str = "CarePlan";

    fn owners(&self) -> impl Iterator<Item = &Reference> {
        self.subject.iter()
    }

    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let period = self.period.unwrap_or_default();
        let activities = self.activity.into_iter().map(|activity| {
            let detail = activity.detail.unwrap_or_default();
            let what = concept(detail.code)
                .or_else(|| around.name(activity.reference).map(record::Concept::of_text));
            record::Activity { what, status: detail.status, description: detail.description }
        });
        let fact = record::CarePlan {
            activities: activities.collect(),
            title: self.title,
            status: self.status,
            intent: self.intent,
            categories: concepts(self.category),
            description: self.description,
            start: period.start,
            end: period.end,
            author: around.name(self.author),
            goals: self
                .goal
                .iter()
                .filter_map(|goal| goal.target().map(|(kind, id)| format_smolstr!("{kind}/{id}")))
                .collect(),
        };
        (Fact::CarePlan(fact), self.created)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Goal {
    subject: Option<Reference>,
    lifecycle_status: Option<Text>,
    achievement_status: Option<Concept>,
    priority: Option<Concept>,
    description: Option<Concept>,
    #[serde(default, deserialize_with = "date")]
    start_date: Option<FuzzyDate>,
    #[serde(default, deserialize_with = "date")]
    status_date: Option<FuzzyDate>,
    expressed_by: Option<Reference>,
    #[serde(default, deserialize_with = "many")]
    target: Vec<Target>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    measure: Option<Concept>,
    detail_quantity: Option<Quantity>,
    detail_range: Option<Range>,
    detail_codeable_concept: Option<Concept>,
    detail_string: Option<Text>,
    #[serde(default, deserialize_with = "date")]
    due_date: Option<FuzzyDate>,
}

impl Wire for Goal {
    const TYPE: &'static str = "Goal";

    fn owners(&self) -> impl Iterator<Item = &Reference> {
        self.subject.iter()
    }

    fn withdrawn(&self) -> bool {
        is_withdrawn(self.lifecycle_status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let targets = self.target.into_iter().map(|target| {
            let coded = concept(target.detail_codeable_concept);
            record::GoalTarget {
                measure: concept(target.measure),
                detail: words(target.detail_quantity.as_ref(), target.detail_range.as_ref())
                    .or_else(|| coded?.words().map(Text::new))
                    .or(target.detail_string),
                due: target.due_date,
            }
        });
        let fact = record::Goal {
            targets: targets.collect(),
            description: concept(self.description),
            status: self.lifecycle_status,
            achievement: concept(self.achievement_status),
            priority: concept(self.priority),
            start: self.start_date,
            expressed_by: around.name(self.expressed_by),
        };
        (Fact::Goal(fact), self.status_date)
    }
}

#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct CareTeam {
    subject: Option<Reference>,
    name: Option<Text>,
    status: Option<Text>,
    #[serde(default, deserialize_with = "many")]
    participant: Vec<Participant>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Participant {
    #[serde(default, deserialize_with = "many")]
    role: Vec<Concept>,
    member: Option<Reference>,
    on_behalf_of: Option<Reference>,
    period: Option<Period>,
}

impl Wire for CareTeam {
    const TYPE: &'static str = "CareTeam";

    fn owners(&self) -> impl Iterator<Item = &Reference> {
        self.subject.iter()
    }

    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let participants = self.participant.into_iter().map(|participant| {
            let period = participant.period.unwrap_or_default();
            let member = participant.member.unwrap_or_default();
            record::Participant {
                npi: npi(&member),
                is_patient: member.target().is_some_and(|(kind, _)| kind == "Patient"),
                name: around.name(Some(member)),
                roles: concepts(participant.role),
                organization: around.name(participant.on_behalf_of),
                start: period.start,
                end: period.end,
            }
        });
        let fact = record::CareTeam {
            participants: participants.collect(),
            name: self.name,
            status: self.status,
        };
        (Fact::CareTeam(fact), None)
    }
}

/// The National Provider Identifier of a reference, given as identifier or as a conditional reference.
fn npi(member: &Reference) -> Option<Text> {
    let of_identifier = |identifier: &Identifier| {
        identifier.value.clone().filter(|_| identifier.system.as_deref() == Some(systems::NPI))
    };
    member.identifier.as_deref().and_then(of_identifier).or_else(|| {
        let (_, token) = member.reference.as_deref()?.split_once("identifier=")?;
        token
            .split_once('|')
            .filter(|(system, _)| *system == systems::NPI)
            .map(|(_, value)| value.into())
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ServiceRequest {
    subject: Option<Reference>,
    status: Option<Text>,
    intent: Option<Text>,
    priority: Option<Text>,
    #[serde(default, deserialize_with = "many")]
    category: Vec<Concept>,
    code: Option<Concept>,
    #[serde(default, deserialize_with = "date")]
    authored_on: Option<FuzzyDate>,
    #[serde(default, deserialize_with = "date")]
    occurrence_date_time: Option<FuzzyDate>,
    occurrence_period: Option<Period>,
    requester: Option<Reference>,
    #[serde(default, deserialize_with = "many")]
    performer: Vec<Reference>,
    performer_type: Option<Concept>,
    #[serde(default, deserialize_with = "many")]
    reason_code: Vec<Concept>,
}

impl Wire for ServiceRequest {
    const TYPE: &'static str = "ServiceRequest";

    fn owners(&self) -> impl Iterator<Item = &Reference> {
        self.subject.iter()
    }

    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let mut performers: Vec<Text> = self
            .performer
            .into_iter()
            .filter_map(|performer| around.name(Some(performer)))
            .collect();
        if performers.is_empty() {
            performers
                .extend(concept(self.performer_type).and_then(|kind| kind.words().map(Text::new)));
        }
        let fact = record::Referral {
            service: concept(self.code),
            status: self.status,
            intent: self.intent,
            priority: self.priority,
            categories: concepts(self.category),
            authored: self.authored_on.clone(),
            requester: around.name(self.requester),
            performers,
            reasons: concepts(self.reason_code),
            occurrence: self.occurrence_date_time.or_else(|| self.occurrence_period?.start),
        };
        (Fact::Referral(fact), self.authored_on)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Coverage {
    beneficiary: Option<Reference>,
    status: Option<Text>,
    #[serde(rename = "type")]
    kind: Option<Concept>,
    subscriber_id: Option<Text>,
    #[serde(default, deserialize_with = "many")]
    payor: Vec<Reference>,
    period: Option<Period>,
    #[serde(default, deserialize_with = "many")]
    class: Vec<CoverageClass>,
}

#[derive(Debug, Default, Deserialize)]
struct CoverageClass {
    #[serde(rename = "type")]
    kind: Option<Concept>,
    value: Option<Text>,
    name: Option<Text>,
}

impl Wire for Coverage {
    const TYPE: &'static str = "Coverage";

    fn owners(&self) -> impl Iterator<Item = &Reference> {
        self.beneficiary.iter()
    }

    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let period = self.period.unwrap_or_default();
        let plan = self
            .class
            .into_iter()
            .find(|class| class.kind.as_ref().and_then(Concept::code) == Some("plan"))
            .and_then(|class| class.name.or(class.value));
        let fact = record::Coverage {
            status: self.status,
            kind: concept(self.kind),
            payer: self.payor.into_iter().find_map(|payer| around.name(Some(payer))),
            member_id: self.subscriber_id,
            plan,
            start: period.start,
            end: period.end,
        };
        (Fact::Coverage(fact), None)
    }
}
