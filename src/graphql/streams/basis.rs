//! On what an event rests besides the data: when that has moved, there may be something else to show.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::access::{AccessMask, Policy, Viewer};
use crate::gather::SourceId;
use crate::graphql::gateway::Gateway;
use crate::identity::{Identity, PersonId, RecordKey};

/// Who may see what of whom, and of whom it is known.
#[derive(PartialEq)]
pub(super) struct Basis {
    /// Which sources there are.
    edition: u64,
    person: PersonId,
    mask: AccessMask,
    records: BTreeSet<RecordKey>,
    /// The sources whose patients are not all known.
    unread: BTreeSet<SourceId>,
}

impl Basis {
    /// How long it holds at most: until the broken glass that it rests on is over, if it does.
    pub(super) fn ends_in(&self, now_ms: i64) -> Option<Duration> {
        let left = self.mask.broken_until_ms()?.saturating_sub(now_ms);
        Some(Duration::from_millis(u64::try_from(left).unwrap_or_default()))
    }
}

impl Gateway {
    /// The basis of an event about this patient.
    pub(super) fn basis(&self, identity: &Identity, mask: &AccessMask) -> Basis {
        Basis {
            edition: self.fleet.edition(),
            person: identity.id,
            mask: mask.clone(),
            records: identity.links.iter().map(|link| link.record).collect(),
            unread: self.unread(),
        }
    }

    /// On what an event about that person would rest now, by what is on record; nothing when it says that the viewer may
    /// not know of them, or when nobody can tell.
    pub(super) async fn basis_now(
        &self,
        policy: &Policy,
        viewer: &Viewer,
        person: PersonId,
    ) -> Option<Basis> {
        let identity = self.resolve(&[person]).await.ok()?.pop()??;
        let mut standing = self.ledger.standings(&[&identity]).await.ok()?.pop()?;
        self.complete(policy, viewer, &identity, &mut standing);
        let mask = self.decide(policy, viewer, &identity, &standing)?;
        Some(self.basis(&identity, &mask))
    }
}
