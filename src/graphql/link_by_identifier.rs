//! Asking a source that lists nobody for one patient, by an identifier that the patient agreed to have told to it.
//!
//! To ask is a disclosure: the source learns that whoever bears this number is a patient elsewhere. So it is done for one
//! patient, one source and one identifier, on an act that is written down before; and never with an identifier that only
//! whoever asks knows of.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject};
use caregraph_connectors::Problem;
use caregraph_connectors::connector::RosterEntry;

use super::call::Call;
use super::error::ErrorCode;
use super::gateway::Gateway;
use super::identifier_consents::{IdentifierConsent, forget, shown};
use super::inputs::{bad, sentence};
use super::lookup::{RESERVE, at, broken, unreadable, unwritten};
use crate::access::{AccessMask, Directive, Verdict};
use crate::gather::{self, Source};
use crate::identity::{Identity, RecordKey, now_ms};
use crate::ledger::{Entry, Fact, Lookup};
use crate::view::gate::{choice, object};
use crate::view::id::GlobalId;

/// The longest identifier, in bytes.
const LONGEST: usize = 200;

choice! {
    /// What came of asking a source for a patient.
    enum LookupOutcome {
        /// The source knows the patient, and is linked from now on.
        Linked = "LINKED",
        /// The source knows nobody under this identifier.
        Nobody = "NOBODY",
        /// The source knows several people under it, so that nobody can tell who it is.
        Several = "SEVERAL",
        /// Whom it found is not this patient by the rules of linking; nothing of them is kept.
        NotTheSame = "NOT_THE_SAME",
        /// It could not be asked, or what it answered cannot be believed: it says nothing of the patient.
        Failed = "FAILED",
    }
}

object! {
    /// What came of asking a source for a patient.
    struct LinkByIdentifierPayload {
        /// What came of it.
        outcome: LookupOutcome, Inherit;
        /// The same in one sentence.
        message: String, Inherit;
        /// What was recorded. It holds only if the source is linked.
        consent: IdentifierConsent, Inherit;
    }
}

/// For whom a source is to be asked, by what, and on whose word.
#[derive(InputObject)]
pub(crate) struct LinkByIdentifierInput {
    /// Id of the patient.
    patient: ID,
    /// Id of the source: one that lists nobody (`Source.identifierSystem`).
    source: ID,
    /// The system of the identifier; the one that the source understands.
    system: String,
    /// The identifier, which another source of the patient lists. It is told to the source, and kept nowhere.
    value: String,
    /// On what it rests: where the consent is filed by which the patient agreed that this source is told it.
    basis: String,
}

/// One question to one source.
struct Question {
    source: Arc<Source>,
    system: String,
    value: String,
}

/// Asks, and links whom the source found if that is the patient.
pub(super) async fn link(
    context: &Context<'_>,
    input: LinkByIdentifierInput,
) -> Result<LinkByIdentifierPayload, Error> {
    let (gateway, call) = at(context);
    let (identity, mask) = gateway.patient(call, &input.patient).await?;
    let basis = sentence("basis", &input.basis, "where the signed consent is filed")?;
    let question = question(gateway, &mask, &input)?;
    may_ask(gateway, &identity, &mask, &question).await?;
    let source = question.source.id.as_str();
    let attempt = gateway.attempt_asking(call, identity.id, source).await?;
    let (source, system) = (source.to_owned(), question.system.clone());
    let fact = Fact::Lookup(Lookup { source, system, basis, record: None });
    let entry = gateway.ledger.record(&identity, fact, &call.viewer.subject).await;
    let entry = entry.map_err(|error| unwritten(&error))?;
    let id = entry.id;
    let done = ask_and_link(gateway, call, &identity, &question, entry).await;
    let outcome = done.as_ref().map_or(LookupOutcome::Failed, |(outcome, _)| *outcome);
    let is_answer = outcome != LookupOutcome::Failed;
    call.trail.asked_for(&attempt, outcome.name(), is_answer, id.to_string());
    if outcome != LookupOutcome::Linked {
        gateway.ledger.revoke(id, &call.viewer.subject).await.map_err(|it| unwritten(&it))?;
    }
    let (outcome, message) = done?;
    let entry = gateway.ledger.get(id).await.map_err(|error| unreadable(&error))?;
    let consent = shown(gateway, &identity, entry).ok_or_else(no_such_source)?;
    Ok(LinkByIdentifierPayload { outcome, message, consent })
}

