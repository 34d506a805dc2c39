//! The load: so many connections, each with one request on its way at all times.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::super::Failed;
use super::client;
use super::figures::{Pace, Tally};
use super::view;

/// What is asked, of whom, and what a good answer tells.
#[derive(Clone)]
pub(super) struct Load {
    /// Of the GraphQL endpoint.
    pub(super) url: String,
    /// Who asks.
    pub(super) token: String,
    /// What is asked, one after the other and again from the start, by all connections together.
    pub(super) questions: Arc<[Question]>,
}

/// One question.
pub(super) struct Question {
    /// Its request's body.
    pub(super) body: Bytes,
    /// How many sources must be well in an answer.
    pub(super) sources: usize,
}

impl Load {
    /// A load that asks nothing yet.
    pub(super) fn new(url: String, token: String) -> Self {
        Self { url, token, questions: Arc::new([]) }
    }

    /// Asks for so long on so many connections.
    pub(super) async fn drive(&self, connections: u16, time: Duration) -> Result<Pace, Failed> {
        let turns = Arc::new(Turns { load: self.clone(), next: AtomicUsize::new(0) });
        let mut senders = Vec::new();
        for _ in 0..connections {
            senders.push(self.connect().await?);
        }
        let started = Instant::now();
        let until = started + time;
        let tasks = senders
            .into_iter()
            .map(|sender| tokio::spawn(turns.clone().keep_asking(sender, until)));
        let mut all = Tally::default();
        for tally in try_join_all(tasks).await? {
            all = all.and(tally?);
        }
        Ok(all.over(started.elapsed()))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Failed> {
        let url = url::Url::parse(&self.url)?;
        let address = url.socket_addrs(|| None)?;
        let stream = TcpStream::connect(&address[..]).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

/// A load, and whose turn it is.
struct Turns {
    load: Load,
    next: AtomicUsize,
}

impl Turns {
    async fn keep_asking(
        self: Arc<Self>,
        mut sender: SendRequest<Full<Bytes>>,
        until: Instant,
    ) -> Result<Tally, Failed> {
        let mut tally = Tally::default();
        let Load { url, token, questions } = &self.load;
        while Instant::now() < until {
            let asked = Instant::now();
            sender.ready().await?;
            let question = &questions[self.next.fetch_add(1, Relaxed) % questions.len()];
            let request = client::question(url, token, question.body.clone())?;
            let response = sender.send_request(request).await?;
            let well = response.status().is_success();
            let answer = response.into_body().collect().await?.to_bytes();
            tally.took.push(asked.elapsed());
            tally.bytes += answer.len() as u64;
            tally.spoiled += u32::from(!well || view::well(&answer) < question.sources);
        }
        Ok(tally)
    }
}
