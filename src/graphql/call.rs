//! One call: who makes it, until when, and what it touched.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::{Error, Response, ServerError, Value as Data};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::ErrorCode;
use super::plans::Planned;
use super::pulse::Pulse;
use super::trail::{Stamp, Trail};
use super::waterfall::Waterfall;
use crate::access::{AccessMask, FieldClass, Policy, PurposeOfUse, Redaction, Viewer};
use crate::view::links;

/// What becomes of a request that selects what the viewer may not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessMode {
    /// What is hidden is null, and is named beside the data.
    Null,
    /// The whole request is refused.
    Reject,
}

/// How a client wants its answer, beside what it asks.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// What becomes of a request that selects what the viewer may not see.
    pub mode: AccessMode,
    /// How old a copy of what a source said may be; as old as its section allows when there is none. Of whoever may not
    /// have sources asked anew, it says nothing.
    pub oldest: Option<Duration>,
    /// Whether it wants to know when which source was asked. Of whoever may not know, it says nothing.
    pub waterfall: bool,
}

/// What the resolvers of one request share.
pub(crate) struct Call {
    /// Who makes it.
    pub(crate) viewer: Viewer,
    /// What holds for all of it, even when the policy changes meanwhile.
    pub(crate) policy: Arc<Policy>,
    /// What becomes of a request that selects what the viewer may not see.
    mode: AccessMode,
    /// When the answer stops being of use.
    pub(crate) deadline: Instant,
    /// What plans of its document depend on.
    pub(super) planned: Arc<Planned>,
    /// Nothing is shown that a source was asked for before.
    pub(crate) since: Option<Instant>,
    touched: Mutex<Touched>,
    failed: Mutex<Failed>,
    over_its_rate: AtomicBool,
    /// How it goes, for those who look after the gateway.
    pub(super) pulse: Arc<Pulse>,
    /// When which source was asked, when the viewer wants to know and may.
    pub(super) waterfall: Option<Waterfall>,
    /// What names the request in the audit log.
    pub(crate) stamp: Stamp,
    /// What the audit log will say of it.
    pub(crate) trail: Trail,
}

/// The roots that failed.
#[derive(Default)]
struct Failed {
    errors: Vec<ServerError>,
    /// One of them may not be null, so that there are no data at all.
    as_a_whole: bool,
}

#[derive(Default)]
struct Touched {
    /// Every one that was made: which of them came last depends on how long each root took.
    decisions: BTreeSet<String>,
    /// Whether what is shown may not be all, by the labels that the masks do not let through.
    notices: BTreeSet<&'static str>,
    /// Until when the glass is broken, when a decision rests on that.
    broken_until_ms: Option<i64>,
    redactions: BTreeSet<Redaction>,
    /// What whoever receives the answer is bound to.
    obligations: BTreeSet<&'static str>,
}

impl Call {
    pub(crate) fn new(
        viewer: Viewer,
        policy: Arc<Policy>,
        mode: AccessMode,
        deadline: Instant,
        since: Option<Instant>,
        stamp: Stamp,
        planned: Arc<Planned>,
    ) -> Self {
        let (touched, failed, trail) = (Mutex::default(), Mutex::default(), Trail::default());
        let over_its_rate = AtomicBool::new(false);
        Self {
            viewer,
            policy,
            mode,
            deadline,
            planned,
            since,
            touched,
            failed,
            over_its_rate,
            pulse: Arc::new(Pulse::begin()),
            waterfall: None,
            stamp,
            trail,
        }
    }

    /// The same call, watched.
    pub(super) fn watched(self, pulse: Arc<Pulse>, waterfall: Option<Waterfall>) -> Self {
        Self { pulse, waterfall, ..self }
    }

    /// The viewer's mask for what is about no one patient, if their role may see that class; else a refusal that says
    /// what the role may not do.
    pub(crate) fn of_role(&self, class: FieldClass, what: &str) -> Result<AccessMask, Error> {
        let mask = AccessMask::of_role(&self.policy, &self.viewer);
        if mask.allows(class) {
            return Ok(mask);
        }
        Err(ErrorCode::Forbidden.error(format!("Your role may not {what}.")))
    }

