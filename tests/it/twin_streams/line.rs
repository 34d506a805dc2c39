//! One stream over one of both transports.

use serde_json::{Value, json};

use crate::streams::client::{Socket, Sse};
use crate::twins::world::Side;

/// One stream.
pub(super) enum Line {
    Events(Box<Sse>),
    Socket(Box<Socket>),
}

impl Line {
    pub(super) async fn open(
        side: &Side,
        token: &str,
        query: &str,
        id: &str,
        by_socket: bool,
    ) -> Self {
        let variables = json!({ "id": id });
        if by_socket {
            let mut socket = side.socket(token).await;
            socket.subscribe("1", query, variables).await;
            return Self::Socket(Box::new(socket));
        }
        let body = json!({ "query": query, "variables": variables });
        Self::Events(Box::new(side.events(token, &body).await))
    }

    /// The next response, letter by letter; nothing at the end.
    pub(super) async fn next(&mut self) -> Option<String> {
        match self {
            Self::Events(stream) => {
                let sent = stream.next().await?;
                (sent.event == "next").then_some(sent.text)
            }
            Self::Socket(socket) => {
                let text = socket.next_text().await.expect("the socket stays open");
                let message: Value = serde_json::from_str(&text).expect("JSON");
                match message["type"].as_str() {
                    Some("complete") => None,
                    Some("next") => {
                        let rest =
                            text.strip_prefix("{\"id\":\"1\",\"type\":\"next\",\"payload\":");
                        let payload = rest.and_then(|rest| rest.strip_suffix('}'));
                        Some(payload.expect("a payload").to_owned())
                    }
                    // Refused at once: with a list of errors, and no completion.
                    _ => panic!("{text}"),
                }
            }
        }
    }
}
