//! Answers that have no end: read piece by piece, for as long as pieces come.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue};
use tokio::time::{Instant, timeout, timeout_at};

use super::credentials::Shown;
use super::line::Lines;
use super::question::Question;
use super::{ANNOUNCED, Credentials, Egress, Outgoing, REPLY_CAP, Reply, TRACEPARENT, body, line};
use crate::connector::Problem;
use crate::reach::Refusal;

/// What came of asking for an answer without an end.
#[derive(Debug)]
pub enum Flowing {
    /// It has begun, with this head.
    Begun(Flow),
    /// There is none, and this is why.
    Refused(Reply),
}

/// An answer that is under way. Dropped, its connection is closed.
pub struct Flow {
    /// Media type, lower case, without parameters.
    pub media_type: String,
    incoming: Incoming,
    idle: Duration,
}

impl Flow {
    /// The next piece; an error when none comes for too long, or none can come any more. Whoever stops waiting has lost
    /// nothing.
    pub async fn next(&mut self) -> Result<Bytes, Problem> {
        loop {
            match timeout(self.idle, self.incoming.frame()).await {
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(piece) if !piece.is_empty() => return Ok(piece),
                    // Trailers, of which nothing is expected.
                    Ok(_) | Err(_) => {}
                },
                Ok(None | Some(Err(_))) => return Err(Problem::Unreachable),
                Err(_) => return Err(Problem::Timeout),
            }
        }
    }
}

/// What it holds is somebody else's, so a debug print shows the type alone.
impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flow")
    }
}

impl Egress {
    /// Asks for an answer that has no end, whose head is to be here by `deadline` and whose pieces come `idle` apart at
    /// most. It is not packed: the next piece must not wait for those after it.
    pub async fn flow(
        &self,
        outgoing: Outgoing,
        credentials: &Credentials,
        idle: Duration,
        deadline: Instant,
    ) -> Result<Flowing, Problem> {
        let Outgoing { method, url, mut headers, body } = outgoing;
        if let Ok(Some(value)) = ANNOUNCED.try_with(Clone::clone) {
            headers.push((TRACEPARENT, value));
        }
        let question = Question { method, url, headers, body, cap: REPLY_CAP };
        let (credentials, lines) = self.now(credentials);
        let opening = async {
            let shown = credentials.shown(self).await?;
            let token = shown.token();
            let flowing = self.begin(&lines, &question, shown, idle).await?;
            let is_refused = matches!(&flowing, Flowing::Refused(reply) if reply.status == 401);
            if is_refused && credentials.refused(token) {
                let shown = credentials.shown(self).await?;
                return self.begin(&lines, &question, shown, idle).await;
            }
            Ok(flowing)
        };
        timeout_at(deadline, opening).await.unwrap_or(Err(Problem::Timeout))
    }

    async fn begin(
        &self,
        lines: &Lines,
        question: &Question,
        shown: Shown,
        idle: Duration,
    ) -> Result<Flowing, Problem> {
        // A connection that is open already is not judged anew, so what is asked is.
        self.reach().check(&question.url).map_err(|refusal| self.complain(&refusal))?;
        let mut request = question.request(shown)?;
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let failed = |error| match line::refusal(&error) {
            Some(refusal @ Refusal::Plain(_)) => self.complain(refusal),
            Some(_) | None => line::problem(&error),
        };
        let (head, incoming) = lines.request(request).await.map_err(failed)?.into_parts();
        if head.status.as_u16() != 200 {
            let body = body::read(&head.headers, incoming, question.cap, self.idle).await?;
            return Ok(Flowing::Refused(Reply::of(head.status.as_u16(), head.headers, body)));
        }
        if head.headers.get(CONTENT_ENCODING).is_some_and(|it| it.as_bytes() != b"identity") {
            return Err(Problem::Garbled);
        }
        let media_type = Reply::of(200, head.headers, Bytes::new()).media_type;
        Ok(Flowing::Begun(Flow { media_type, incoming, idle }))
    }
}
