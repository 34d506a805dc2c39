//! That sources which list nobody may be asked for a patient by an identifier: how that is shown, and how it ends.

use std::collections::BTreeSet;

use async_graphql::{Context, Error, ID};

use super::call::Call;
use super::error::ErrorCode;
use super::gateway::Gateway;
use super::lookup::{at, broken, unreadable, unwritten};
use crate::access::{self, AccessMask};
use crate::audit::Event;
use crate::gather::SourceId;
use crate::identity::{Identity, RecordKey};
use crate::ledger::{self, Entry, Fact, LedgerError};
use crate::view::gate::{Id, Instant, object};
use crate::view::id::GlobalId;
use crate::view::links;
use crate::view::source::Source;

object! {
    /// That a source which lists nobody may be asked for a patient by an identifier.
    struct IdentifierConsent {
        /// Opaque and stable.
        id: Id, Inherit;
        /// Which source; null for one that is no longer in use.
        source: Option<Source>, Inherit;
        /// By an identifier of which system. Which one it was is not kept.
        system: String, Inherit;
        /// On what it rests: where the signed consent is filed.
        basis: String, Inherit;
        /// When it was recorded, before the source was asked.
        recorded_at: Option<Instant>, Inherit;
        /// By whom.
        recorded_by: String, Inherit;
        /// When it was revoked, or came to nothing because the patient was not found; null while it holds.
        revoked_at: Option<Instant>, Inherit;
        /// By whom.
        revoked_by: Option<String>, Inherit;
    }
}

/// What was recorded of a patient that the viewer may know of.
pub(super) async fn list(context: &Context<'_>, id: &ID) -> Result<Vec<IdentifierConsent>, Error> {
    let (gateway, call) = at(context);
    let (identity, mask) = gateway.patient(call, id).await?;
    call.trail.shows(identity.id, &[access::FieldClass::Consents].into(), &BTreeSet::new());
    let all = gateway.ledger.of(&[&identity]).await.map_err(|error| unreadable(&error))?;
    let known = all.into_iter().flatten();
    let known = known.filter(|entry| known_lookup(gateway, &mask, call, entry).is_some());
    Ok(known.filter_map(|entry| shown(gateway, &identity, entry)).collect())
}

/// Ends it for good, and forgets what was found: the source is asked nothing more about the patient. That shows less, so
/// whoever may record may do it.
pub(super) async fn revoke(context: &Context<'_>, id: &ID) -> Result<IdentifierConsent, Error> {
    let (gateway, call) = at(context);
    let Some(GlobalId::Lookup(person, id)) = GlobalId::decode(&id.0) else {
        return Err(no_such());
    };
    let (identity, mask) = gateway.patient(call, &ID(GlobalId::Patient(person).encode().0)).await?;
    let entry = match gateway.ledger.get(id).await {
        Ok(entry) if entry.is_about(&identity) => entry,
        Ok(_) | Err(LedgerError::NoSuch) => return Err(no_such()),
        Err(error) => return Err(unreadable(&error)),
    };
    let lookup = known_lookup(gateway, &mask, call, &entry).ok_or_else(no_such)?;
    let (person, name) = (Some(identity.id), Some(entry.id.to_string()));
    let attempt = gateway.attempt(call, Event::ConsentRevoked, person, name).await?;
    // Before, so that nothing is shown whose consent is over; and after, because somebody may be linking meanwhile.
    forget(gateway, &identity, lookup).await?;
    let revoked = gateway.ledger.revoke(entry.id, &call.viewer.subject).await;
    let revoked = revoked.map_err(|error| unwritten(&error))?;
    forget(gateway, &identity, lookup).await?;
    call.trail.done(&attempt, None);
    shown(gateway, &identity, revoked).ok_or_else(no_such)
}

/// Forgets whom the source was found to know, and what it said of them.
pub(super) async fn forget(
    gateway: &Gateway,
    identity: &Identity,
    lookup: &ledger::Lookup,
) -> Result<(), Error> {
    let source = SourceId::new(lookup.source.as_str());
    let found = lookup.record.as_deref().and_then(RecordKey::parse);
    let records = identity.links.iter().map(|link| link.record);
    let records: Vec<RecordKey> = records.chain(found).collect();
    let gone = gateway.index.forget_found(&source, &records).await;
    for local in gone.map_err(|error| broken(&error))? {
        gateway.fleet.cache().forget(&source, &local, None).await;
    }
    Ok(())
}

fn no_such() -> Error {
    ErrorCode::NotFound.error("There is no such consent, or none that you may see.")
}

/// What an entry says, if the viewer may know of it: nothing of a source that they may not know, unless they recorded it.
fn known_lookup<'e>(
    gateway: &Gateway,
    mask: &AccessMask,
    call: &Call,
    entry: &'e Entry,
) -> Option<&'e ledger::Lookup> {
    let Fact::Lookup(lookup) = &entry.fact else { return None };
    let is_known = gateway.labelling.knows(mask, &SourceId::new(lookup.source.as_str()));
    let own = entry.history.recorded_by == call.viewer.subject;
    (is_known || own).then_some(lookup)
}

/// It as the graph shows it; `None` for an entry of another kind.
pub(super) fn shown(
    gateway: &Gateway,
    identity: &Identity,
    entry: Entry,
) -> Option<IdentifierConsent> {
    let Entry { id, fact: Fact::Lookup(lookup), history } = entry else { return None };
    let (revoked_at, revoked_by) = history.revoked.unzip();
    let source = gateway.fleet.get(&SourceId::new(lookup.source.as_str()));
    Some(IdentifierConsent {
        id: GlobalId::Lookup(identity.id, id).encode(),
        source: source.cloned().map(Source),
        system: lookup.system,
        basis: lookup.basis,
        recorded_at: links::at(history.recorded_ms),
        recorded_by: history.recorded_by,
        revoked_at: revoked_at.and_then(links::at),
        revoked_by,
    })
}
