//! Referrals and orders for services.

use super::concept::{Concept, concepts};
use super::connection::{Connection, Entry, item};
use super::gate::{Id, object};
use super::merge::{Fit, Key, Mergeable, claims, merge, same_concept};
use super::paging::newest_first;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, Section};

object! {
    /// A referral or an order for a service.
    struct Referral in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// What is asked for.
        service: Option<Concept>, Referrals;
        /// HL7 status: active, completed, revoked, …
        status: Option<String>, Referrals;
        /// HL7 intent: order, plan, proposal.
        intent: Option<String>, Referrals;
        /// HL7 priority: routine, urgent, asap, stat.
        priority: Option<String>, Referrals;
        /// What kind of order it is.
        categories: Option<Vec<Concept>>, Referrals;
        /// When it was written.
        authored: Option<FuzzyDate>, Referrals;
        /// Who sent it.
        requester: Option<String>, Referrals;
        /// To whom.
        performers: Option<Vec<String>>, Referrals;
        /// Why.
        reasons: Option<Vec<Concept>>, Referrals;
        /// When it should happen.
        occurrence: Option<FuzzyDate>, Referrals;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Referral);

impl Mergeable for record::Referral {
    /// The order's own number is the only thing that makes two records plainly the same order.
    fn keys<'a>(&'a self, record: &'a Record) -> Vec<Key<'a>> {
        record
            .identifiers
            .iter()
            .filter_map(|identifier| {
                Some((identifier.system.as_deref()?.into(), identifier.value.as_str().into(), 0))
            })
            .collect()
    }

    fn fit(&self, other: &Self) -> Fit {
        if same_concept(self.service.as_ref(), other.service.as_ref()) {
            Fit::Same
        } else {
            Fit::Different
        }
    }
}

fn of(fact: &Fact) -> Option<&record::Referral> {
    match fact {
        Fact::Referral(referral) => Some(referral),
        _ => None,
    }
}

/// All referrals of the view, the most recent first.
pub(crate) fn read(view: &View) -> Connection<Referral> {
    let section = view.section(Section::Referrals);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let node = Referral {
            id: reading.id(Section::Referrals, view.person()),
            service: reading.concept(|referral| referral.service.as_ref()),
            status: reading.text("status", |referral| referral.status.as_ref()),
            intent: reading.text("intent", |referral| referral.intent.as_ref()),
            priority: reading.text("priority", |referral| referral.priority.as_ref()),
            categories: reading.first(|referral| concepts(&referral.categories)),
            authored: reading.date("authored", |referral| referral.authored.as_ref()),
            requester: reading.first(|referral| referral.requester.clone()),
            performers: reading.first(|referral| {
                (!referral.performers.is_empty()).then(|| referral.performers.clone())
            }),
            reasons: reading.concepts(|referral| &referral.reasons),
            occurrence: reading.date("occurrence", |referral| referral.occurrence.as_ref()),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.authored.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}
