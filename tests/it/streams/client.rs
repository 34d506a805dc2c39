//! A client of both transports, as plain as can be.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::gateway::TestGateway;

/// The protocol, as a header names it.
const PROTOCOL: [(&str, &str); 1] = [("sec-websocket-protocol", "graphql-transport-ws")];

/// How long something that must come is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A socket.
pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a socket with these headers; the error is the status of the refusal.
    pub(crate) async fn open(
        gateway: &TestGateway,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        Self::open_at(gateway.address, headers).await
    }

    async fn open_at(address: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let url = format!("ws://{address}/graphql");
        let mut request = url.into_client_request().expect("the address is one");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a socket of the right protocol.
    pub(crate) async fn plain(gateway: &TestGateway) -> Self {
        Self::open(gateway, &PROTOCOL).await.expect("the socket opens")
    }

    /// Opens a socket and says who it is.
    pub(crate) async fn of(gateway: &TestGateway, token: &str) -> Self {
        Self::at(gateway.address, token).await
    }

    /// The same, at an address. Who is too slow at that, on a busy machine, tries again, as clients do.
    pub(crate) async fn at(address: SocketAddr, token: &str) -> Self {
        loop {
            let mut socket = Self::open_at(address, &PROTOCOL).await.expect("the socket opens");
            socket.init(token).await;
            match socket.next().await {
                Err(4408) => {}
                heard => {
                    assert_eq!(heard.expect("an acknowledgement")["type"], "connection_ack");
                    return socket;
                }
            }
        }
    }

    /// The same for a client that comes back when it is told to, as often as it takes; how often it was.
    pub(crate) async fn back_at(address: SocketAddr, token: &str) -> (Self, usize) {
        let url = format!("ws://{address}/graphql");
        for times in 0.. {
            let mut request = url.as_str().into_client_request().expect("the address is one");
            let (name, value) = PROTOCOL[0];
            request.headers_mut().insert(name, value.parse().expect("a header"));
            let wait = match connect_async(request).await {
                Ok((socket, _)) => {
                    let mut socket = Self(socket);
                    socket.init(token).await;
                    match socket.next().await {
                        Err(1013 | 4408) => Duration::from_secs(1),
                        heard => {
                            assert_eq!(
                                heard.expect("an acknowledgement")["type"],
                                "connection_ack"
                            );
                            return (socket, times);
                        }
                    }
                }
                Err(Error::Http(response)) if response.status() == 503 => {
                    let after = response.headers().get("retry-after").expect("it says when");
                    let seconds = after.to_str().ok().and_then(|it| it.parse().ok());
                    Duration::from_secs(seconds.expect("seconds"))
                }
                Err(error) => panic!("{error}"),
            };
            tokio::time::sleep(wait).await;
        }
        unreachable!("it goes on until it is let in")
    }

    pub(crate) async fn init(&mut self, token: &str) {
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        self.say(&json!({ "type": "connection_init", "payload": payload })).await;
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.expect("it can be said");
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(&json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// The next message that is no sign of life; the error is the code with which the socket was closed.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        let text = self.next_text().await?;
        Ok(serde_json::from_str(&text).expect("JSON"))
    }

    /// The same as it came, letter by letter.
    pub(crate) async fn next_text(&mut self) -> Result<String, u16> {
        // Signs of life do not count.
        let until = Instant::now() + PATIENCE;
        loop {
            let message = timeout_at(until, self.0.next()).await.expect("something is said");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).expect("JSON");
                    match message["type"].as_str() {
                        Some("ping") => self.say(&json!({ "type": "pong" })).await,
                        _ => return Ok(text.to_string()),
                    }
                }
                Some(Ok(Message::Close(Some(frame)))) => return Err(frame.code.into()),
                Some(Ok(_)) => {}
                other => panic!("the socket ended without a word: {other:?}"),
            }
        }
    }

    /// The payload of the next event of an operation.
    pub(crate) async fn event(&mut self) -> Value {
        let mut message = self.next().await.expect("the socket is open");
        assert_eq!(message["type"], "next", "{message}");
        message["payload"].take()
    }

    /// The code with which the socket is closed; what is said before is passed over.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    /// The first event that is so, and all before it.
    pub(crate) async fn until(&mut self, is_so: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.event().await;
            let is_last = is_so(&event);
            events.push(event);
            if is_last {
                return events;
            }
        }
    }

    /// True when nothing is said for so long.
    pub(crate) async fn is_silent(&mut self, time: Duration) -> bool {
        timeout(time, self.next()).await.is_err()
    }
}

/// One event of a stream of server-sent events.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sent {
    pub(crate) event: String,
    pub(crate) id: String,
    /// When to come back if the stream breaks, in milliseconds.
    pub(crate) retry: Option<u64>,
    pub(crate) data: Value,
    /// The data as they came, letter by letter.
    pub(crate) text: String,
}

/// A stream of server-sent events.
pub(crate) struct Sse {
    response: reqwest::Response,
    text: String,
}

impl Sse {
    pub(crate) async fn open(
        gateway: &TestGateway,
        token: &str,
        body: &Value,
        last: Option<&str>,
    ) -> Self {
        let mut request = gateway.client.post(gateway.url("/graphql")).bearer_auth(token);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        Self::of(request, body).await
    }

    /// Opens a stream by a request that says where and who.
    pub(crate) async fn of(request: reqwest::RequestBuilder, body: &Value) -> Self {
        let request = request.header("content-type", "application/json");
        let request = request.header("accept", "text/event-stream");
        let response = request.body(body.to_string()).send().await.expect("an answer");
        Self { response, text: String::new() }
    }

    pub(crate) fn response(&self) -> &reqwest::Response {
        &self.response
    }

    /// The next event; nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if !event.starts_with(':') {
                    return Some(sent(&event));
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("something comes");
            self.text.push_str(std::str::from_utf8(&chunk.ok()??).expect("text"));
        }
    }
}

fn sent(text: &str) -> Sent {
    let mut sent = Sent::default();
    for line in text.lines() {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        match name {
            "event" => value.clone_into(&mut sent.event),
            "id" => value.clone_into(&mut sent.id),
            "retry" => sent.retry = value.parse().ok(),
            "data" => {
                sent.data = serde_json::from_str(value).unwrap_or_default();
                value.clone_into(&mut sent.text);
            }
            other => panic!("a field {other:?}"),
        }
    }
    sent
}
