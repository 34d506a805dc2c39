//! The one connection for commands: made in the background, given up at the first sign of trouble.
//!
//! Nobody waits for a connection, and nobody tries out whether Redis is back: while there is none, everything that is
//! asked is unknown at once. The keeper alone makes and tests connections.

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, FromRedisValue, RedisError};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

use super::server::{Line, Server, in_words, is_answer};
use super::tally::Tally;
use crate::telemetry::Complaint;

/// The longest that a request waits for Redis.
pub(super) const PATIENCE: Duration = Duration::from_millis(25);
/// How long a new connection may take to show that it works.
const FIRST_ANSWER: Duration = Duration::from_millis(250);
/// How long after a failure a connection is made anew; ever longer while it fails.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that lived so long was a good one.
const GOOD: Duration = Duration::from_secs(10);

/// The connection, as far as there is one.
pub(super) struct Link {
    server: Arc<Server>,
    /// The open connection, with its number.
    line: watch::Sender<Option<(u64, Line)>>,
    broken: Notify,
    tally: Arc<Tally>,
    unreachable: Complaint,
    refused: Complaint,
}

impl Link {
    pub(super) fn new(server: Arc<Server>, tally: Arc<Tally>) -> Self {
        Self {
            server,
            line: watch::Sender::new(None),
            broken: Notify::new(),
            tally,
            unreachable: Complaint::default(),
            refused: Complaint::default(),
        }
    }

    /// What Redis answers; `None` when it does not, within [`PATIENCE`].
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        let Some((number, mut line)) = self.line.borrow().clone() else {
            self.tally.unconnected.one();
            return None;
        };
        match timeout(PATIENCE, line.send(command)).await {
            Ok(Ok(value)) => T::from_redis_value(value).ok(),
            Ok(Err(error)) => {
                self.failed(number, &error);
                None
            }
            Err(_) => {
                self.give_up(number, "it does not answer in time");
                None
            }
        }
    }

    /// True while there is a connection.
    pub(super) fn is_up(&self) -> bool {
        self.line.borrow().is_some()
    }

    /// Returns as soon as there is a connection.
    pub(super) async fn up(&self) {
        // The sender lives as long as this, so that waiting never fails.
        let _ = self.line.subscribe().wait_for(Option::is_some).await;
    }

    fn failed(&self, number: u64, error: &RedisError) {
        if !is_answer(error) {
            return self.give_up(number, &in_words(error));
        }
        self.tally.refused.one();
        if let Some(held_back) = self.refused.due() {
            let cause = in_words(error);
            tracing::warn!(cause, held_back, "the shared cache refuses what is asked of it");
        }
    }

    /// Many may find out at once that a connection is broken; the first one tells.
    fn give_up(&self, number: u64, cause: &str) {
        let taken = self
            .line
            .send_if_modified(|line| line.take_if(|(current, _)| *current == number).is_some());
        if taken {
            self.tally.broken.one();
            self.complain(cause);
            self.broken.notify_one();
        }
    }

    fn complain(&self, cause: &str) {
        if let Some(held_back) = self.unreachable.due() {
            tracing::warn!(
                cause,
                held_back,
                "the shared cache is not to be had; each node uses its own memory"
            );
        }
    }

    /// Makes connections for as long as the process lives.
    pub(super) async fn keep(&self) {
        let mut pause = SHORTEST_PAUSE;
        for number in 0.. {
            match self.open().await {
                Ok(line) => {
                    let opened = Instant::now();
                    self.line.send_replace(Some((number, line)));
                    tracing::info!("the shared cache is connected");
                    self.broken.notified().await;
                    if opened.elapsed() >= GOOD {
                        pause = SHORTEST_PAUSE;
                    }
                }
                Err(error) => self.complain(&in_words(&error)),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// A connection that has answered once.
    async fn open(&self) -> Result<Line, RedisError> {
        let mut line = self.server.connect().await?;
        let answered = timeout(FIRST_ANSWER, line.send(&redis::cmd("PING"))).await;
        answered
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))?;
        Ok(line)
    }
}
