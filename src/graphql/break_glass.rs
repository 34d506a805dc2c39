//! Breaking the glass, and reviewing that somebody did.

use async_graphql::{Context, Error, ID, InputObject};

use super::error::ErrorCode;
use super::inputs::{bad, sentence};
use super::lookup::{at, unreadable, unwritten};
use super::words::{BreakGlassReason, ReviewOutcome, Role};
use crate::access::{self, AccessMask, BreakGlass, Review, Viewer};
use crate::audit::Event;
use crate::identity::now_ms;
use crate::ledger::{Entry, Fact, Kind, LedgerError};
use crate::view::gate::{Id, Instant, object};
use crate::view::id::GlobalId;
use crate::view::links;

object! {
    /// That somebody broke the glass: saw in an emergency what is hidden otherwise.
    struct BrokenGlass {
        /// Opaque and stable.
        id: Id, Inherit;
        /// For whom, by the name under which `accessLog` knows the patient; null for whoever is shown their own.
        patient: Option<String>, Inherit;
        /// Why.
        reason: BreakGlassReason, Inherit;
        /// The nature of the emergency, in their words.
        text: String, Inherit;
        /// By whom, by the subject of their tokens.
        person: String, Inherit;
        /// In which role.
        role: Role, Inherit;
        /// For which organisation.
        organization: Option<String>, Inherit;
        /// When.
        broken_at: Option<Instant>, Inherit;
        /// Until when it held, or holds.
        until: Option<Instant>, Inherit;
        /// What a review came to; null as long as it is to be done.
        review: Option<BrokenGlassReview>, Inherit;
    }
}

object! {
    /// What the review of a broken glass came to.
    struct BrokenGlassReview {
        /// Whether it was right.
        outcome: ReviewOutcome, Inherit;
        /// Why.
        note: String, Inherit;
        /// By whom.
        by: String, Inherit;
        /// When.
        at: Option<Instant>, Inherit;
    }
}

/// An emergency in which the glass is broken: for one patient, for an hour, on the record.
#[derive(InputObject)]
pub(crate) struct BreakGlassInput {
    /// For which patient.
    patient: ID,
    /// Why.
    reason: BreakGlassReason,
    /// The nature of the emergency, in at least 20 characters. The patient and a privacy auditor read it.
    text: String,
}

/// Breaks the glass. Whoever may not, or for nobody, learns nothing about the patient.
pub(super) async fn break_it(
    context: &Context<'_>,
    input: BreakGlassInput,
) -> Result<BrokenGlass, Error> {
    let (gateway, call) = at(context);
    let viewer = &call.viewer;
    if !call.policy.breaks_glass(viewer.role) {
        return Err(ErrorCode::Forbidden.error("Your role may not break the glass."));
    }
    let glass = glass_of(viewer, &input)?;
    let found = gateway.bearer(&input.patient).await?;
    // Written down whoever it is, so that a log that cannot be written tells nobody whether there is such a patient.
    let person = found.as_ref().map(|found| found.id);
    let labels = AccessMask::opened_by_a_glass(&call.policy, viewer.role);
    let attempt = gateway.attempt_opening(call, Event::BreakGlass, person, labels).await?;
    let found = found.ok_or_else(|| gateway.nobody())?;
    // Would it open the patient? Not when a denial holds even in an emergency, nor for one's own record.
    let mut standing =
        gateway.standings(&call.policy, &call.viewer, &[&found]).await?.pop().unwrap_or_default();
    standing.broken.push(glass.clone());
    let id = GlobalId::Patient(found.id).encode();
    let mask = AccessMask::decide(&call.policy, viewer, &id.0, &standing, now_ms());
    mask.ok_or_else(|| gateway.nobody())?;
    let recorded = gateway.ledger.record(&found, Fact::BreakGlass(glass), &viewer.subject).await;
    let recorded = recorded.map_err(|error| unwritten(&error))?;
    call.trail.done(&attempt, Some(recorded.id.to_string()));
    tracing::warn!(role = viewer.role.name(), "the glass was broken; a review is to be done");
    shown(recorded, None).ok_or_else(no_such)
}

