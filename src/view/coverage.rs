//! Insurance.

use super::concept::Concept;
use super::gate::{Id, object};
use super::id::RecordHash;
use super::merge::{Fit, Key, Mergeable, claims, fold, merge};
use super::node::thing;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, Section, Text};

object! {
    /// Insurance cover.
    struct Coverage in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// HL7 status: active, cancelled, …
        status: Option<Text>, Coverage;
        /// What kind of cover.
        r#type: Option<Concept>, Coverage;
        /// Who pays.
        payer: Option<Text>, Coverage;
        /// The member's number.
        member_id: Option<Text>, Coverage;
        /// The plan's name.
        plan: Option<Text>, Coverage;
        /// From when.
        start: Option<FuzzyDate>, Coverage;
        /// Until when.
        end: Option<FuzzyDate>, Coverage;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}

thing!(Coverage);

impl Mergeable for record::Coverage {
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        self.member_id
            .as_deref()
            .map(|member| ("member".into(), member.into(), 0))
            .into_iter()
            .collect()
    }

    /// The same member of the same payer.
    fn fit(&self, other: &Self) -> Fit {
        let payer = |coverage: &Self| coverage.payer.as_deref().map(fold);
        if payer(self).is_some() && payer(self) == payer(other) {
            Fit::Same
        } else {
            Fit::Different
        }
    }
}

fn of(fact: &Fact) -> Option<&record::Coverage> {
    match fact {
        Fact::Coverage(coverage) => Some(coverage),
        _ => None,
    }
}

/// All cover of the view; `None` when no source could say.
pub(crate) fn read(view: &View) -> Option<Vec<Coverage>> {
    let section = view.section(Section::Coverage);
    if !section.is_answered() {
        return None;
    }
    let mut covers: Vec<(RecordHash, Coverage)> = merge(claims(section.members(), of))
        .into_iter()
        .map(|group| {
            let mut reading = Reading::of(group);
            let hash = reading.hash();
            let cover = Coverage {
                id: reading.id(Section::Coverage, view.person()),
                status: reading.text("status", |coverage| coverage.status.as_ref()),
                r#type: reading.concept(|coverage| coverage.kind.as_ref()),
                payer: reading.first(|coverage| coverage.payer.clone()),
                member_id: reading.first(|coverage| coverage.member_id.clone()),
                plan: reading.text("plan", |coverage| coverage.plan.as_ref()),
                start: reading.date("start", |coverage| coverage.start.as_ref()),
                end: reading.date("end", |coverage| coverage.end.as_ref()),
                provenance: reading.provenance(),
            };
            (hash, cover)
        })
        .collect();
    covers.sort_by(|(first, a), (second, b)| (&b.start, first).cmp(&(&a.start, second)));
    Some(covers.into_iter().map(|(_, cover)| cover).collect())
}
