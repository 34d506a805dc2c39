//! What patients decided about their own data: how it comes in, and how it is shown.

use std::collections::BTreeSet;

use async_graphql::{Context, Error, ID, InputObject};

use super::call::Call;
use super::error::ErrorCode;
use super::gateway::Gateway;
use super::inputs::{LONGEST, bad, period, sentence};
use super::lookup::{at, unreadable, unwritten};
use super::words::{
    ConsentAuthority, ConsentDecision, FieldClass, PurposeOfUse, Role, Sensitivity,
};
use crate::access::{self, AccessMask, Authority, Directive, Verdict};
use crate::audit::Event;
use crate::gather::SourceId;
use crate::identity::Identity;
use crate::ledger::{self, Entry, Fact, LedgerError};
use crate::view::gate::{Id, Instant, object};
use crate::view::id::GlobalId;
use crate::view::links;
use crate::view::source::Source;

/// The longest list of people, organisations or sources in one directive.
const MOST: usize = 100;

object! {
    /// What a patient decided about their own data.
    struct Consent {
        /// Opaque and stable.
        id: Id, Inherit;
        /// Whether data may be shown.
        decision: ConsentDecision, Inherit;
        /// Records of which sensitivity; of all, when the list is empty and data may not be shown.
        labels: Vec<Sensitivity>, Inherit;
        /// Which kinds of fact.
        classes: Vec<FieldClass>, Inherit;
        /// Records of which sources; of all, when the list is empty.
        sources: Vec<Source>, Inherit;
        /// To whom, by role; to all, when the list is empty.
        roles: Vec<Role>, Inherit;
        /// To whom, by organisation.
        organizations: Vec<String>, Inherit;
        /// To whom, by the subject of their tokens.
        people: Vec<String>, Inherit;
        /// For which purposes; for all, when the list is empty.
        purposes: Vec<PurposeOfUse>, Inherit;
        /// From when.
        from: Option<Instant>, Inherit;
        /// Until when; at that moment it is over.
        until: Option<Instant>, Inherit;
        /// For a denial: whether it holds even when somebody breaks the glass.
        even_in_emergency: bool, Inherit;
        /// On whose word it rests.
        authority: ConsentAuthority, Inherit;
        /// On what it rests: where the signed document is filed.
        basis: String, Inherit;
        /// When it was recorded.
        recorded_at: Option<Instant>, Inherit;
        /// By whom.
        recorded_by: String, Inherit;
        /// When it was revoked; null while it holds.
        revoked_at: Option<Instant>, Inherit;
        /// By whom.
        revoked_by: Option<String>, Inherit;
    }
}

/// What a patient decided about their own data. An empty or missing list of viewers or purposes means any.
#[derive(InputObject)]
pub(crate) struct ConsentInput {
    /// Whose data.
    patient: ID,
    /// Whether they may be shown.
    decision: ConsentDecision,
    /// Records of which sensitivity. A permit must name them or classes; a denial of no labels, classes and sources is of
    /// everything.
    #[graphql(default)]
    labels: Vec<Sensitivity>,
    /// Which kinds of fact. A permit opens those that the policy leaves to the patient.
    #[graphql(default)]
    classes: Vec<FieldClass>,
    /// Records of which sources. Only to deny.
    #[graphql(default)]
    sources: Vec<ID>,
    /// To whom, by role.
    #[graphql(default)]
    roles: Vec<Role>,
    /// To whom, by organisation.
    #[graphql(default)]
    organizations: Vec<String>,
    /// To whom, by the subject of their tokens.
    #[graphql(default)]
    people: Vec<String>,
    /// For which purposes.
    #[graphql(default)]
    purposes: Vec<PurposeOfUse>,
    /// From when, RFC 3339.
    from: Option<String>,
    /// Until when, RFC 3339.
    until: Option<String>,
    /// For a denial: whether it holds even when somebody breaks the glass.
    #[graphql(default)]
    even_in_emergency: bool,
    /// On whose word it rests. What a court ordered can only deny, holds even in an emergency, is recorded by others than the
    /// patient, and is revoked by whoever recorded it alone.
    #[graphql(default_with = "ConsentAuthority(Authority::Patient)")]
    authority: ConsentAuthority,
    /// On what it rests: where the signed document is filed.
    basis: String,
}

