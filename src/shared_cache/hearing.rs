//! Hearing what other nodes forgot, and saying so when one may have missed something.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{RedisResult, Value};
use tokio::sync::broadcast;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::marks::Marks;
use super::news::{self, News, Node};
use super::seal::Keys;
use super::server::Server;
use super::tally::Tally;
use crate::gather::Forgotten;

/// How often Redis is asked whether it still speaks to us, and how long it may take to answer.
const PULSE: Duration = Duration::from_secs(1);
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// So many messages may wait for a listener that is slow; one that missed some is told.
const WAITING: usize = 1_024;

/// What understands messages.
pub(super) struct Ear {
    pub(super) keys: Arc<Keys>,
    pub(super) own: Node,
    pub(super) marks: Arc<Marks>,
    pub(super) tally: Arc<Tally>,
}

/// The connection for messages, and those who wait for them.
pub(super) struct Hearing {
    server: Arc<Server>,
    channel: String,
    ear: Ear,
    told: broadcast::Sender<Forgotten>,
}

impl Hearing {
    pub(super) fn new(server: Arc<Server>, channel: String, ear: Ear) -> Self {
        Self { server, channel, ear, told: broadcast::Sender::new(WAITING) }
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Forgotten> {
        self.told.subscribe()
    }

    /// Listens for as long as the process lives.
    pub(super) async fn keep(&self) {
        let mut pause = SHORTEST_PAUSE;
        for attempt in 0.. {
            if let Ok((sink, stream)) = self.subscribe(attempt).await {
                // Whatever was said until now was said to others.
                self.tell(Forgotten::Lost);
                self.ear.tally.listening.one();
                let began = Instant::now();
                self.hear(sink, stream).await;
                self.ear.tally.deaf.one();
                tracing::warn!(
                    "this node does not hear what others forget; it forgets everything as soon as it does"
                );
                // What it remembers is not to be trusted from now on.
                self.tell(Forgotten::Lost);
                if began.elapsed() > LONGEST_PAUSE {
                    pause = SHORTEST_PAUSE;
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn subscribe(&self, attempt: usize) -> RedisResult<(PubSubSink, PubSubStream)> {
        let (mut sink, stream) = self.server.listen(attempt).await?.split();
        let subscribed = timeout(PULSE, sink.subscribe(&self.channel)).await;
        subscribed
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))?;
        Ok((sink, stream))
    }

    /// Returns when the connection is broken.
    async fn hear(&self, mut sink: PubSubSink, mut stream: PubSubStream) {
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = stream.next() => match message {
                    Some(message) => self.read(message.get_payload_bytes()),
                    None => return,
                },
                _ = pulse.tick() => match timeout(PULSE, sink.ping::<Value>()).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(_)) | Err(_) => return,
                },
            }
        }
    }

    fn read(&self, message: &[u8]) {
        let Ear { keys, own, marks, tally } = &self.ear;
        match news::read(keys, *own, message) {
            News::Own => {}
            News::Of(forget, at) => {
                tally.heard.one();
                marks.set(&forget, at);
                self.tell(forget.into());
            }
            News::Unreadable => {
                tally.unreadable_news.one();
                self.tell(Forgotten::Lost);
            }
        }
    }

    fn tell(&self, forgotten: Forgotten) {
        // Nobody need listen.
        let _ = self.told.send(forgotten);
    }
}
