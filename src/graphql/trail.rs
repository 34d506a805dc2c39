//! What one request did and whom it touched, until it is written to the audit log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_graphql::Error;
use aws_lc_rs::digest::{SHA256, digest};

use super::call::Call;
use super::error::ErrorCode;
use super::gateway::Gateway;
use crate::access::{AccessMask, FieldClass, Label, LabelSet, PurposeOfUse, Redaction};
use crate::audit::{AuditError, Body, Entry, Event, Outcome, Source, hexadecimal};
use crate::identity::{Identity, PersonId, now_ms};

/// What is said when the audit log cannot be written.
pub(super) const UNRECORDED: &str = "What was asked could not be recorded, so nothing is shown.";
/// How a source answered that is yet to be asked.
const NOT_YET: &str = "PENDING";
/// The longest name of an operation that is recorded.
const LONGEST_NAME: usize = 64;

/// What names a request in the log.
#[derive(Default)]
pub(crate) struct Stamp {
    /// Its id, as the answer's header has it.
    pub(crate) request: String,
    /// SHA-256 of its document, in hexadecimal.
    document: String,
    /// The name of its operation, when it is a name.
    operation: Option<String>,
}

impl Stamp {
    /// `document` is its [hash].
    pub(crate) fn new(request: &str, document: &str, operation: Option<&str>) -> Self {
        let document = document.to_owned();
        let operation = operation.filter(|name| is_name(name)).map(str::to_owned);
        Self { request: request.to_owned(), document, operation }
    }
}

/// By what the log names a document.
pub(super) fn hash(document: &str) -> String {
    hexadecimal(digest(&SHA256, document.as_bytes()).as_ref())
}

/// True for a name by the GraphQL specification, of a length that a person would give.
fn is_name(text: &str) -> bool {
    let is_word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    text.len() <= LONGEST_NAME
        && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
        && text.bytes().all(is_word)
}

/// What one request did and whom it touched.
#[derive(Default)]
pub(crate) struct Trail(Mutex<Steps>);

#[derive(Default)]
struct Steps {
    people: BTreeMap<PersonId, Trace>,
    acts: Vec<Act>,
    /// What was shown besides patients.
    others: Vec<(Event, Option<PersonId>, FieldClass)>,
    searched: bool,
    missed: bool,
}

/// What was shown of one person.
#[derive(Default)]
struct Trace {
    denied: bool,
    /// For what the decision was made; not the request's own purpose when a glass is broken.
    purpose: Option<PurposeOfUse>,
    decision: String,
    labels: LabelSet,
    classes: BTreeSet<FieldClass>,
    redactions: BTreeSet<String>,
    sources: BTreeMap<String, &'static str>,
}

/// Something that was changed.
struct Act {
    event: Event,
    person: Option<PersonId>,
    object: Option<String>,
    /// Which labels it opens.
    labels: LabelSet,
    /// Which source is asked for it, and how it answered.
    source: Option<Source>,
    done: bool,
}

/// A change that was written down before it is made.
#[must_use = "what became of it must be told"]
pub(crate) struct Attempt(usize);

impl Trail {
    fn steps(&self) -> MutexGuard<'_, Steps> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who was asked for, and of whom the viewer may know what.
    pub(crate) fn answered(
        &self,
        found: &[Option<Identity>],
        admitted: &[Option<(Identity, AccessMask)>],
    ) {
        for (found, admitted) in found.iter().zip(admitted) {
            match found {
                Some(identity) => self.met(identity.id, admitted.as_ref().map(|(_, mask)| mask)),
                None => self.missed(),
            }
        }
    }

    /// A person was asked for, of whom the viewer may know what the mask says; nothing without one.
    fn met(&self, person: PersonId, mask: Option<&AccessMask>) {
        let mut steps = self.steps();
        let trace = steps.people.entry(person).or_default();
        match mask {
            Some(mask) => {
                trace.decision = mask.decision();
                trace.labels = mask.consented();
                trace.purpose = Some(mask.purpose());
            }
            None => trace.denied = true,
        }
    }

