//! One call: who makes it, until when, and what it touched.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Error;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::ErrorCode;
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
}

#[derive(Default)]
struct Touched {
    decision: Option<String>,
    /// Whether what is shown may not be all, by the labels that the mask does not let through.
    notice: &'static str,
    /// What the viewer can do about that.
    remedy: &'static str,
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
    ) -> Self {
        Self { viewer, policy, mode, deadline, touched: Mutex::default() }
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
        touched.remedy = self.policy.remedy(self.viewer.role);
        touched.broken_until_ms = touched.broken_until_ms.max(mask.broken_until_ms());
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
        let mut access = json!({
            "decision": decision,
            "purpose": self.viewer.purpose.code(),
            "redactions": touched.redactions,
            "notice": touched.notice,
            "remedy": touched.remedy,
            "obligations": touched.obligations,
        });
        if let Some(until) = touched.broken_until_ms.and_then(links::at) {
            access["purpose"] = json!(PurposeOfUse::Btg.code());
            access["brokenUntil"] = json!(until.0.as_str());
        }
        Some(access)
    }
}
