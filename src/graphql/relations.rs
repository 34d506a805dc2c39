//! Who stands in which relation to a patient, on record: how it comes in, and how it is shown.

use async_graphql::{Context, Error, ID, InputObject};

use super::call::Call;
use super::error::ErrorCode;
use super::gateway::Gateway;
use super::inputs::{bad, name, period, sentence};
use super::lookup::{at, unreadable, unwritten};
use super::words::{FieldClass, RelationshipKind, Role};
use crate::access::{self, AccessMask, Relation, RelationKind};
use crate::audit::Event;
use crate::identity::Identity;
use crate::ledger::{Entry, Fact, LedgerError};
use crate::view::gate::{Id, Instant, object};
use crate::view::id::GlobalId;
use crate::view::links;

object! {
    /// Who stands in which relation to a patient, on record.
    struct Relationship {
        /// Opaque and stable.
        id: Id, Inherit;
        /// Which relation.
        kind: RelationshipKind, Inherit;
        /// In which role.
        role: Role, Inherit;
        /// Whose, by the subject of their tokens.
        person: Option<String>, Inherit;
        /// Whose, by organisation.
        organization: Option<String>, Inherit;
        /// To which kinds of fact it is limited; to none, when the list is empty.
        classes: Vec<FieldClass>, Inherit;
        /// From when.
        from: Option<Instant>, Inherit;
        /// Until when; at that moment it is over.
        until: Option<Instant>, Inherit;
        /// On what it rests.
        basis: String, Inherit;
        /// When it was recorded.
        recorded_at: Option<Instant>, Inherit;
        /// By whom.
        recorded_by: String, Inherit;
        /// When it was ended before its time; null while it holds.
        ended_at: Option<Instant>, Inherit;
        /// By whom.
        ended_by: Option<String>, Inherit;
    }
}

/// A relation to a patient. `person` or `organization`, or both, say whose it is.
#[derive(InputObject)]
pub(crate) struct RelationshipInput {
    /// To which patient.
    patient: ID,
    /// Which relation: `CARE_TEAM`, `REFERRAL`, `PROXY`, or `SELF` for who the patient is: from then on they see their own
    /// record as a patient alone, whatever other role they have.
    kind: RelationshipKind,
    /// In which role; `CAREGIVER` for a proxy, `PATIENT` for the patient.
    role: Role,
    /// Whose, by the subject of their tokens. A proxy and a patient are always persons.
    person: Option<String>,
    /// Whose, by organisation.
    organization: Option<String>,
    /// For a proxy: the kinds of fact to which the grant is limited; to none, when the list is empty.
    #[graphql(default)]
    classes: Vec<FieldClass>,
    /// From when, RFC 3339.
    from: Option<String>,
    /// Until when, RFC 3339. A proxy of a child ends in any case on the day on which they come of age.
    until: Option<String>,
    /// On what it rests: where the document is filed, or what was agreed.
    basis: String,
}

/// Records a relation.
pub(super) async fn record(
    context: &Context<'_>,
    input: RelationshipInput,
) -> Result<Relationship, Error> {
    let (gateway, call) = at(context);
    let (identity, _) = whom(gateway, call, &input.patient).await?;
    let relation = relation(input)?;
    if call.viewer.role == access::Role::Patient && relation.kind != RelationKind::Proxy {
        return Err(ErrorCode::Forbidden.error("A patient may record proxies, and nothing else."));
    }
    let attempt = gateway.attempt(call, Event::RelationRecorded, Some(identity.id), None).await?;
    let recorded =
        gateway.ledger.record(&identity, Fact::Relation(relation), &call.viewer.subject).await;
    let recorded = recorded.map_err(|error| unwritten(&error))?;
    call.trail.done(&attempt, Some(recorded.id.to_string()));
    shown(&identity, recorded).ok_or_else(no_such)
}

/// Ends a relation for good. That shows less, so whoever may record one may end any that they may know of.
pub(super) async fn end(context: &Context<'_>, id: &ID) -> Result<Relationship, Error> {
    let (gateway, call) = at(context);
    let Some(GlobalId::Relation(person, id)) = GlobalId::decode(&id.0) else {
        return Err(no_such());
    };
    let (identity, mask) = whom(gateway, call, &ID(GlobalId::Patient(person).encode().0)).await?;
    match gateway.ledger.get(id).await {
        Ok(entry)
            if entry.is_about(&identity) && is_known(gateway, mask.as_ref(), call, &entry) => {}
        Ok(_) | Err(LedgerError::NoSuch) => return Err(no_such()),
        Err(error) => return Err(unreadable(&error)),
    }
    let (person, name) = (Some(identity.id), Some(id.to_string()));
    let attempt = gateway.attempt(call, Event::RelationEnded, person, name).await?;
    let ended = gateway.ledger.revoke(id, &call.viewer.subject).await;
    let ended = ended.map_err(|error| unwritten(&error))?;
    call.trail.done(&attempt, None);
    shown(&identity, ended).ok_or_else(no_such)
}

