//! A client that is watched: its witness hears of each question and its answer, and may answer it.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, timeout_at};

use super::question::Question;
use super::{Egress, Reply, body};
use crate::connector::Problem;
use crate::witness::{Asked, Played, Scripted, Witness};

/// How much is sent at once of what has no end.
const BLANKS: Bytes = Bytes::from_static(&[b' '; 64 * 1024]);

impl Egress {
    /// Asks before `deadline`, unless the witness answers; tells it what came.
    pub(super) async fn watched(
        &self,
        witness: &dyn Witness,
        question: &Question,
        asking: impl Future<Output = Result<Reply, Problem>>,
        deadline: Instant,
    ) -> Result<Reply, Problem> {
        let (asked, begun) = (question.asked(), Instant::now());
        let answering = async {
            match witness.plays(&asked) {
                Some(played) => self.played(played, question.cap).await,
                None => asking.await,
            }
        };
        let came = timeout_at(deadline, answering).await.unwrap_or(Err(Problem::Timeout));
        witness.saw(asked, &came, begun.elapsed());
        came
    }

    async fn played(&self, played: Played, cap: usize) -> Result<Reply, Problem> {
        let (scripted, rest) = match played {
            Played::Silence => match std::future::pending::<Infallible>().await {},
            Played::Whole(scripted) => (scripted, Rest::Nothing),
            Played::Broken(scripted) => (scripted.halved(), Rest::Break),
            Played::Endless(scripted) => (scripted, Rest::Blanks),
        };
        let Scripted { status, headers, body } = scripted;
        let body = Script { first: Some(body).filter(|it| !it.is_empty()), rest };
        let body = body::read(&headers, body, cap, self.idle).await?;
        let status = StatusCode::from_u16(status).map_err(|_| Problem::Garbled)?;
        Ok(Reply::of(status.as_u16(), headers, body))
    }
}

impl Question {
    fn asked(&self) -> Asked {
        Asked {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.iter().cloned().collect(),
            body: self.body.clone(),
        }
    }
}

impl Scripted {
    fn halved(mut self) -> Self {
        self.body.truncate(self.body.len() / 2);
        self
    }
}

/// A body that was made up.
struct Script {
    first: Option<Bytes>,
    rest: Rest,
}

/// What comes after what was written.
enum Rest {
    Nothing,
    Break,
    Blanks,
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        Poll::Ready(match self.rest {
            Rest::Nothing => None,
            Rest::Break => Some(Err(io::ErrorKind::ConnectionReset.into())),
            Rest::Blanks => Some(Ok(Frame::data(BLANKS))),
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
