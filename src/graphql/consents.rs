//! What patients decided about their own data: how it comes in, and how it is shown.

use std::collections::BTreeSet;

use async_graphql::{Context, Error, ID, InputObject};
use caregraph_connectors::record::{FuzzyDate, Precision};

use super::call::Call;
use super::error::ErrorCode;
use super::lookup::{Gateway, at, unreadable, unwritten};
use super::words::{ConsentDecision, PurposeOfUse, Role, Sensitivity};
use crate::access::{self, AccessMask, Directive, FieldClass, Verdict};
use crate::audit::Event;
use crate::consent::{self, ConsentError};
use crate::gather::SourceId;
use crate::identity::Identity;
use crate::view::gate::{Id, Instant, object};
use crate::view::id::GlobalId;
use crate::view::links;
use crate::view::source::Source;

/// The longest list of people, organisations or sources in one directive.
const MOST: usize = 100;
/// The longest text, in bytes.
const LONGEST: usize = 1_000;

object! {
    /// What a patient decided about their own data.
    struct Consent {
        /// Opaque and stable.
        id: Id, Inherit;
        /// Whether data may be shown.
        decision: ConsentDecision, Inherit;
        /// Records of which sensitivity; of all, when the list is empty and data may not be shown.
        labels: Vec<Sensitivity>, Inherit;
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
    /// Records of which sensitivity. A permit must name them; a denial without labels and sources is of everything.
    #[graphql(default)]
    labels: Vec<Sensitivity>,
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
    /// On what it rests: where the signed document is filed.
    basis: String,
}

/// Records a directive.
pub(super) async fn record(context: &Context<'_>, input: ConsentInput) -> Result<Consent, Error> {
    let (gateway, call) = at(context);
    let (identity, _) = patient(gateway, call, &input.patient).await?;
    let basis = input.basis.trim().to_owned();
    if basis.is_empty() || basis.len() > LONGEST {
        return Err(bad(
            "\"basis\" must say where the signed document is filed, in at most 1000 bytes.",
        ));
    }
    let directive = directive(gateway, input)?;
    let person = Some(identity.id);
    let attempt = gateway.attempt(call, Event::ConsentRecorded, person, None).await?;
    let book = &gateway.consents;
    let recorded = book.record(&identity, directive, basis, &call.viewer.subject).await;
    let recorded = recorded.map_err(|error| unwritten(&error))?;
    call.trail.done(&attempt, Some(recorded.id.to_string()));
    Ok(shown(gateway, &identity, recorded))
}

/// Revokes a directive. To revoke a permit shows less, so whoever may record may do it; a denial is the patient's to lift.
pub(super) async fn revoke(context: &Context<'_>, id: &ID) -> Result<Consent, Error> {
    let (gateway, call) = at(context);
    let no_such =
        || ErrorCode::NotFound.error("There is no such consent, or none that you may see.");
    let Some(GlobalId::Consent(person, id)) = GlobalId::decode(&id.0) else {
        return Err(no_such());
    };
    let (identity, mask) =
        patient(gateway, call, &ID(GlobalId::Patient(person).encode().0)).await?;
    let consent = match gateway.consents.get(id).await {
        Ok(consent) if consent.is_about(&identity) && shows(gateway, &mask, call, &consent) => {
            consent
        }
        Ok(_) | Err(ConsentError::NoSuch) => return Err(no_such()),
        Err(error) => return Err(unreadable(&error)),
    };
    let own_word =
        call.viewer.role == access::Role::Patient || consent.recorded_by == call.viewer.subject;
    if consent.directive.verdict == Verdict::Deny && !own_word {
        return Err(ErrorCode::Forbidden
            .error("Only the patient, or whoever recorded it, may revoke a denial."));
    }
    let (person, name) = (Some(identity.id), Some(consent.id.to_string()));
    let attempt = gateway.attempt(call, Event::ConsentRevoked, person, name).await?;
    let revoked = gateway.consents.revoke(consent.id, &call.viewer.subject).await;
    let revoked = revoked.map_err(|error| unwritten(&error))?;
    call.trail.done(&attempt, None);
    Ok(shown(gateway, &identity, revoked))
}

/// The directives of a patient that the viewer may know of.
pub(super) async fn list(context: &Context<'_>, id: &ID) -> Result<Vec<Consent>, Error> {
    let (gateway, call) = at(context);
    let (identity, mask) = patient(gateway, call, id).await?;
    call.trail.shows(identity.id, &BTreeSet::from([FieldClass::Consents]), &BTreeSet::new());
    let all = gateway.consents.of(&[&identity]).await.map_err(|error| unreadable(&error))?;
    let known = all.into_iter().flatten().filter(|consent| shows(gateway, &mask, call, consent));
    Ok(known.map(|consent| shown(gateway, &identity, consent)).collect())
}

/// The patient of that id, as far as the viewer may know of them.
async fn patient(gateway: &Gateway, call: &Call, id: &ID) -> Result<(Identity, AccessMask), Error> {
    let found = match GlobalId::decode(&id.0) {
        Some(GlobalId::Patient(person)) => gateway.resolve(&[person]).await?.pop().flatten(),
        _ => None,
    };
    let (identity, mask) = gateway.admit(call, found).await?;
    call.touch(&mask, BTreeSet::new())?;
    Ok((identity, mask))
}

/// The mask of somebody who may record directives; anybody else is refused.
pub(super) fn recorder(call: &Call) -> Result<AccessMask, Error> {
    let mask = AccessMask::of_role(&call.policy, &call.viewer);
    if mask.allows(FieldClass::ConsentRecording) {
        return Ok(mask);
    }
    Err(ErrorCode::Forbidden
        .error("Your role may not record what patients decide about their data."))
}

/// True for a directive that the viewer may know of: none that is about what they may not see, unless they recorded it.
fn shows(gateway: &Gateway, mask: &AccessMask, call: &Call, consent: &consent::Consent) -> bool {
    let is_known = |source: &String| {
        let floor = gateway.labelling.floor(&SourceId::new(source.as_str()));
        !mask.closes(source) && mask.lets_through(floor, false)
    };
    let Directive { labels, sources, .. } = &consent.directive;
    let is_about_the_known = mask.lets_through(*labels, false) && sources.iter().all(is_known);
    is_about_the_known || consent.recorded_by == call.viewer.subject
}

fn bad(message: &str) -> Error {
    ErrorCode::BadUserInput.error(message)
}

fn directive(gateway: &Gateway, input: ConsentInput) -> Result<Directive, Error> {
    let verdict = input.decision.0;
    if verdict == Verdict::Permit && (input.labels.is_empty() || !input.sources.is_empty()) {
        return Err(bad("A permit must name \"labels\", and cannot name \"sources\"."));
    }
    let (from_ms, until_ms) = (instant("from", input.from)?, instant("until", input.until)?);
    if let (Some(from), Some(until)) = (from_ms, until_ms)
        && until <= from
    {
        return Err(bad("\"until\" must be later than \"from\"."));
    }
    Ok(Directive {
        verdict,
        labels: input.labels.into_iter().map(|label| label.0).collect(),
        sources: sources(gateway, &input.sources)?,
        roles: input.roles.into_iter().map(|role| role.0).collect(),
        organizations: names("organizations", input.organizations)?,
        people: names("people", input.people)?,
        purposes: input.purposes.into_iter().map(|purpose| purpose.0).collect(),
        from_ms,
        until_ms,
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

fn instant(field: &str, text: Option<String>) -> Result<Option<i64>, Error> {
    let Some(text) = text else { return Ok(None) };
    let instant = FuzzyDate::parse(&text).filter(|date| date.precision() == Precision::Instant);
    let wrong = || bad(&format!("{field:?} must be an instant such as 2027-01-31T12:00:00Z."));
    instant.map(|date| Some(date.starts_ms())).ok_or_else(wrong)
}

/// A directive as the graph shows it.
fn shown(gateway: &Gateway, identity: &Identity, consent: consent::Consent) -> Consent {
    let consent::Consent { id, directive, basis, recorded_ms, recorded_by, revoked, .. } = consent;
    let (revoked_at, revoked_by) = revoked.unzip();
    let source = |id: &String| gateway.fleet.get(&SourceId::new(id.as_str())).cloned().map(Source);
    Consent {
        id: GlobalId::Consent(identity.id, id).encode(),
        decision: ConsentDecision(directive.verdict),
        labels: directive.labels.iter().map(Sensitivity).collect(),
        sources: directive.sources.iter().filter_map(source).collect(),
        roles: directive.roles.into_iter().map(Role).collect(),
        organizations: directive.organizations.into_iter().collect(),
        people: directive.people.into_iter().collect(),
        purposes: directive.purposes.into_iter().map(PurposeOfUse).collect(),
        from: directive.from_ms.and_then(links::at),
        until: directive.until_ms.and_then(links::at),
        basis,
        recorded_at: links::at(recorded_ms),
        recorded_by,
        revoked_at: revoked_at.and_then(links::at),
        revoked_by,
    }
}