/// Records a directive.
pub(super) async fn record(context: &Context<'_>, input: ConsentInput) -> Result<Consent, Error> {
    let (gateway, call) = at(context);
    let (identity, _) = gateway.patient(call, &input.patient).await?;
    let basis = sentence("basis", &input.basis, "where the signed document is filed")?;
    let directive = directive(gateway, input)?;
    if directive.authority == Authority::Court && call.viewer.role == access::Role::Patient {
        return Err(ErrorCode::Forbidden.error("A patient may not record what a court ordered."));
    }
    let attempt = gateway.attempt(call, Event::ConsentRecorded, Some(identity.id), None).await?;
    let fact = Fact::Consent(ledger::Consent { directive, basis });
    let recorded = gateway.ledger.record(&identity, fact, &call.viewer.subject).await;
    let recorded = recorded.map_err(|error| unwritten(&error))?;
    call.trail.done(&attempt, Some(recorded.id.to_string()));
    shown(gateway, &identity, recorded).ok_or_else(no_such)
}

/// Revokes a directive. To revoke a permit shows less, so whoever may record may do it; a denial is the patient's to lift,
/// and what a court ordered is not.
pub(super) async fn revoke(context: &Context<'_>, id: &ID) -> Result<Consent, Error> {
    let (gateway, call) = at(context);
    let Some(GlobalId::Consent(person, id)) = GlobalId::decode(&id.0) else {
        return Err(no_such());
    };
    let (identity, mask) = gateway.patient(call, &ID(GlobalId::Patient(person).encode().0)).await?;
    let entry = match gateway.ledger.get(id).await {
        Ok(entry) if entry.is_about(&identity) => entry,
        Ok(_) | Err(LedgerError::NoSuch) => return Err(no_such()),
        Err(error) => return Err(unreadable(&error)),
    };
    let consent = known(gateway, &mask, call, &entry).ok_or_else(no_such)?;
    may_revoke(call, &entry, &consent.directive)?;
    let (person, name) = (Some(identity.id), Some(entry.id.to_string()));
    let attempt = gateway.attempt(call, Event::ConsentRevoked, person, name).await?;
    let revoked = gateway.ledger.revoke(entry.id, &call.viewer.subject).await;
    let revoked = revoked.map_err(|error| unwritten(&error))?;
    call.trail.done(&attempt, None);
    shown(gateway, &identity, revoked).ok_or_else(no_such)
}

fn may_revoke(call: &Call, entry: &Entry, directive: &Directive) -> Result<(), Error> {
    let recorded_it = entry.history.recorded_by == call.viewer.subject;
    let is_the_patient = call.viewer.role == access::Role::Patient;
    let refusal = match (directive.verdict, directive.authority) {
        (_, Authority::Court) if !recorded_it || is_the_patient => {
            "Only whoever recorded it may revoke what a court ordered."
        }
        (Verdict::Deny, Authority::Patient) if !(recorded_it || is_the_patient) => {
            "Only the patient, or whoever recorded it, may revoke a denial."
        }
        _ => return Ok(()),
    };
    Err(ErrorCode::Forbidden.error(refusal))
}

/// The directives of a patient that the viewer may know of.
pub(super) async fn list(context: &Context<'_>, id: &ID) -> Result<Vec<Consent>, Error> {
    let (gateway, call) = at(context);
    let (identity, mask) = gateway.patient(call, id).await?;
    call.trail.shows(identity.id, &[access::FieldClass::Consents].into(), &BTreeSet::new());
    let all = gateway.ledger.of(&[&identity]).await.map_err(|error| unreadable(&error))?;
    let known =
        all.into_iter().flatten().filter(|entry| known(gateway, &mask, call, entry).is_some());
    Ok(known.filter_map(|entry| shown(gateway, &identity, entry)).collect())
}

fn no_such() -> Error {
    ErrorCode::NotFound.error("There is no such consent, or none that you may see.")
}

