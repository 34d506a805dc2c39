//! By which of their records a viewer may find people.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::call::Call;
use super::lookup::Gateway;
use crate::access::AccessMask;
use crate::identity::{Blind, Identity, RecordKey, Sight};

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

/// The records of a person of which a viewer with that mask may know.
fn known(gateway: &Gateway, mask: &AccessMask, person: &Identity) -> BTreeSet<RecordKey> {
    let known = person.links.iter().filter(|link| gateway.labelling.knows(mask, &link.source));
    known.map(|link| link.record).collect()
}

#[async_trait]
impl Sight for ViewerSight<'_> {
    async fn findable(&self, people: &[Identity]) -> Result<Vec<BTreeSet<RecordKey>>, Blind> {
        let people = people.iter().cloned().map(Some).collect();
        let admitted = self.gateway.admissible(self.call, people).await.map_err(|_| Blind)?;
        let records = |(identity, mask)| known(self.gateway, &mask, &identity);
        Ok(admitted.into_iter().map(|known| known.map(records).unwrap_or_default()).collect())
    }
}
