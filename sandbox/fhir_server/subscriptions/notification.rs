//! Notifications as they are sent.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use super::wanted::{Content, Wanted};
use crate::{change::Made, day, resource_type::ResourceType};

/// What is to be told.
#[derive(Clone)]
pub(super) enum Notification {
    /// A subscription of a topic begins.
    Handshake,
    /// A sign of life of a subscription of a topic.
    Heartbeat,
    /// Something has changed.
    Event(Arc<Event>),
    /// More has changed than is remembered.
    Anything,
}

/// A change.
pub(super) struct Event {
    pub(super) kind: ResourceType,
    reference: String,
    patient: String,
    /// The resource; none when it is gone.
    resource: Option<Value>,
    at: String,
}

/// A message: how, where below the endpoint, and what.
pub(super) struct Message {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: String,
}

impl Event {
    pub(super) fn of(made: Made) -> Self {
        let Made { changed, draft, at, .. } = made;
        let is_gone = changed.change == "removed";
        Self {
            kind: draft.kind,
            reference: changed.reference,
            patient: format!("Patient/{}", changed.patient),
            resource: (!is_gone).then(|| draft.json()),
            at: day::instant(at),
        }
    }
}

impl Notification {
    /// The message of it. `number` is how many events there have been, with this one.
    pub(super) fn message(&self, wanted: &Wanted, subscription: &str, number: u64) -> Message {
        match (wanted.topic, self) {
            (Some(topic), told) => {
                let bundle = told.bundle(topic.content, subscription, number);
                Message::post(bundle.to_string())
            }
            // R4 puts the resource under its name, and takes it from there when it is gone.
            (None, Self::Event(event)) if wanted.has_payload => {
                let method = if event.resource.is_some() { Method::PUT } else { Method::DELETE };
                let body = event.resource.as_ref().map(Value::to_string).unwrap_or_default();
                Message { method, path: format!("/{}", event.reference), body }
            }
            // A ping.
            (None, _) => Message::post(String::new()),
        }
    }

    fn bundle(&self, content: Content, subscription: &str, number: u64) -> Value {
        let (kind, event) = match self {
            Self::Handshake => ("handshake", None),
            Self::Heartbeat => ("heartbeat", None),
            Self::Event(event) => ("event-notification", Some(event.as_ref())),
            Self::Anything => ("event-notification", None),
        };
        let mut parameters = vec![
            json!({ "name": "subscription", "valueReference": { "reference": subscription } }),
            json!({ "name": "status", "valueCode": "active" }),
            json!({ "name": "type", "valueCode": kind }),
            json!({ "name": "events-since-subscription-start", "valueString": number.to_string() }),
        ];
        parameters.extend(event.map(|event| event.parameter(content, number)));
        let status = json!({ "resourceType": "Parameters", "parameter": parameters });
        let mut entries = vec![json!({
            "resource": status,
            "request": { "method": "GET", "url": format!("{subscription}/$status") },
            "response": { "status": "200" },
        })];
        let resource = event.filter(|_| content == Content::Full);
        entries.extend(resource.and_then(Event::entry));
        json!({ "resourceType": "Bundle", "type": "history", "entry": entries })
    }
}

impl Event {
    fn parameter(&self, content: Content, number: u64) -> Value {
        let mut parts = vec![
            json!({ "name": "event-number", "valueString": number.to_string() }),
            json!({ "name": "timestamp", "valueInstant": self.at }),
        ];
        if content != Content::Empty {
            let named = |name: &str, reference: &str| json!({ "name": name, "valueReference": { "reference": reference } });
            parts.push(named("focus", &self.reference));
            parts.push(named("additional-context", &self.patient));
        }
        json!({ "name": "notification-event", "part": parts })
    }

    fn entry(&self) -> Option<Value> {
        let resource = self.resource.as_ref()?;
        let request = json!({ "method": "PUT", "url": self.reference });
        Some(json!({ "resource": resource, "request": request, "response": { "status": "200" } }))
    }
}

impl Message {
    fn post(body: String) -> Self {
        Self { method: Method::POST, path: String::new(), body }
    }
}
