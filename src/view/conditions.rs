//! Problems and diagnoses.

use std::borrow::Cow;

use super::concept::Concept;
use super::connection::{Connection, Entry, item};
use super::gate::{Id, choice, object};
use super::merge::{Fit, Key, Mergeable, claims, concept_keys, merge, same_concept};
use super::paging::newest_first;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, Section};

object! {
    /// A problem, diagnosis or health concern.
    struct Condition in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// What it is.
        code: Option<Concept>, Conditions;
        /// Whether the patient has it now.
        status: Option<ConditionStatus>, Conditions;
        /// How sure it is.
        verification: Option<Verification>, Conditions;
        /// Problem-list item, encounter diagnosis, health concern.
        category: Option<Concept>, Conditions;
        /// When it began.
        onset: Option<FuzzyDate>, Conditions;
        /// When it ended.
        abatement: Option<FuzzyDate>, Conditions;
        /// How severe it is.
        severity: Option<Concept>, Conditions;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Condition);

choice! {
    /// Whether a patient has a condition now.
    enum ConditionStatus {
        /// The patient has it.
        Active = "ACTIVE",
        /// The patient has it no more, or it rests.
        Inactive = "INACTIVE",
        /// It is over.
        Resolved = "RESOLVED",
        /// The sources do not say.
        Unknown = "UNKNOWN",
    }
}

choice! {
    /// How sure a statement is.
    enum Verification {
        /// Established.
        Confirmed = "CONFIRMED",
        /// Not established yet.
        Provisional = "PROVISIONAL",
        /// One of several possibilities.
        Differential = "DIFFERENTIAL",
        /// Not confirmed.
        Unconfirmed = "UNCONFIRMED",
        /// Found not to be so.
        Refuted = "REFUTED",
        /// The sources do not say.
        Unknown = "UNKNOWN",
    }
}

/// HL7 condition-clinical, as the MCC eCare plan reads it: recurrence and relapse are active, remission is not; what
/// was refuted is not active, whatever its clinical status says.
fn status(condition: &record::Condition) -> Option<ConditionStatus> {
    if condition.verification.as_deref() == Some("refuted") {
        return Some(ConditionStatus::Inactive);
    }
    Some(match condition.clinical_status.as_deref()? {
        "active" | "recurrence" | "relapse" => ConditionStatus::Active,
        "inactive" | "remission" => ConditionStatus::Inactive,
        "resolved" => ConditionStatus::Resolved,
        _ => ConditionStatus::Unknown,
    })
}

impl Verification {
    /// HL7 condition-ver-status and allergyintolerance-verification.
    pub(crate) fn of(code: &str) -> Self {
        match code {
            "confirmed" => Self::Confirmed,
            "provisional" | "presumed" => Self::Provisional,
            "differential" => Self::Differential,
            "unconfirmed" => Self::Unconfirmed,
            "refuted" => Self::Refuted,
            _ => Self::Unknown,
        }
    }
}

impl Mergeable for record::Condition {
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        concept_keys(self.code.as_ref(), 0)
    }

    /// The same code in the same episode: two problem-list items whenever they began, else an equal onset. One
    /// without an onset joins if it can mean only one of the others.
    fn fit(&self, other: &Self) -> Fit {
        if !same_concept(self.code.as_ref(), other.code.as_ref()) {
            return Fit::Different;
        }
        let on_problem_list = |condition: &Self| {
            condition.categories.iter().any(|category| category.has_code("problem-list-item"))
        };
        match (&self.onset, &other.onset) {
            _ if on_problem_list(self) && on_problem_list(other) => Fit::Same,
            (None, None) => Fit::Same,
            (Some(mine), Some(theirs)) if mine == theirs => Fit::Same,
            (Some(mine), Some(theirs))
                if mine.agrees_with(theirs) && mine.precision() < theirs.precision() =>
            {
                Fit::Vague
            }
            (None, Some(_)) => Fit::Vague,
            _ => Fit::Different,
        }
    }
}

fn of(fact: &Fact) -> Option<&record::Condition> {
    match fact {
        Fact::Condition(condition) => Some(condition),
        _ => None,
    }
}

/// All conditions of the view, the most recent onset first.
pub(crate) fn read(view: &View) -> Connection<Condition> {
    let section = view.section(Section::Conditions);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let node = Condition {
            id: reading.id(Section::Conditions, view.person()),
            code: reading.concept(|condition| condition.code.as_ref()),
            status: reading.agreed("status", status, |status| Cow::Borrowed(status.name())),
            verification: reading.agreed(
                "verification",
                |condition| condition.verification.as_deref().map(Verification::of),
                |verification| Cow::Borrowed(verification.name()),
            ),
            category: reading.first(|condition| condition.categories.first()).map(Into::into),
            onset: reading.date("onset", |condition| condition.onset.as_ref()),
            abatement: reading.date("abatement", |condition| condition.abatement.as_ref()),
            severity: reading.concept(|condition| condition.severity.as_ref()),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.onset.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}
