//! One call: who makes it, until when, and what it touched.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::access::{AccessMask, Policy, Redaction, Viewer};

/// What the resolvers of one request share.
pub(crate) struct Call {
    /// Who makes it.
    pub(crate) viewer: Viewer,
    /// What holds for all of it, even when the policy changes meanwhile.
    pub(crate) policy: Arc<Policy>,
    /// When the answer stops being of use.
    pub(crate) deadline: Instant,
    touched: Mutex<Touched>,
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
    pub(crate) fn new(viewer: Viewer, policy: Arc<Policy>, deadline: Instant) -> Self {
        Self { viewer, policy, deadline, touched: Mutex::default() }
    }

    /// Notes what a mask hides from what was selected.
    pub(crate) fn touch(&self, mask: &AccessMask, redactions: BTreeSet<Redaction>) {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.decision = Some(mask.decision());
        touched.obligations.extend(mask.obligations());
        touched.notice = mask.notice();
        touched.redactions.extend(redactions);
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
