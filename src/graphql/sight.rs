//! By which of their records a viewer may find people.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::call::Call;
use super::lookup::Gateway;
use crate::identity::{Blind, Identity, RecordKey, Sight};

/// What one viewer may find people by: nobody whom they may not see, and nothing that only a source says of which they
/// may not know.
pub(super) struct ViewerSight<'c> {
    pub(super) gateway: &'c Gateway,
    pub(super) call: &'c Call,
}

#[async_trait]
impl Sight for ViewerSight<'_> {
    async fn findable(&self, people: &[Identity]) -> Result<Vec<BTreeSet<RecordKey>>, Blind> {
        let people = people.iter().cloned().map(Some).collect();
        let admitted = self.gateway.admit_all(self.call, people).await.map_err(|_| Blind)?;
        let records = |(identity, mask): (Identity, _)| {
            let links = identity.links.iter();
            let known = links.filter(|link| self.gateway.labelling.knows(&mask, &link.source));
            known.map(|link| link.record).collect::<BTreeSet<_>>()
        };
        Ok(admitted.into_iter().map(|known| known.map(records).unwrap_or_default()).collect())
    }
}
