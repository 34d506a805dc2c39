//! The operations that run on one socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::super::Front;
use super::super::graphql::admit;
use super::super::problem::Problem;
use super::message::{Close, complete, error, next};
use super::outgoing::Outgoing;
use crate::graphql::{Events, Manner, Opened, Pass, Reply, Request, Told, Verdict};

/// The answer to an operation too many.
const TOO_MANY: &[u8] = br#"{"errors":[{"message":"As many operations run on this connection as may; complete one first.","extensions":{"code":"RATE_LIMITED"}}]}"#;

/// The operations of one socket, by their ids.
pub(super) struct Operations {
    front: Front,
    headers: Arc<HeaderMap>,
    pass: Arc<dyn Pass>,
    manner: Manner,
    out: Arc<Outgoing>,
    most: usize,
    running: Arc<Mutex<HashMap<String, AbortHandle>>>,
}

impl Operations {
    pub(super) fn new(
        front: Front,
        headers: HeaderMap,
        pass: Arc<dyn Pass>,
        manner: Manner,
        out: Arc<Outgoing>,
    ) -> Self {
        let (headers, most) = (Arc::new(headers), front.streams.limits().operations);
        Self { front, headers, pass, manner, out, most, running: Arc::default() }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an operation.
    pub(super) async fn begin(&self, id: String, request: Request) {
        let count = {
            let running = self.running();
            if running.contains_key(&id) {
                return self.out.close(Close::DuplicateOperation);
            }
            running.len()
        };
        if count >= self.most {
            return self.out.send(error(&id, TOO_MANY)).await;
        }
        let operation = Operation {
            id: id.clone(),
            front: self.front.clone(),
            headers: self.headers.clone(),
            pass: self.pass.clone(),
            manner: self.manner,
            out: self.out.clone(),
            running: self.running.clone(),
        };
        // It cannot end before it is entered, because it needs the table to do so.
        let mut running = self.running();
        running.insert(id, tokio::spawn(operation.run(request)).abort_handle());
    }

    /// Ends an operation of which the client wants no more.
    pub(super) fn end(&self, id: &str) {
        if let Some(operation) = self.running().remove(id) {
            operation.abort();
        }
    }

    /// Ends all, and says whose they were.
    pub(super) fn end_all(&self) -> Vec<String> {
        let all = std::mem::take(&mut *self.running());
        all.into_iter()
            .map(|(id, operation)| {
                operation.abort();
                id
            })
            .collect()
    }
}

/// One operation.
struct Operation {
    id: String,
    front: Front,
    headers: Arc<HeaderMap>,
    pass: Arc<dyn Pass>,
    manner: Manner,
    out: Arc<Outgoing>,
    running: Arc<Mutex<HashMap<String, AbortHandle>>>,
}

impl Operation {
    async fn run(self, request: Request) {
        // It is let in like a request of its own; what a stream tells later, as it comes.
        let Ok(entered) = admit(&self.front, &self.headers).await else {
            self.leave();
            let body = Problem::Overloaded.body();
            return self.out.send(error(&self.id, body.as_bytes())).await;
        };
        let name = Uuid::new_v4().simple().to_string();
        let engine = &self.front.engine;
        let opened = engine.open(request, self.pass.clone(), self.manner, None, &name).await;
        drop(entered);
        match opened {
            Opened::Reply(reply) => self.reply(&reply).await,
            Opened::Events(events) => self.stream(*events).await,
        }
    }

    async fn reply(&self, reply: &Reply) {
        let mut turn = self.out.turn().await;
        self.leave();
        if reply.verdict == Verdict::Executed {
            turn.send(next(&self.id, &reply.body)).await;
            turn.send(complete(&self.id)).await;
        } else {
            turn.send(error(&self.id, &reply.body)).await;
        }
    }

    async fn stream(&self, mut events: Events) {
        loop {
            events.changed().await;
            // The event is made in its turn to be written, so that none grows old while it waits.
            let mut turn = self.out.turn().await;
            match events.tell().await {
                Told::Nothing => {}
                Told::Event { body, .. } => turn.send(next(&self.id, &body)).await,
                Told::Last { body } => {
                    self.leave();
                    turn.send(next(&self.id, &body)).await;
                    return turn.send(complete(&self.id)).await;
                }
                Told::Expired => return self.out.close(Close::Unauthorized),
            }
        }
    }

    /// The id may be used again.
    fn leave(&self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