fn question(
    gateway: &Gateway,
    mask: &AccessMask,
    input: &LinkByIdentifierInput,
) -> Result<Question, Error> {
    let source = match GlobalId::decode(&input.source.0) {
        Some(GlobalId::Source(id)) if gateway.labelling.knows(mask, &id) => gateway.fleet.get(&id),
        _ => None,
    };
    let source = source.filter(|source| source.has_patients()).ok_or_else(no_such_source)?.clone();
    let Some(understood) = source.finds_by() else {
        let how = if source.connector.has_roster() {
            "lists its patients, so it is never asked for one by an identifier"
        } else {
            "cannot be asked for a patient by an identifier"
        };
        return Err(bad(&format!("{} {how}.", source.name)));
    };
    if input.system.trim() != understood {
        let name = &source.name;
        return Err(bad(&format!(
            "{name} understands identifiers of the system {understood} alone, and is told no others."
        )));
    }
    let value = input.value.trim();
    if value.is_empty() || value.len() > LONGEST || value.contains(char::is_control) {
        return Err(bad(&format!(
            "\"value\" must be an identifier of at most {LONGEST} bytes, in one line."
        )));
    }
    let (system, value) = (understood.to_owned(), value.to_owned());
    Ok(Question { source, system, value })
}

fn no_such_source() -> Error {
    ErrorCode::NotFound.error("There is no such source, or none that you may know of.")
}

/// Nothing is told to a source that need not be told, or that the patient does not want to be shown.
async fn may_ask(
    gateway: &Gateway,
    identity: &Identity,
    mask: &AccessMask,
    question: &Question,
) -> Result<(), Error> {
    let Question { source, system, value } = question;
    if identity.links.iter().any(|link| link.source == source.id) {
        let message = format!("The patient is linked to {} already.", source.name);
        return Err(ErrorCode::Conflict.error(message));
    }
    let all = gateway.ledger.of(&[identity]).await.map_err(|error| unreadable(&error))?;
    if all.iter().flatten().any(|entry| denies(entry, source)) {
        let message = format!(
            "A consent of the patient denies {}, so it is not asked; it can be asked when that consent is revoked.",
            source.name
        );
        return Err(ErrorCode::Forbidden.error(message));
    }
    // What the viewer may not know of the patient must not tell them whether the identifier is theirs.
    let mut known = identity.clone();
    gateway.veil([(&mut known, mask)]).await?;
    let bears = gateway.index.bears(&known, &source.id, (system, value)).await;
    if bears.map_err(|error| broken(&error))? {
        return Ok(());
    }
    let rule = "a source is asked only with an identifier that another source of the patient lists";
    if gateway.unread().is_empty() {
        return Err(bad(&format!("No other source lists that identifier of the patient: {rule}.")));
    }
    let message = format!(
        "No other source is known yet to list that identifier of the patient, but not all patients are indexed; ask again later: {rule}."
    );
    Err(ErrorCode::SourceUnavailable.error(message))
}

/// True for a denial that holds now and names the source, to whomever it denies it; or that closes everything to everybody.
fn denies(entry: &Entry, source: &Source) -> bool {
    let Fact::Consent(consent) = &entry.fact else { return false };
    let Directive {
        verdict, labels, classes, sources, roles, organizations, people, purposes, ..
    } = &consent.directive;
    let now = now_ms();
    let is_over = consent.directive.until_ms.is_some_and(|until| until <= now)
        || consent.directive.from_ms.is_some_and(|from| now < from);
    let is_whole = labels.is_empty() && classes.is_empty();
    let is_of_all = sources.is_empty()
        && roles.is_empty()
        && organizations.is_empty()
        && people.is_empty()
        && purposes.is_empty();
    *verdict == Verdict::Deny
        && entry.history.revoked.is_none()
        && !is_over
        && is_whole
        && (is_of_all || sources.contains(source.id.as_str()))
}