/// The relations on record that the viewer may know of, the oldest first.
pub(super) async fn list(context: &Context<'_>, id: &ID) -> Result<Vec<Relationship>, Error> {
    let (gateway, call) = at(context);
    let (identity, mask) = whom(gateway, call, id).await?;
    let class = access::FieldClass::Relationships;
    call.trail.shows_other(Event::Read, Some(identity.id), class);
    let all = gateway.ledger.of(&[&identity]).await.map_err(|error| unreadable(&error))?;
    let known = all.into_iter().flatten();
    let known = known.filter(|entry| is_known(gateway, mask.as_ref(), call, entry));
    Ok(known.filter_map(|entry| shown(&identity, entry)).collect())
}

/// The patient, and what the viewer may see of them; nothing for those who keep relations of patients whom they do not
/// see.
async fn whom(
    gateway: &Gateway,
    call: &Call,
    id: &ID,
) -> Result<(Identity, Option<AccessMask>), Error> {
    if call.policy.sees_patients(call.viewer.role) {
        let (identity, mask) = gateway.patient(call, id).await?;
        return Ok((identity, Some(mask)));
    }
    let identity = gateway.bearer(id).await?.ok_or_else(|| gateway.nobody())?;
    Ok((identity, None))
}

fn no_such() -> Error {
    ErrorCode::NotFound.error("There is no such relationship, or none that you may see.")
}

/// True for a relation that the viewer may know of: none of an organisation that runs a source which they may not know,
/// unless they recorded it.
fn is_known(gateway: &Gateway, mask: Option<&AccessMask>, call: &Call, entry: &Entry) -> bool {
    let Fact::Relation(relation) = &entry.fact else { return false };
    let is_hidden = |organization: &String| {
        let sources = gateway.fleet.all().iter();
        let mut own = sources.filter(|source| source.run_by().any(|name| name == organization));
        own.any(|source| mask.is_some_and(|mask| !gateway.labelling.knows(mask, &source.id)))
    };
    let own = entry.history.recorded_by == call.viewer.subject;
    own || !relation.organization.as_ref().is_some_and(is_hidden)
}

fn relation(input: RelationshipInput) -> Result<Relation, Error> {
    let (kind, role) = (input.kind.0, input.role.0);
    if !RelationKind::ATTESTED.contains(&kind) {
        return Err(bad(
            "\"kind\" must be CARE_TEAM, REFERRAL, PROXY or SELF; who is at which organisation, tokens say.",
        ));
    }
    let of_a_proxy = kind == RelationKind::Proxy;
    let fits = match role {
        access::Role::Patient => kind == RelationKind::OneSelf,
        access::Role::Caregiver => of_a_proxy,
        access::Role::Auditor | access::Role::Admin => false,
        _ => matches!(kind, RelationKind::CareTeam | RelationKind::Referral),
    };
    if !fits {
        return Err(bad(
            "\"role\" must be PATIENT for SELF, CAREGIVER for PROXY, and a role of those who care for patients for the others.",
        ));
    }
    if matches!(kind, RelationKind::OneSelf | RelationKind::Proxy) && input.person.is_none() {
        return Err(bad("\"person\" must name the subject of their tokens."));
    }
    if !of_a_proxy && !input.classes.is_empty() {
        return Err(bad("Only a PROXY can be limited to \"classes\"."));
    }
    if input.person.is_none() && input.organization.is_none() {
        return Err(bad("\"person\" or \"organization\" must say whose relation it is."));
    }
    let (from_ms, until_ms) = period(input.from, input.until)?;
    Ok(Relation {
        kind,
        role,
        subject: name("person", input.person)?,
        organization: name("organization", input.organization)?,
        classes: input.classes.into_iter().map(|class| class.0).collect(),
        from_ms,
        until_ms,
        basis: sentence("basis", &input.basis, "on what the relation rests")?,
    })
}

/// A relation as the graph shows it; `None` for an entry of another kind.
fn shown(identity: &Identity, entry: Entry) -> Option<Relationship> {
    let Entry { id, fact: Fact::Relation(relation), history } = entry else { return None };
    let (ended_at, ended_by) = history.revoked.unzip();
    Some(Relationship {
        id: GlobalId::Relation(identity.id, id).encode(),
        kind: RelationshipKind(relation.kind),
        role: Role(relation.role),
        person: relation.subject,
        organization: relation.organization,
        classes: relation.classes.into_iter().map(FieldClass).collect(),
        from: relation.from_ms.and_then(links::at),
        until: relation.until_ms.and_then(links::at),
        basis: relation.basis,
        recorded_at: links::at(history.recorded_ms),
        recorded_by: history.recorded_by,
        ended_at: ended_at.and_then(links::at),
        ended_by,
    })
}