    /// Notes that the viewer would open more patients than they may.
    pub(crate) fn go_over_its_rate(&self) {
        self.over_its_rate.store(true, Ordering::Relaxed);
    }

    /// Whether the viewer would have opened more patients than they may: then nothing is shown.
    pub(crate) fn is_over_its_rate(&self) -> bool {
        self.over_its_rate.load(Ordering::Relaxed)
    }

    /// Whether the answer is refused as a whole, whatever it holds.
    pub(super) fn stops(&self) -> bool {
        self.is_over_its_rate() || self.refusal().is_some()
    }

    /// Notes what a mask hides from what was selected; in the strict mode that is an error.
    pub(crate) fn touch(
        &self,
        mask: &AccessMask,
        redactions: BTreeSet<Redaction>,
    ) -> Result<(), Error> {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.decisions.insert(mask.decision());
        touched.obligations.extend(mask.obligations());
        touched.notices.insert(mask.notice());
        touched.broken_until_ms = touched.broken_until_ms.max(mask.broken_until_ms());
        touched.redactions.extend(redactions);
        drop(touched);
        match self.refusal() {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Notes what a mask hides of what is about no patient. Where it hides nothing, there was no access to speak of.
    pub(crate) fn touch_public(
        &self,
        mask: &AccessMask,
        redactions: BTreeSet<Redaction>,
    ) -> Result<(), Error> {
        if redactions.is_empty() { Ok(()) } else { self.touch(mask, redactions) }
    }

    /// Why the whole request is refused, when it is: in the strict mode, if it selects what the viewer may not see.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if self.mode == AccessMode::Null || touched.redactions.is_empty() {
            return None;
        }
        let paths: Vec<&str> = touched.redactions.iter().map(|it| it.path.as_str()).collect();
        let message = format!("You may not see {}, so nothing is shown.", paths.join(", "));
        Some(ErrorCode::Forbidden.error(message))
    }

    /// Notes what a mask binds to whoever receives the answer.
    pub(crate) fn oblige(&self, mask: &AccessMask) {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.obligations.extend(mask.obligations());
    }

    /// Notes that a root failed.
    pub(crate) fn fail(&self, error: ServerError, may_be_null: bool) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.errors.push(error);
        failed.as_a_whole |= !may_be_null;
    }

    /// The response with what failed in it.
    pub(crate) fn complete(&self, mut response: Response) -> Response {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        response.errors.append(&mut failed.errors);
        if failed.as_a_whole {
            response.data = Data::Null;
        }
        response
    }

    /// What stands beside the data, if anything does.
    pub(super) fn extensions(&self) -> Option<Value> {
        let mut extensions = serde_json::Map::new();
        extensions.extend(self.access().map(|access| ("access".to_owned(), access)));
        let waterfall = self.waterfall.as_ref().map(Waterfall::json);
        extensions.extend(waterfall.map(|waterfall| ("waterfall".to_owned(), waterfall)));
        (!extensions.is_empty()).then_some(Value::Object(extensions))
    }

    /// `extensions.access`, when the request touched a patient.
    pub(super) fn access(&self) -> Option<Value> {
        let touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        // "RESTRICTED_MAY_EXIST" of one patient holds for the answer, and stands after "NONE".
        let notice = touched.notices.last()?;
        let decisions: Vec<&str> = touched.decisions.iter().map(String::as_str).collect();
        let mut access = json!({
            "decision": decisions.join(" "),
            "purpose": self.viewer.purpose.code(),
            "redactions": touched.redactions,
            "notice": notice,
            "remedy": self.policy.remedy(self.viewer.role),
            "obligations": touched.obligations,
        });
        if let Some(until) = touched.broken_until_ms.and_then(links::at) {
            access["purpose"] = json!(PurposeOfUse::Btg.code());
            access["brokenUntil"] = json!(until.0.as_str());
        }
        Some(access)
    }
}