/// What came of it, and one sentence on that.
async fn ask_and_link(
    gateway: &Gateway,
    call: &Call,
    identity: &Identity,
    question: &Question,
    entry: Entry,
) -> Result<(LookupOutcome, String), Error> {
    let Question { source, value, .. } = question;
    let (deadline, purpose) = (call.deadline - RESERVE, call.viewer.purpose.code());
    let asked = gather::find(&gateway.fleet, source, value, deadline, purpose);
    let outcome = match call.pulse.wait(asked).await {
        Err(problem) => return Ok((LookupOutcome::Failed, failure(&source.name, &problem))),
        Ok(found) => match known_of(found) {
            Err(outcome) => outcome,
            Ok(one) if keep(gateway, identity, source, &one, entry).await? => LookupOutcome::Linked,
            Ok(_) => LookupOutcome::NotTheSame,
        },
    };
    Ok((outcome, sentence_on(outcome, &source.name)))
}

/// The one whom the source found and still uses the record of.
fn known_of(mut found: Vec<RosterEntry>) -> Result<RosterEntry, LookupOutcome> {
    found.retain(|entry| entry.active);
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(LookupOutcome::Nobody),
        (Some(_), false) => Err(LookupOutcome::Several),
    }
}

/// Links whom the source found, if that is the patient, and notes which record that is.
async fn keep(
    gateway: &Gateway,
    identity: &Identity,
    source: &Source,
    found: &RosterEntry,
    entry: Entry,
) -> Result<bool, Error> {
    let taken = gateway.index.take_found(&source.id, identity, found).await;
    let Some(record) = taken.map_err(|error| broken(&error))? else { return Ok(false) };
    let noted = note(gateway, entry, record).await;
    if let Ok(entry) = &noted
        && entry.history.revoked.is_none()
    {
        return Ok(true);
    }
    // Nothing stays linked on a word that is not on record, or that was taken back meanwhile.
    let (system, basis) = (String::new(), String::new());
    let record = Some(record.to_text());
    let lookup = Lookup { source: source.id.to_string(), system, basis, record };
    forget(gateway, identity, &lookup).await?;
    noted?;
    Err(ErrorCode::Conflict.error("It was revoked meanwhile, so nothing is linked."))
}

/// Notes which record was found, unless it was revoked meanwhile.
async fn note(gateway: &Gateway, entry: Entry, record: RecordKey) -> Result<Entry, Error> {
    let mut now = gateway.ledger.get(entry.id).await.map_err(|error| unreadable(&error))?;
    if let Fact::Lookup(lookup) = &mut now.fact
        && now.history.revoked.is_none()
    {
        lookup.record = Some(record.to_text());
        gateway.ledger.replace(&now).await.map_err(|error| unwritten(&error))?;
    }
    Ok(now)
}

fn sentence_on(outcome: LookupOutcome, name: &str) -> String {
    match outcome {
        LookupOutcome::Linked => format!("{name} knows the patient and is linked."),
        LookupOutcome::Nobody => format!("{name} knows nobody under this identifier."),
        LookupOutcome::Several => format!(
            "{name} knows several people under this identifier, so that nobody can tell who of them it is."
        ),
        LookupOutcome::NotTheSame => format!(
            "Whom {name} knows under this identifier is not this patient by the rules of linking, so nothing was linked or kept."
        ),
        LookupOutcome::Failed => format!("{name} could not be asked."),
    }
}

fn failure(name: &str, problem: &Problem) -> String {
    if *problem == Problem::NotSupported {
        return format!("{name} cannot be asked by this identifier as it is written.");
    }
    let sentence = problem.to_string();
    match sentence.strip_prefix("It ") {
        Some(rest) => format!("{name} {rest}"),
        None => format!("{name}: {sentence}"),
    }
}
