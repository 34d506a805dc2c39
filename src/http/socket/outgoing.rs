//! The writing half of a socket. One writes at a time, and only what can be written now is made.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::time::timeout;

use super::message::Close;

/// How long one message may take to be read.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a last word may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// The writing half of a socket.
pub(super) struct Outgoing {
    sink: Mutex<SplitSink<WebSocket, Message>>,
    /// Why the socket must be closed, once it must.
    end: watch::Sender<Option<Close>>,
}

/// The turn of one who writes.
pub(super) struct Turn<'o> {
    sink: MutexGuard<'o, SplitSink<WebSocket, Message>>,
    end: &'o watch::Sender<Option<Close>>,
}

impl Outgoing {
    pub(super) fn new(sink: SplitSink<WebSocket, Message>) -> Self {
        Self { sink: Mutex::new(sink), end: watch::Sender::new(None) }
    }

    /// Waits until it is one's turn to write.
    pub(super) async fn turn(&self) -> Turn<'_> {
        Turn { sink: self.sink.lock().await, end: &self.end }
    }

    /// Writes one message.
    pub(super) async fn send(&self, message: Message) {
        self.turn().await.send(message).await;
    }

    /// Has the socket closed; the first reason counts.
    pub(super) fn close(&self, why: Close) {
        end(&self.end, why);
    }

    /// Waits until it must be closed.
    pub(super) async fn ended(&self) -> Close {
        let mut ended = self.end.subscribe();
        let why = ended.wait_for(Option::is_some).await.ok().and_then(|why| *why);
        why.unwrap_or(Close::GoingAway)
    }

    /// Says goodbye, if anybody still reads; without words, the client's own goodbye is answered.
    pub(super) async fn farewell(&self, words: Vec<Message>) {
        let saying = async {
            let mut sink = self.sink.lock().await;
            for word in words {
                if sink.send(word).await.is_err() {
                    return;
                }
            }
            let _ = sink.close().await;
        };
        let _ = timeout(FAREWELL, saying).await;
    }
}

impl Turn<'_> {
    /// Writes one message. Whoever does not read it in time is given up.
    pub(super) async fn send(&mut self, message: Message) {
        match timeout(PATIENCE, self.sink.send(message)).await {
            Ok(Ok(())) => {}
            // What is gone is found out by the reading half too.
            Ok(Err(_)) => end(self.end, Close::GoingAway),
            Err(_) => end(self.end, Close::TooSlow),
        }
    }
}

fn end(of: &watch::Sender<Option<Close>>, why: Close) {
    of.send_if_modified(|known| {
        let is_first = known.is_none();
        known.get_or_insert(why);
        is_first
    });
}