/// The directive of an entry, if the viewer may know of it: none that is about what they may not see, unless they
/// recorded it.
fn known<'e>(
    gateway: &Gateway,
    mask: &AccessMask,
    call: &Call,
    entry: &'e Entry,
) -> Option<&'e ledger::Consent> {
    let Fact::Consent(consent) = &entry.fact else { return None };
    let Directive { labels, sources, .. } = &consent.directive;
    let is_about_the_known = mask.lets_through(*labels, false)
        && sources
            .iter()
            .all(|source| gateway.labelling.knows(mask, &SourceId::new(source.as_str())));
    let own = entry.history.recorded_by == call.viewer.subject;
    (is_about_the_known || own).then_some(consent)
}

fn directive(gateway: &Gateway, input: ConsentInput) -> Result<Directive, Error> {
    let verdict = input.decision.0;
    let names_what = !input.labels.is_empty() || !input.classes.is_empty();
    if verdict == Verdict::Permit && (!names_what || !input.sources.is_empty()) {
        return Err(bad(
            "A permit must name \"labels\" or \"classes\", and cannot name \"sources\".",
        ));
    }
    if verdict == Verdict::Permit && input.even_in_emergency {
        return Err(bad("Only a denial can hold \"evenInEmergency\"."));
    }
    let authority = input.authority.0;
    if verdict == Verdict::Permit && authority == Authority::Court {
        return Err(bad("What a court ordered can only deny."));
    }
    let (from_ms, until_ms) = period(input.from, input.until)?;
    Ok(Directive {
        verdict,
        labels: input.labels.into_iter().map(|label| label.0).collect(),
        classes: input.classes.into_iter().map(|class| class.0).collect(),
        sources: sources(gateway, &input.sources)?,
        roles: input.roles.into_iter().map(|role| role.0).collect(),
        organizations: names("organizations", input.organizations)?,
        people: names("people", input.people)?,
        purposes: input.purposes.into_iter().map(|purpose| purpose.0).collect(),
        from_ms,
        until_ms,
        even_in_emergency: input.even_in_emergency || authority == Authority::Court,
        authority,
    })
}

fn sources(gateway: &Gateway, ids: &[ID]) -> Result<BTreeSet<String>, Error> {
    let source = |id: &ID| match GlobalId::decode(&id.0) {
        Some(GlobalId::Source(source)) if gateway.fleet.get(&source).is_some() => {
            Ok(source.as_str().to_owned())
        }
        _ => Err(bad("\"sources\" must hold ids of sources.")),
    };
    if ids.len() > MOST {
        return Err(bad("\"sources\" must hold at most 100 ids."));
    }
    ids.iter().map(source).collect()
}

fn names(list: &str, names: Vec<String>) -> Result<BTreeSet<String>, Error> {
    let are_names = names.iter().all(|name| !name.trim().is_empty() && name.len() <= LONGEST);
    if names.len() > MOST || !are_names {
        return Err(bad(&format!("{list:?} must hold at most 100 names, none of them empty.")));
    }
    Ok(names.into_iter().collect())
}

/// A directive as the graph shows it; `None` for an entry of another kind.
fn shown(gateway: &Gateway, identity: &Identity, entry: Entry) -> Option<Consent> {
    let Entry { id, fact: Fact::Consent(ledger::Consent { directive, basis }), history } = entry
    else {
        return None;
    };
    let (revoked_at, revoked_by) = history.revoked.unzip();
    let source = |id: &String| gateway.fleet.get(&SourceId::new(id.as_str())).cloned().map(Source);
    Some(Consent {
        id: GlobalId::Consent(identity.id, id).encode(),
        decision: ConsentDecision(directive.verdict),
        labels: directive.labels.iter().map(Sensitivity).collect(),
        classes: directive.classes.into_iter().map(FieldClass).collect(),
        sources: directive.sources.iter().filter_map(source).collect(),
        roles: directive.roles.into_iter().map(Role).collect(),
        organizations: directive.organizations.into_iter().collect(),
        people: directive.people.into_iter().collect(),
        purposes: directive.purposes.into_iter().map(PurposeOfUse).collect(),
        from: directive.from_ms.and_then(links::at),
        until: directive.until_ms.and_then(links::at),
        even_in_emergency: directive.even_in_emergency,
        authority: ConsentAuthority(directive.authority),
        basis,
        recorded_at: links::at(history.recorded_ms),
        recorded_by: history.recorded_by,
        revoked_at: revoked_at.and_then(links::at),
        revoked_by,
    })
}
