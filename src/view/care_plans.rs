//! Care plans, as each source holds them.

use super::concept::{Concept, concepts};
use super::connection::{Connection, Entry, item};
use super::gate::{Id, object};
use super::merge::{Fit, Key, Mergeable, claims, fold, merge};
use super::paging::newest_first;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, Section};

object! {
    /// A care plan, as its source holds it.
    struct CarePlan in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// Its title.
        title: Option<String>, CarePlans;
        /// HL7 status: active, completed, revoked, …
        status: Option<String>, CarePlans;
        /// HL7 intent: plan, order, proposal.
        intent: Option<String>, CarePlans;
        /// What kinds of plan it is.
        categories: Option<Vec<Concept>>, CarePlans;
        /// Summary.
        description: Option<String>, CarePlans;
        /// From when.
        start: Option<FuzzyDate>, CarePlans;
        /// Until when.
        end: Option<FuzzyDate>, CarePlans;
        /// Who wrote it.
        author: Option<String>, CarePlans;
        /// What it foresees.
        activities: Option<Vec<Activity>>, CarePlans;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(CarePlan);

object! {
    /// One thing that a care plan foresees.
    struct Activity {
        /// What is to be done.
        what: Option<Concept>, Inherit;
        /// HL7 status.
        status: Option<String>, Inherit;
        /// In words.
        description: Option<String>, Inherit;
    }
}

impl Mergeable for record::CarePlan {
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        let start = self.start.as_ref().map_or(i64::MIN, FuzzyDate::starts_ms);
        vec![(fold(&self.words()).into(), "plan".into(), start)]
    }

    /// A copy of the same plan: the same title, kinds, activities, beginning and author.
    fn fit(&self, other: &Self) -> Fit {
        let activities = |plan: &Self| -> Vec<String> {
            plan.activities
                .iter()
                .filter_map(|activity| activity.what.as_ref()?.words().map(fold))
                .collect()
        };
        let same = self.start.is_some()
            && self.start == other.start
            && self.author == other.author
            && !self.words().is_empty()
            && self.words() == other.words()
            && activities(self) == activities(other);
        if same { Fit::Same } else { Fit::Different }
    }
}

/// Words by which a plan is recognised.
trait Words {
    fn words(&self) -> String;
}

impl Words for record::CarePlan {
    fn words(&self) -> String {
        let kinds = self.categories.iter().filter_map(record::Concept::words);
        self.title.as_deref().into_iter().chain(kinds).collect::<Vec<_>>().join(" · ")
    }
}

fn of(fact: &Fact) -> Option<&record::CarePlan> {
    match fact {
        Fact::CarePlan(plan) => Some(plan),
        _ => None,
    }
}

/// All care plans of the view, the most recent first.
pub(crate) fn read(view: &View) -> Connection<CarePlan> {
    let section = view.section(Section::CarePlans);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let node = CarePlan {
            id: reading.id(Section::CarePlans, view.person()),
            title: reading.first(|plan| plan.title.clone()),
            status: reading.text("status", |plan| plan.status.as_ref()),
            intent: reading.text("intent", |plan| plan.intent.as_ref()),
            categories: reading.first(|plan| concepts(&plan.categories)),
            description: reading.first(|plan| plan.description.clone()),
            start: reading.date("start", |plan| plan.start.as_ref()),
            end: reading.date("end", |plan| plan.end.as_ref()),
            author: reading.first(|plan| plan.author.clone()),
            activities: reading.first(|plan| Some(plan.activities.iter().map(activity).collect())),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.start.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}

fn activity(activity: &record::Activity) -> Activity {
    Activity {
        what: activity.what.as_ref().map(Into::into),
        status: activity.status.clone(),
        description: activity.description.clone(),
    }
}
