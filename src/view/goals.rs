//! Goals.

use super::concept::Concept;
use super::connection::{Connection, Entry, item};
use super::gate::{Id, object};
use super::merge::{Fit, Key, Mergeable, claims, concept_keys, merge, same_concept};
use super::paging::newest_first;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, Section};

object! {
    /// Something to be reached.
    struct Goal in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// What is to be reached.
        description: Option<Concept>, CarePlans;
        /// HL7 status: proposed, active, completed, …
        status: Option<String>, CarePlans;
        /// How far it has been reached.
        achievement: Option<Concept>, CarePlans;
        /// How urgent it is.
        priority: Option<Concept>, CarePlans;
        /// From when.
        start: Option<FuzzyDate>, CarePlans;
        /// What is measured, and what it should come to.
        targets: Option<Vec<GoalTarget>>, CarePlans;
        /// Who set it.
        expressed_by: Option<String>, CarePlans;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Goal);

object! {
    /// What a goal measures, and what it should come to.
    struct GoalTarget {
        /// What is measured.
        measure: Option<Concept>, Inherit;
        /// What it should come to.
        detail: Option<String>, Inherit;
        /// Until when.
        due: Option<FuzzyDate>, Inherit;
    }
}

impl Mergeable for record::Goal {
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        concept_keys(self.description.as_ref(), 0)
    }

    /// The same words or code, begun at the same time, with the same targets.
    fn fit(&self, other: &Self) -> Fit {
        let targets = |goal: &Self| -> Vec<(Option<String>, Option<FuzzyDate>)> {
            goal.targets.iter().map(|target| (target.detail.clone(), target.due.clone())).collect()
        };
        let same = self.start == other.start
            && targets(self) == targets(other)
            && same_concept(self.description.as_ref(), other.description.as_ref());
        if same { Fit::Same } else { Fit::Different }
    }
}

fn of(fact: &Fact) -> Option<&record::Goal> {
    match fact {
        Fact::Goal(goal) => Some(goal),
        _ => None,
    }
}

/// All goals of the view, the most recent first.
pub(crate) fn read(view: &View) -> Connection<Goal> {
    let section = view.section(Section::Goals);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let node = Goal {
            id: reading.id(Section::Goals, view.person()),
            description: reading.concept(|goal| goal.description.as_ref()),
            status: reading.text("status", |goal| goal.status.as_ref()),
            achievement: reading.concept(|goal| goal.achievement.as_ref()),
            priority: reading.concept(|goal| goal.priority.as_ref()),
            start: reading.date("start", |goal| goal.start.as_ref()),
            targets: reading.first(|goal| Some(goal.targets.iter().map(target).collect())),
            expressed_by: reading.first(|goal| goal.expressed_by.clone()),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.start.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}

fn target(target: &record::GoalTarget) -> GoalTarget {
    GoalTarget {
        measure: target.measure.as_ref().map(Into::into),
        detail: target.detail.clone(),
        due: target.due.clone(),
    }
}
