//! The messages of the protocol `graphql-transport-ws`.

use axum::extract::ws::{CloseFrame, Message};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::graphql::Request;
use crate::http::problem::pause;

/// The longest id of an operation, in bytes.
const LONGEST_ID: usize = 128;

/// Why a socket is closed: the codes of the protocol, and of RFC 6455 §7.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The server stops.
    GoingAway,
    /// A message is longer than is read.
    TooLong,
    /// There are too many sockets.
    TryAgainLater,
    /// A message is none of the protocol.
    BadRequest,
    /// Nobody is known to be here, or not any more.
    Unauthorized,
    /// The token is refused.
    Forbidden,
    /// Nobody said who they are in time.
    InitTimeout,
    /// An operation of that id runs already.
    DuplicateOperation,
    /// What is sent is not read.
    TooSlow,
    /// Somebody said twice who they are.
    DuplicateInit,
}

impl Close {
    /// The frame that says so. Whom we send away and who may come back is told when: not all at once.
    pub(super) fn message(self) -> Message {
        let (code, reason) = self.parts();
        let reason = match self {
            Self::GoingAway | Self::TryAgainLater | Self::TooSlow => {
                format!("{reason}; come back after {} ms", pause().as_millis())
            }
            Self::TooLong
            | Self::BadRequest
            | Self::Unauthorized
            | Self::Forbidden
            | Self::InitTimeout
            | Self::DuplicateOperation
            | Self::DuplicateInit => reason.to_owned(),
        };
        Message::Close(Some(CloseFrame { code, reason: reason.into() }))
    }

    fn parts(self) -> (u16, &'static str) {
        match self {
            Self::GoingAway => (1001, "The server stops"),
            Self::TooLong => (1009, "Message too long"),
            Self::TryAgainLater => (1013, "Too many connections"),
            Self::BadRequest => (4400, "Invalid message"),
            Self::Unauthorized => (4401, "Unauthorized"),
            Self::Forbidden => (4403, "Forbidden"),
            Self::InitTimeout => (4408, "Connection initialisation timeout"),
            Self::DuplicateOperation => (4409, "Subscriber already exists"),
            Self::TooSlow => (4413, "Events are not read in time"),
            Self::DuplicateInit => (4429, "Too many initialisation requests"),
        }
    }
}

/// What a client says.
#[derive(Debug)]
pub(super) enum Said {
    /// Who it is.
    Init(Map<String, Value>),
    /// Whether we are there.
    Ping,
    /// That it is there.
    Pong,
    /// That an operation is to be run.
    Subscribe(String, Box<Request>),
    /// That it wants no more of an operation.
    Complete(String),
}

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    payload: Option<Value>,
}

impl Said {
    /// Reads a message; the error says how to close.
    pub(super) fn read(text: &str) -> Result<Self, Close> {
        let Written { kind, id, payload } =
            serde_json::from_str(text).map_err(|_| Close::BadRequest)?;
        let id = id.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
        match (kind.as_str(), id) {
            ("connection_init", _) => Ok(Self::Init(object(payload)?)),
            ("ping", _) => object(payload).map(|_| Self::Ping),
            ("pong", _) => object(payload).map(|_| Self::Pong),
            ("complete", Some(id)) => Ok(Self::Complete(id)),
            ("subscribe", Some(id)) => {
                let request: Request = payload
                    .and_then(|it| serde_json::from_value(it).ok())
                    .ok_or(Close::BadRequest)?;
                if !request.has_document() {
                    return Err(Close::BadRequest);
                }
                Ok(Self::Subscribe(id, Box::new(request)))
            }
            _ => Err(Close::BadRequest),
        }
    }
}

/// An object, or nothing.
fn object(payload: Option<Value>) -> Result<Map<String, Value>, Close> {
    match payload {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(payload)) => Ok(payload),
        Some(_) => Err(Close::BadRequest),
    }
}

/// A message without an id.
pub(super) fn plain(kind: &str) -> Message {
    Message::text(json!({ "type": kind }).to_string())
}

/// That an operation has come to its end.
pub(super) fn complete(id: &str) -> Message {
    Message::text(json!({ "id": id, "type": "complete" }).to_string())
}

/// One result of an operation. The body is JSON as it was made.
pub(super) fn next(id: &str, body: &[u8]) -> Message {
    Message::text(format!(
        "{{\"id\":{},\"type\":\"next\",\"payload\":{}}}",
        Value::from(id),
        String::from_utf8_lossy(body)
    ))
}

/// That an operation was refused: the errors of a response, as a list.
pub(super) fn error(id: &str, body: &[u8]) -> Message {
    let errors = serde_json::from_slice::<Value>(body).ok();
    let errors = errors.and_then(|mut body| body.get_mut("errors").map(Value::take));
    let errors = errors.unwrap_or_else(|| json!([{ "message": "It was refused." }]));
    Message::text(json!({ "id": id, "type": "error", "payload": errors }).to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_no_message_of_the_protocol_closes_the_socket() {
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "a".repeat(129));
        for text in [
            "",
            "hello",
            "[]",
            r#"{"id":"1"}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"connection_init","payload":"token"}"#,
            r#"{"type":"ping","payload":[]}"#,
            long.as_str(),
        ] {
            assert_eq!(Said::read(text).unwrap_err(), Close::BadRequest, "{text}");
        }
    }

    #[test]
    fn who_may_come_back_is_told_when_and_not_all_at_the_same_time() {
        let told = |why: Close| {
            let Message::Close(Some(frame)) = why.message() else { panic!("a close frame") };
            // A control frame holds 125 bytes, and two are the code.
            assert!(frame.reason.len() <= 123);
            frame.reason.to_string()
        };
        for why in [Close::GoingAway, Close::TryAgainLater, Close::TooSlow] {
            let reasons: BTreeSet<String> = (0..50).map(|_| told(why)).collect();
            assert!(reasons.len() > 25, "{reasons:?}");
            for reason in reasons {
                let rest = reason.split("; come back after ").nth(1).expect("it says when");
                let time: u64 = rest.strip_suffix(" ms").and_then(|it| it.parse().ok()).unwrap();
                assert!((1_000..6_000).contains(&time), "{time}");
            }
        }
        assert_eq!(told(Close::Forbidden), "Forbidden");
    }

    #[test]
    fn messages_of_the_protocol_are_read() {
        let read = |text| Said::read(text).unwrap();
        assert!(matches!(read(r#"{"type":"connection_init"}"#), Said::Init(it) if it.is_empty()));
        assert!(matches!(read(r#"{"type":"ping","payload":{}}"#), Said::Ping));
        assert!(matches!(read(r#"{"type":"pong"}"#), Said::Pong));
        assert!(matches!(read(r#"{"type":"complete","id":"7"}"#), Said::Complete(id) if id == "7"));
        let subscribe = r#"{"type":"subscribe","id":"7","payload":{"query":"{a}"}}"#;
        assert!(matches!(read(subscribe), Said::Subscribe(id, _) if id == "7"));
    }

    #[test]
    fn an_id_is_written_as_it_came_whatever_stands_in_it() {
        let Message::Text(text) = next("a\"b", b"{\"data\":null}") else { panic!("a text") };
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json, json!({ "id": "a\"b", "type": "next", "payload": { "data": null } }));
    }
}
