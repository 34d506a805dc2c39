//! The relations that sources state: who stands in a patient's care team, to whom a patient was referred.
//!
//! They are looked up only for somebody who has no other relation, and only from the sources that know the patient. How
//! long that takes must not tell that there is such a patient, so whoever is refused is refused at the same moment,
//! whether anybody was asked or not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::call::Call;
use super::gateway::Gateway;
use crate::access::{AccessMask, RelationKind};
use crate::gather::{self, SourceId, Wish, gather};
use crate::identity::{Identity, PersonId, now_ms};
use crate::view::fold;
use caregraph_connectors::record::{CareTeam, Fact, FuzzyDate, Referral, Section};
use tokio::time::Instant;

/// How long sources may take to say it, and how long a refusal takes.
pub(super) const PATIENCE: Duration = Duration::from_millis(800);

/// How old a copy may be by which somebody is let in: a relation that ended at its source ends here within that time, even
/// while the source cannot be asked.
const OLDEST: Duration = Duration::from_secs(30);

/// True when a relation that a source may state would let the viewer in.
pub(super) fn count(call: &Call) -> bool {
    !sections(call).is_empty() && (call.viewer.npi.is_some() || call.viewer.organization.is_some())
}

/// What sources state of the viewer and each of these people, as far as they say it in time.
pub(super) async fn relations(
    gateway: &Gateway,
    call: &Call,
    people: &[&Identity],
    deadline: Instant,
) -> BTreeMap<PersonId, BTreeSet<RelationKind>> {
    let sections = sections(call);
    let mask = AccessMask::of_role(&call.policy, &call.viewer);
    let closed: BTreeSet<SourceId> = gateway
        .fleet
        .with_patients()
        .filter(|source| !gateway.labelling.knows(&mask, &source.id))
        .map(|source| source.id.clone())
        .collect();
    let distinct: BTreeMap<PersonId, &Identity> =
        people.iter().map(|person| (person.id, *person)).collect();
    let asked: Vec<gather::Person> = distinct
        .values()
        .map(|person| gather::Person {
            links: person
                .links
                .iter()
                .filter(|link| !closed.contains(&link.source))
                .map(|link| (link.source.clone(), link.local.clone()))
                .collect(),
            unread: BTreeSet::new(),
            closed: BTreeSet::new(),
        })
        .collect();
    let since = Instant::now().checked_sub(OLDEST);
    let purpose = Some(call.viewer.purpose.code());
    let wish = Wish { deadline, since: since.max(call.since), purpose };
    let gathered = gather(&gateway.fleet, &asked, &sections, wish).await;
    let known_as = KnownAs::of(gateway, call);
    let stated = distinct.into_keys().zip(gathered).map(|(person, gathered)| {
        let records =
            gathered.values().flatten().flat_map(|fetched| &fetched.records).map(|it| &it.fact);
        (person, records.filter_map(|fact| known_as.relation(fact)).collect())
    });
    stated.collect()
}

/// The sections that may state a relation that counts.
fn sections(call: &Call) -> BTreeSet<Section> {
    let wanted = call.policy.relations(call.viewer.role).unwrap_or_default();
    let section = |kind: &RelationKind| match kind {
        RelationKind::CareTeam => Some(Section::CareTeam),
        RelationKind::Referral => Some(Section::Referrals),
        RelationKind::OneSelf | RelationKind::Proxy | RelationKind::Organization => None,
    };
    wanted.iter().filter_map(section).collect()
}

/// By what a source may know the viewer.
struct KnownAs {
    npi: Option<String>,
    /// The organisation and the names of the sources that it runs, folded.
    organizations: BTreeSet<String>,
    now_ms: i64,
}

impl KnownAs {
    fn of(gateway: &Gateway, call: &Call) -> Self {
        let own = call.viewer.organization.as_deref();
        let sources = gateway.fleet.all().iter();
        let run = sources.filter(|source| source.run_by().any(|name| Some(name) == own));
        let names = run.flat_map(|source| source.known_as());
        let names = names.chain(own).map(fold);
        Self {
            npi: call.viewer.npi.clone(),
            organizations: names.filter(|name| !name.is_empty()).collect(),
            now_ms: now_ms(),
        }
    }

    fn relation(&self, fact: &Fact) -> Option<RelationKind> {
        match fact {
            Fact::CareTeam(team) if self.sits_in(team) => Some(RelationKind::CareTeam),
            Fact::Referral(referral) if self.got(referral) => Some(RelationKind::Referral),
            _ => None,
        }
    }

    fn sits_in(&self, team: &CareTeam) -> bool {
        let is_active = team.status.as_deref().is_none_or(|status| status == "active");
        let is_member = |it: &caregraph_connectors::record::Participant| {
            let by_number = it.npi.is_some() && it.npi.as_deref() == self.npi.as_deref();
            (by_number || self.is_ours(it.organization.as_deref()))
                && it.start.as_ref().is_none_or(|start| start.starts_ms() <= self.now_ms)
                && it.end.as_ref().is_none_or(|end| !self.is_over(end))
        };
        is_active && team.participants.iter().any(is_member)
    }

    fn got(&self, referral: &Referral) -> bool {
        let is_open = matches!(referral.status.as_deref(), Some("active" | "on-hold"));
        is_open && referral.performers.iter().any(|performer| self.is_ours(Some(performer)))
    }

    fn is_ours(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.organizations.contains(&fold(name)))
    }

    /// True when the end is before now; a day that has begun is not over.
    fn is_over(&self, end: &FuzzyDate) -> bool {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        end.starts_ms() + if end.as_day().is_some() { DAY_MS } else { 0 } <= self.now_ms
    }
}