    /// Nobody was found.
    pub(crate) fn missed(&self) {
        self.steps().missed = true;
    }

    /// People were searched for.
    pub(crate) fn searched(&self) {
        self.steps().searched = true;
    }

    /// Fields of these classes are shown of the person; these are hidden.
    pub(crate) fn shows(
        &self,
        person: PersonId,
        classes: &BTreeSet<FieldClass>,
        redactions: &BTreeSet<Redaction>,
    ) {
        let mut steps = self.steps();
        let trace = steps.people.entry(person).or_default();
        trace.classes.extend(classes);
        trace.redactions.extend(redactions.iter().map(|it| it.path.clone()));
    }

    /// Something of that class is shown that is no view of a patient; `person` if it is about one all the same.
    pub(crate) fn shows_other(&self, event: Event, person: Option<PersonId>, class: FieldClass) {
        let mut steps = self.steps();
        let other = (event, person, class);
        if !steps.others.contains(&other) {
            steps.others.push(other);
        }
    }

    /// Sources were asked about the person.
    pub(crate) fn asked(
        &self,
        person: PersonId,
        sources: impl IntoIterator<Item = (String, &'static str)>,
    ) {
        self.steps().people.entry(person).or_default().sources.extend(sources);
    }

    /// An attempt succeeded; `object` is our id of what was made or changed.
    pub(crate) fn done(&self, attempt: &Attempt, object: Option<String>) {
        if let Some(act) = self.steps().acts.get_mut(attempt.0) {
            act.done = true;
            act.object = object.or(act.object.take());
        }
    }

    /// The source that was to be asked answered so; it is done if that is an answer. `object`: our id of what it rests on.
    pub(crate) fn asked_for(&self, attempt: &Attempt, how: &str, is_answer: bool, object: String) {
        if let Some(act) = self.steps().acts.get_mut(attempt.0) {
            (act.done, act.object) = (is_answer, Some(object));
            if let Some(Source(_, answer)) = &mut act.source {
                how.clone_into(answer);
            }
        }
    }

    /// All that must be written before the answer leaves. `refused`: nothing of it is shown; `forbidden`: something was
    /// asked for that the viewer's role may not.
    pub(crate) fn entries(&self, call: &Call, refused: bool, forbidden: bool) -> Vec<Entry> {
        let steps = self.steps();
        let mut entries = Vec::with_capacity(steps.people.len() + steps.acts.len() + 1);
        for act in &steps.acts {
            let outcome = if act.done { Outcome::Done } else { Outcome::Failed };
            entries.push(call.entry(act.person, act.body(call, outcome)));
        }
        let event = if steps.searched { Event::Search } else { Event::Read };
        for (person, trace) in &steps.people {
            let is_act = steps.acts.iter().any(|act| act.person == Some(*person));
            if is_act && trace.classes.is_empty() && !trace.denied {
                continue;
            }
            entries.push(call.entry(Some(*person), trace.body(call, event, refused)));
        }
        for (event, person, class) in &steps.others {
            let outcome = if refused { Outcome::Denied } else { Outcome::Done };
            let body =
                Body { classes: vec![class.name().to_owned()], ..call.body(*event, outcome) };
            entries.push(call.entry(*person, body));
        }
        // What was found does not hide what was not, nor what was forbidden.
        let mut more = Vec::new();
        if forbidden && (!refused || entries.is_empty()) {
            more.push(Outcome::Denied);
        }
        if steps.missed {
            more.push(Outcome::NotFound);
        }
        if steps.searched && entries.is_empty() && more.is_empty() {
            more.push(Outcome::Done);
        }
        entries.extend(more.into_iter().map(|it| call.entry(None, call.body(event, it))));
        entries
    }
}

impl Act {
    fn of(event: Event) -> Self {
        let labels = LabelSet::default();
        Self { event, person: None, object: None, labels, source: None, done: false }
    }

