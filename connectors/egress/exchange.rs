//! Requests that are put together by somebody else than us, header by header.

use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use tokio::time::Instant;
use url::Url;

use super::question::Question;
use super::{ANNOUNCED, BODY_CAP, Credentials, Egress, Reply, TRACEPARENT};
use crate::connector::Problem;

/// A request. Who we are and to which trace it belongs is added on its way.
#[derive(Debug)]
pub struct Outgoing {
    /// What is to be done.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Headers beside our own.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; empty for none.
    pub body: Bytes,
}

impl Egress {
    /// Sends a request and reads the whole answer, whatever its status, before `deadline`.
    pub async fn exchange(
        &self,
        outgoing: Outgoing,
        credentials: &Credentials,
        deadline: Instant,
    ) -> Result<Reply, Problem> {
        let Outgoing { method, url, mut headers, body } = outgoing;
        if let Ok(Some(value)) = ANNOUNCED.try_with(Clone::clone) {
            headers.push((TRACEPARENT, value));
        }
        let question = Question { method, url, headers, body, cap: BODY_CAP };
        self.ask(&question, credentials, deadline).await
    }
}
