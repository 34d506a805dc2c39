//! On what an event rests besides the data: when that has moved, there may be something else to show.

use std::collections::BTreeSet;

use crate::access::{AccessMask, Policy, Viewer};
use crate::gather::SourceId;
use crate::graphql::lookup::Gateway;
use crate::identity::{Identity, PersonId, RecordKey};

/// Who may see what of whom, and of whom it is known.
#[derive(PartialEq)]
pub(super) struct Basis {
    person: PersonId,
    mask: AccessMask,
    records: BTreeSet<RecordKey>,
    /// The sources whose patients are not all known.
    unread: BTreeSet<SourceId>,
}

impl Gateway {
    /// The basis of an event about this patient.
    pub(super) fn basis(&self, identity: &Identity, mask: &AccessMask) -> Basis {
        Basis {
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
