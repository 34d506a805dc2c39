//! Procedures.

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
    /// Something that was done for the patient.
    struct Procedure in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// What was done.
        code: Option<Concept>, Procedures;
        /// HL7 status: completed, in-progress, not-done, …
        status: Option<String>, Procedures;
        /// When it began.
        start: Option<FuzzyDate>, Procedures;
        /// When it ended.
        end: Option<FuzzyDate>, Procedures;
        /// Why.
        reasons: Option<Vec<Concept>>, Procedures;
        /// Who did it.
        performer: Option<String>, Procedures;
        /// Where in the body.
        body_site: Option<Concept>, Procedures;
        /// What came of it.
        outcome: Option<Concept>, Procedures;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Procedure);

impl Mergeable for record::Procedure {
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        concept_keys(self.code.as_ref(), self.start.as_ref().map_or(i64::MIN, FuzzyDate::starts_ms))
    }

    /// The same code, begun at the same time, by the same performer as far as both name one.
    fn fit(&self, other: &Self) -> Fit {
        let by_others = matches!((&self.performer, &other.performer), (Some(mine), Some(theirs)) if mine != theirs);
        let same = self.start.is_some()
            && self.start == other.start
            && !by_others
            && (self.status.as_deref() == Some("not-done"))
                == (other.status.as_deref() == Some("not-done"))
            && same_concept(self.code.as_ref(), other.code.as_ref());
        if same { Fit::Same } else { Fit::Different }
    }
}

fn of(fact: &Fact) -> Option<&record::Procedure> {
    match fact {
        Fact::Procedure(procedure) => Some(procedure),
        _ => None,
    }
}

/// All procedures of the view, the most recent first.
pub(crate) fn read(view: &View) -> Connection<Procedure> {
    let section = view.section(Section::Procedures);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let node = Procedure {
            id: reading.id(Section::Procedures, view.person()),
            code: reading.concept(|procedure| procedure.code.as_ref()),
            status: reading.text("status", |procedure| procedure.status.as_ref()),
            start: reading.date("start", |procedure| procedure.start.as_ref()),
            end: reading.date("end", |procedure| procedure.end.as_ref()),
            reasons: reading.concepts(|procedure| &procedure.reasons),
            performer: reading.first(|procedure| procedure.performer.clone()),
            body_site: reading.concept(|procedure| procedure.body_site.as_ref()),
            outcome: reading.concept(|procedure| procedure.outcome.as_ref()),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.start.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}
