//! One call: who makes it, until when, and what it touched.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Error, ServerError};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::ErrorCode;
use crate::access::{AccessMask, Policy, Redaction, Viewer};

/// What becomes of a request that selects what the viewer may not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessMode {
    /// What is hidden is null, and is named beside the data.
    Null,
    /// The whole request is refused.
    Reject,
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
    touched: Mutex<Touched>,
    over_its_rate: AtomicBool,
    errors: Mutex<Vec<ServerError>>,
}

#[derive(Default)]
struct Touched {
    decision: Option<String>,
    /// Whether what is shown may not be all, by the labels that the mask does not let through.
    notice: &'static str,
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
    ) -> Self {
        Self {
            viewer,
            policy,
            mode,
            deadline,
            touched: Mutex::default(),
            over_its_rate: AtomicBool::new(false),
            errors: Mutex::default(),
        }
    }

    /// Notes what went wrong at a field that is null instead.
    pub(crate) fn add_error(&self, error: ServerError) {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }

    /// What went wrong at fields that are null instead.
    pub(crate) fn take_errors(&self) -> Vec<ServerError> {
        std::mem::take(&mut *self.errors.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that the viewer would open more patients than they may.
    pub(crate) fn go_over_its_rate(&self) {
        self.over_its_rate.store(true, Ordering::Relaxed);
    }

    /// Whether the viewer would have opened more patients than they may: then nothing is shown.
    pub(crate) fn is_over_its_rate(&self) -> bool {
        self.over_its_rate.load(Ordering::Relaxed)
    }

    /// Notes what a mask hides from what was selected; in the strict mode that is an error.
    pub(crate) fn touch(
        &self,
        mask: &AccessMask,
        redactions: BTreeSet<Redaction>,
    ) -> Result<(), Error> {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.decision = Some(mask.decision());
        touched.obligations.extend(mask.obligations());
        touched.notice = mask.notice();
        touched.redactions.extend(redactions);
        drop(touched);
        match self.refusal() {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
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

    /// `extensions.access`, when the request touched a patient.
    pub(crate) fn access(&self) -> Option<Value> {
        let touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        let decision = touched.decision.as_ref()?;
        Some(json!({
            "decision": decision,
            "purpose": self.viewer.purpose.code(),
            "redactions": touched.redactions,
            "notice": touched.notice,
            "obligations": touched.obligations,
        }))
    }
}
