//! `/hooks/{source}`: what sources tell of their own accord.
//!
//! Whoever may not is told the same whether there is such a source or not, after the same steps: the body is read before
//! anything else, up to its cap.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use super::Front;
use super::problem::Problem;
use crate::events::{Letter, Receipt};

/// The most that is read of a body.
const BODY_CAP: usize = 256 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// When a message was signed, in seconds since 1970.
const SIGNED_AT: &str = "x-caregraph-timestamp";

/// The signature over that time, a dot and the body.
const SIGNATURE: &str = "x-caregraph-signature";

/// A message of a source.
pub(super) async fn of_source(
    State(front): State<Front>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    take(&front, &source, "", &headers, body).await
}

/// A message that names in its address what it is about.
pub(super) async fn of_resource(
    State(front): State<Front>,
    Path((source, kind, id)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    take(&front, &source, &format!("{kind}/{id}"), &headers, body).await
}

async fn take(
    front: &Front,
    source: &str,
    path: &str,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    if front.inbox.is_closed() {
        return Problem::NoSuchRoute.into_response();
    }
    let Ok(read) = timeout(PATIENCE, to_bytes(body, BODY_CAP)).await else {
        return refuse(front, Problem::TooSlow);
    };
    let body = read.ok();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let letter = Letter {
        token: text(header::AUTHORIZATION.as_str()).and_then(bearer),
        signed_at: text(SIGNED_AT),
        signature: text(SIGNATURE),
        path,
        body: body.as_deref(),
    };
    match front.inbox.take(source, letter).await {
        Receipt::Taken => StatusCode::OK.into_response(),
        Receipt::TooLarge => refuse(front, Problem::TooLarge),
        Receipt::Refused => refuse(front, Problem::NotOfSource),
        Receipt::TooMany(wait) => {
            let mut response = refuse(front, Problem::TooManyNotifications);
            let seconds = HeaderValue::from(wait.as_secs() + 1);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            response
        }
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn refuse(front: &Front, problem: Problem) -> Response {
    front.refusals.count(problem);
    problem.into_response()
}
