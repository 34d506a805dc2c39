//! By which of their records a viewer may find people.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::call::Call;
use super::gateway::Gateway;
use super::lookup::unreadable;
use crate::access::{AccessMask, RelationKind, Viewer};
use crate::identity::{Blind, Circle, Identity, RecordKey, Sight, now_ms};
use crate::ledger::{Entry, Fact};

/// What one viewer may find people by: nobody whom they may not see, and nothing that only a source says of which they
/// may not know.
pub(super) struct ViewerSight<'c> {
    pub(super) gateway: &'c Gateway,
    pub(super) call: &'c Call,
}

/// What anybody in the viewer's role may find people by, related or not. Whom it leads to is yet to be admitted.
pub(super) struct RoleSight<'c> {
    pub(super) gateway: &'c Gateway,
    pub(super) call: &'c Call,
}

#[async_trait]
impl Sight for RoleSight<'_> {
    async fn findable(&self, people: &[Identity]) -> Result<Vec<BTreeSet<RecordKey>>, Blind> {
        let mask = AccessMask::of_role(&self.call.policy, &self.call.viewer);
        Ok(people.iter().map(|person| known(self.gateway, &mask, person)).collect())
    }
}

/// True for a relation or a broken glass of the viewer that holds now.
fn opens(entry: &Entry, viewer: &Viewer) -> bool {
    let now = now_ms();
    entry.history.revoked.is_none()
        && match &entry.fact {
            Fact::Consent(_) | Fact::Lookup(_) => false,
            Fact::Relation(relation) => relation.is_of(viewer, now),
            Fact::BreakGlass(glass) => glass.is_of(viewer, now),
        }
}

/// The records of a person of which a viewer with that mask may know.
fn known(gateway: &Gateway, mask: &AccessMask, person: &Identity) -> BTreeSet<RecordKey> {
    let known = person.links.iter().filter(|link| gateway.labelling.knows(mask, &link.source));
    known.map(|link| link.record).collect()
}

#[async_trait]
impl Sight for ViewerSight<'_> {
    /// Whoever stands in a relation to the viewer has a record that the relation was recorded with, or one at the
    /// viewer's organisation. Only whom the viewer would not see anyhow is left out: each is admitted as always.
    async fn circle(&self) -> Result<Option<Circle>, Blind> {
        let viewer = &self.call.viewer;
        let Some(wanted) = self.call.policy.relations(viewer.role) else { return Ok(None) };
        let organization = viewer.organization.as_deref();
        let entries = self.gateway.ledger.of_whom(&viewer.subject, organization).await;
        let entries = entries.map_err(|error| {
            unreadable(&error);
            Blind
        })?;
        let opening = entries.iter().filter(|entry| opens(entry, viewer));
        let own = wanted.contains(&RelationKind::Organization).then_some(organization).flatten();
        let sources = self.gateway.fleet.with_patients();
        let run =
            sources.filter(|source| own.is_some_and(|own| source.run_by().any(|name| name == own)));
        Ok(Some(Circle {
            records: opening.flat_map(Entry::records).collect(),
            sources: run.map(|source| source.id.clone()).collect(),
        }))
    }

    async fn findable(&self, people: &[Identity]) -> Result<Vec<BTreeSet<RecordKey>>, Blind> {
        let people = people.iter().cloned().map(Some).collect();
        let admitted = self.gateway.admissible(self.call, people).await.map_err(|_| Blind)?;
        let records = |(identity, mask)| known(self.gateway, &mask, &identity);
        Ok(admitted.into_iter().map(|known| known.map(records).unwrap_or_default()).collect())
    }
}