/// What is broken, when it may be: with a word of why, by somebody who has just signed in.
fn glass_of(viewer: &Viewer, input: &BreakGlassInput) -> Result<BreakGlass, Error> {
    let text = sentence("text", &input.text, "what the emergency is")?;
    if text.chars().count() < BreakGlass::SHORTEST_TEXT {
        return Err(bad("\"text\" must say what the emergency is, in at least 20 characters."));
    }
    if !viewer.authenticated_recently(now_ms() / 1000) {
        return Err(ErrorCode::Forbidden.error(
            "Sign in again: to break the glass, you must have signed in within five minutes.",
        ));
    }
    Ok(BreakGlass {
        subject: viewer.subject.clone(),
        role: viewer.role,
        organization: viewer.organization.clone(),
        reason: input.reason.0,
        text,
        until_ms: now_ms() + BreakGlass::LASTS_MS,
        review: None,
    })
}

/// The broken glasses: of one's own record for a patient, of everybody for an auditor; the oldest first.
pub(super) async fn list(
    context: &Context<'_>,
    to_review: bool,
) -> Result<Vec<BrokenGlass>, Error> {
    let (gateway, call) = at(context);
    let is_own = call.viewer.role.is_bound_to_a_patient();
    let entries = if is_own {
        let own = call.viewer.patient.clone().unwrap_or_default();
        let (identity, _) = gateway.patient(call, &ID(own)).await?;
        call.trail.shows_other(Event::Read, Some(identity.id), access::FieldClass::BreakGlass);
        gateway.ledger.of(&[&identity]).await.map(|all| all.into_iter().flatten().collect())
    } else {
        call.trail.shows_other(Event::Read, None, access::FieldClass::BreakGlass);
        gateway.ledger.of_kind(Kind::BreakGlass).await
    };
    let entries = entries.map_err(|error| unreadable(&error))?;
    let people = entries.iter().filter_map(Entry::person).filter(|_| !is_own).collect();
    let names = gateway.pseudonyms(people).await?;
    let name = |entry: &Entry| names.get(&entry.person()?).cloned();
    let all = entries.into_iter().filter_map(|entry| {
        let name = name(&entry);
        shown(entry, name)
    });
    Ok(all.filter(|glass| !to_review || glass.review.is_none()).collect())
}

/// Records what a review came to. Nobody reviews themselves, and a review stays as it was.
pub(super) async fn review(
    context: &Context<'_>,
    id: &ID,
    outcome: access::ReviewOutcome,
    note: &str,
) -> Result<BrokenGlass, Error> {
    let (gateway, call) = at(context);
    let Some(GlobalId::BreakGlass(id)) = GlobalId::decode(&id.0) else { return Err(no_such()) };
    let mut entry = match gateway.ledger.get(id).await {
        Ok(entry) => entry,
        Err(LedgerError::NoSuch) => return Err(no_such()),
        Err(error) => return Err(unreadable(&error)),
    };
    let person = entry.person();
    let Fact::BreakGlass(glass) = &mut entry.fact else { return Err(no_such()) };
    if glass.subject == call.viewer.subject {
        return Err(
            ErrorCode::Forbidden.error("Nobody may review a glass that they broke themselves.")
        );
    }
    if glass.review.is_some() {
        return Err(ErrorCode::Conflict.error("This was reviewed already."));
    }
    let note = sentence("note", note, "what the review came to")?;
    let object = Some(id.to_string());
    let attempt = gateway.attempt(call, Event::BreakGlassReviewed, person, object).await?;
    let by = call.viewer.subject.clone();
    glass.review = Some(Review { outcome, note, by, at_ms: now_ms() });
    gateway.ledger.replace(&entry).await.map_err(|error| unwritten(&error))?;
    call.trail.done(&attempt, None);
    let names = gateway.pseudonyms(person.into_iter().collect()).await?;
    shown(entry, names.into_values().next()).ok_or_else(no_such)
}

fn no_such() -> Error {
    ErrorCode::NotFound.error("There is no such broken glass.")
}

/// A broken glass as the graph shows it, with a name of the patient that leads to nobody; `None` for an entry of another
/// kind.
fn shown(entry: Entry, patient: Option<String>) -> Option<BrokenGlass> {
    let Entry { id, fact: Fact::BreakGlass(glass), history } = entry else { return None };
    Some(BrokenGlass {
        id: GlobalId::BreakGlass(id).encode(),
        patient,
        reason: BreakGlassReason(glass.reason),
        text: glass.text,
        person: glass.subject,
        role: Role(glass.role),
        organization: glass.organization,
        broken_at: links::at(history.recorded_ms),
        until: links::at(glass.until_ms),
        review: glass.review.map(|review| BrokenGlassReview {
            outcome: ReviewOutcome(review.outcome),
            note: review.note,
            by: review.by,
            at: links::at(review.at_ms),
        }),
    })
}