    fn body(&self, call: &Call, outcome: Outcome) -> Body {
        let (object, labels) = (self.object.clone(), names(self.labels));
        let sources = self.source.clone().into_iter().collect();
        Body { labels, sources, object, ..call.body(self.event, outcome) }
    }
}

fn names(labels: LabelSet) -> Vec<String> {
    labels.iter().map(Label::name).map(str::to_owned).collect()
}

impl Trace {
    fn body(&self, call: &Call, event: Event, refused: bool) -> Body {
        let mut body = Body {
            decision: self.decision.clone(),
            purpose: self.purpose.unwrap_or(call.viewer.purpose).code().to_owned(),
            redactions: self.redactions.iter().cloned().collect(),
            sources: self
                .sources
                .iter()
                .map(|(source, state)| Source(source.clone(), (*state).to_owned()))
                .collect(),
            ..call.body(event, Outcome::Done)
        };
        if self.denied || refused {
            body.outcome = Outcome::Denied;
        } else {
            body.classes = self.classes.iter().map(|class| class.name().to_owned()).collect();
            body.labels = names(self.labels);
        }
        body
    }
}

impl Call {
    fn entry(&self, person: Option<PersonId>, body: Body) -> Entry {
        Entry { at_ms: now_ms(), person, viewer: self.viewer.subject.clone(), body }
    }

    fn body(&self, event: Event, outcome: Outcome) -> Body {
        Body {
            role: self.viewer.role.name().to_owned(),
            organization: self.viewer.organization.clone(),
            client: self.viewer.client.clone(),
            purpose: self.viewer.purpose.code().to_owned(),
            operation: self.stamp.operation.clone(),
            document: self.stamp.document.clone(),
            request: self.stamp.request.clone(),
            policy: self.policy.version().to_owned(),
            ..Body::of(event, outcome)
        }
    }
}

impl Gateway {
    /// Writes down that something is about to be changed. When that fails, nothing may be changed.
    pub(crate) async fn attempt(
        &self,
        call: &Call,
        event: Event,
        person: Option<PersonId>,
        object: Option<String>,
    ) -> Result<Attempt, Error> {
        self.try_to(call, Act { person, object, ..Act::of(event) }).await
    }

    /// The same, for something that opens these labels.
    pub(crate) async fn attempt_opening(
        &self,
        call: &Call,
        event: Event,
        person: Option<PersonId>,
        labels: LabelSet,
    ) -> Result<Attempt, Error> {
        self.try_to(call, Act { person, labels, ..Act::of(event) }).await
    }

    /// The same, for asking a source for a person.
    pub(crate) async fn attempt_asking(
        &self,
        call: &Call,
        person: PersonId,
        source: &str,
    ) -> Result<Attempt, Error> {
        let source = Some(Source(source.to_owned(), NOT_YET.to_owned()));
        let person = Some(person);
        self.try_to(call, Act { person, source, ..Act::of(Event::LookedUp) }).await
    }

    async fn try_to(&self, call: &Call, act: Act) -> Result<Attempt, Error> {
        let entry = call.entry(act.person, act.body(call, Outcome::Attempted));
        self.audit.append(vec![entry]).await.map_err(|error| unrecorded(&error))?;
        let mut steps = call.trail.steps();
        steps.acts.push(act);
        Ok(Attempt(steps.acts.len() - 1))
    }
}

/// The log could not be written or read: the reason goes to the operator's.
pub(crate) fn unrecorded(error: &AuditError) -> Error {
    tracing::error!(%error, "the audit log failed");
    ErrorCode::SourceUnavailable.error(UNRECORDED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_names() {
        for name in ["Chart", "_x1", "a"] {
            assert!(is_name(name), "{name}");
        }
        for other in ["", "1a", "Ada Lovelace", "näme", "a-b", &"a".repeat(65)] {
            assert!(!is_name(other), "{other}");
        }
    }

    #[test]
    fn a_document_is_known_by_its_hash() {
        let stamp = Stamp::new("r", &hash(""), Some("Ada Lovelace"));
        assert!(stamp.document.starts_with("e3b0c44298fc1c14"));
        assert_eq!((stamp.request.as_str(), stamp.operation), ("r", None));
    }
}
