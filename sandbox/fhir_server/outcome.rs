//! Refusals, as FHIR words them.

use axum::{body::Bytes, http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{MEDIA_TYPE, subscriptions::SubscriptionError};
use crate::front;

/// Why a request is not answered as it was meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the type {0} is not offered here")]
    Type(String),
    #[error("there is no {0}")]
    Missing(String),
    #[error("{0} was removed")]
    Gone(String),
    #[error(transparent)]
    Subscription(SubscriptionError),
    #[error("the method is not offered here")]
    Method,
    #[error("the parameter {0} is not offered here")]
    Parameter(String),
    #[error("the parameter {0} has a value that cannot be read")]
    Value(String),
    #[error("a search needs a patient or an id")]
    TooCostly,
    #[error("only JSON is offered here")]
    Format,
    #[error("the body cannot be read")]
    Body,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Type(_) | Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Gone(_) => StatusCode::GONE,
            Self::Subscription(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Format => StatusCode::NOT_ACCEPTABLE,
            Self::Parameter(_) | Self::Value(_) | Self::TooCostly | Self::Body => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    /// The code of the issue, of value set issue-type.
    fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "not-found",
            Self::Gone(_) => "deleted",
            Self::Type(_) | Self::Method | Self::Parameter(_) | Self::Format => "not-supported",
            Self::Value(_) | Self::Body | Self::Subscription(_) => "invalid",
            Self::TooCostly => "too-costly",
        }
    }

    pub(super) fn into_response(self) -> Response {
        let outcome = outcome("error", self.code(), &self.to_string());
        front::answer(self.status(), MEDIA_TYPE, Bytes::from(outcome.to_string()))
    }
}

/// What a lenient server says about a parameter that it did not use.
pub(super) fn ignored(parameter: &str) -> Value {
    outcome("warning", "not-supported", &Refusal::Parameter(parameter.to_owned()).to_string())
}

fn outcome(severity: &str, code: &str, text: &str) -> Value {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{ "severity": severity, "code": code, "diagnostics": text }],
    })
}
