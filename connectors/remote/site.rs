//! Where a partner is, and what every request to it bears.

use bytes::Bytes;
use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::time::Instant;
use url::Url;

use super::settings::PROTOCOL;
use super::wire::ProblemDetails;
use crate::connector::Problem;
use crate::egress::{Credentials, Egress, Outgoing, Reply, purpose};
use crate::registry::{BuildError, Io};

/// Which version of the protocol is spoken.
const VERSION: HeaderName = HeaderName::from_static("caregraph-protocol");

/// How many milliseconds are left until the answer is of no use any more.
const DEADLINE: HeaderName = HeaderName::from_static("caregraph-deadline-ms");

/// For what it is asked, for the partner's own log.
const PURPOSE: HeaderName = HeaderName::from_static("caregraph-purpose");

const JSON: &str = "application/json";

/// A longer cursor is not sent.
const LONGEST_CURSOR: usize = 4_096;

/// What an error may be called. Whatever else a partner writes there is not repeated.
const CODES: [&str; 8] = [
    "unsupported-protocol",
    "bad-request",
    "unknown-section",
    "too-many-patients",
    "unauthorized",
    "forbidden",
    "busy",
    "unavailable",
];

/// A partner's address and how it is spoken to.
#[derive(Debug)]
pub(super) struct Site {
    /// Ends in a slash.
    pub(super) base: Url,
    pub(super) credentials: Credentials,
    pub(super) egress: Egress,
}

impl Site {
    /// A partner at the base URL.
    pub(super) fn of(io: &Io) -> Result<Self, BuildError> {
        let mut base = io.base_url.clone();
        if base.cannot_be_a_base() {
            return Err(BuildError::Settings("the base URL cannot have a path".to_owned()));
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self { base, credentials: io.credentials.clone(), egress: io.egress.clone() })
    }

    /// Gets JSON from below the base URL.
    pub(super) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        deadline: Instant,
    ) -> Result<Bytes, Problem> {
        let mut url = self.at(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let outgoing =
            Outgoing { method: Method::GET, url, headers: headers(deadline), body: Bytes::new() };
        self.exchange(outgoing, deadline).await
    }

    /// Posts JSON to below the base URL.
    pub(super) async fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        deadline: Instant,
    ) -> Result<Bytes, Problem> {
        let mut headers = headers(deadline);
        headers.push((CONTENT_TYPE, HeaderValue::from_static(JSON)));
        let (url, body) = (self.at(path)?, body.into());
        self.exchange(Outgoing { method: Method::POST, url, headers, body }, deadline).await
    }

    /// Where something below the base URL is.
    pub(super) fn at(&self, path: &str) -> Result<Url, Problem> {
        self.base.join(path).map_err(|_| Problem::Unreachable)
    }

    async fn exchange(&self, outgoing: Outgoing, deadline: Instant) -> Result<Bytes, Problem> {
        let reply = self.egress.exchange(outgoing, &self.credentials, deadline).await?;
        let body = accepted(reply)?;
        if body.media_type == JSON { Ok(body.body) } else { Err(Problem::Garbled) }
    }
}

/// The reply if it is a 200, or what any other status means.
pub(super) fn accepted(reply: Reply) -> Result<Reply, Problem> {
    if let Some(code) = code(&reply) {
        tracing::debug!(status = reply.status, code, "a partner refuses a question");
    }
    reply.ok()
}

/// Whether something can be sent as a cursor.
pub(super) fn is_cursor(text: &str) -> bool {
    (1..=LONGEST_CURSOR).contains(&text.len())
}

/// The headers of every request.
pub(super) fn common() -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![(VERSION, HeaderValue::from(PROTOCOL))];
    headers.extend(purpose().map(|code| (PURPOSE, HeaderValue::from_static(code))));
    headers
}

fn headers(deadline: Instant) -> Vec<(HeaderName, HeaderValue)> {
    let left = deadline.saturating_duration_since(Instant::now());
    let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    let mut headers = common();
    headers.push((ACCEPT, HeaderValue::from_static(JSON)));
    headers.push((DEADLINE, HeaderValue::from(left)));
    headers
}

/// What the partner calls its error, if that is a word of the protocol.
fn code(reply: &Reply) -> Option<&'static str> {
    if reply.status == 200 || reply.media_type != "application/problem+json" {
        return None;
    }
    let told: ProblemDetails = serde_json::from_slice(&reply.body).ok()?;
    CODES.into_iter().find(|code| *code == told.code)
}
