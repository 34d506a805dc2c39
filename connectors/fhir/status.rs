//! The entry of a notification that says what happened: `SubscriptionStatus` (R4B, R5), or `Parameters` that hold the same
//! (the backport to R4).

use serde_json::Value;

use crate::notice::{Count, Occasion};

/// More events than this in one message are not told apart.
const MOST_EVENTS: usize = 1_000;

/// A subscription's name is not kept any longer.
const LONGEST_NAME: usize = 256;

/// What the entry says.
#[derive(Debug, Default)]
pub(super) struct Status {
    subscription: String,
    occasion: Option<Occasion>,
    in_all: Option<u64>,
    /// False when the server says that it will send nothing more, or says something that we do not know.
    pub(super) is_well: bool,
    pub(super) events: Vec<Event>,
}

/// One event.
#[derive(Debug, Default)]
pub(super) struct Event {
    number: Option<u64>,
    /// What it is about.
    pub(super) focus: Option<String>,
    /// What else was named with it.
    pub(super) context: Vec<String>,
}

impl Status {
    /// The status that a bundle begins with.
    pub(super) fn first_of(entries: &[Value]) -> Option<Self> {
        let resource = &entries.first()?["resource"];
        match resource["resourceType"].as_str()? {
            "SubscriptionStatus" => Some(Self::of_fields(resource)),
            "Parameters" => Some(Self::of_parameters(resource)),
            _ => None,
        }
    }

    /// True when things have happened, or may have.
    pub(super) fn has_events(&self) -> bool {
        !matches!(self.occasion, Some(Occasion::Handshake | Occasion::Heartbeat))
    }

    /// Where the message stands among the others.
    pub(super) fn count(&self) -> Option<Count> {
        let numbers: Vec<u64> = self.events.iter().filter_map(|event| event.number).collect();
        if self.in_all.is_none() && numbers.is_empty() {
            return None;
        }
        let occasion = self.occasion.unwrap_or(Occasion::Events);
        let subscription = self.subscription.clone();
        Some(Count { subscription, occasion, in_all: self.in_all, numbers })
    }

    fn of_fields(status: &Value) -> Self {
        let events = status["notificationEvent"].as_array().map(Vec::as_slice).unwrap_or_default();
        let event = |event: &Value| Event {
            number: number(&event["eventNumber"]),
            focus: reference(&event["focus"]),
            context: event["additionalContext"]
                .as_array()
                .map_or_else(Vec::new, |context| context.iter().filter_map(reference).collect()),
        };
        let (kind, state) = (status["type"].as_str(), status["status"].as_str());
        Self {
            subscription: name(&status["subscription"]),
            in_all: number(&status["eventsSinceSubscriptionStart"]),
            events: events.iter().take(MOST_EVENTS).map(event).collect(),
            ..Self::begun(kind, state, events.len())
        }
    }

    fn of_parameters(status: &Value) -> Self {
        let mut found = Self::default();
        let (mut kind, mut state, mut events) = (None, None, 0);
        for parameter in parameters(&status["parameter"]) {
            let value = value(parameter);
            match parameter["name"].as_str().unwrap_or_default() {
                "subscription" => found.subscription = name(value),
                "type" => kind = value.as_str(),
                "status" => state = value.as_str(),
                "events-since-subscription-start" => found.in_all = number(value),
                "notification-event" => {
                    events += 1;
                    if events <= MOST_EVENTS {
                        found.events.push(event_of_parts(&parameter["part"]));
                    }
                }
                _ => {}
            }
        }
        let Self { occasion, is_well, .. } = Self::begun(kind, state, events);
        Self { occasion, is_well, ..found }
    }

    fn begun(kind: Option<&str>, state: Option<&str>, events: usize) -> Self {
        let occasion = match kind {
            Some("handshake") => Some(Occasion::Handshake),
            Some("heartbeat") => Some(Occasion::Heartbeat),
            Some("event-notification" | "query-event") => Some(Occasion::Events),
            // Nobody asked for a `query-status`, so it is not known what comes with one.
            _ => None,
        };
        let is_active = matches!(state, None | Some("requested" | "active"));
        let is_well = is_active && occasion.is_some() && events <= MOST_EVENTS;
        Self { occasion, is_well, ..Self::default() }
    }
}

fn event_of_parts(parts: &Value) -> Event {
    let mut event = Event::default();
    for part in parameters(parts) {
        match part["name"].as_str().unwrap_or_default() {
            "event-number" => event.number = number(value(part)),
            "focus" => event.focus = reference(value(part)),
            "additional-context" => event.context.extend(reference(value(part))),
            _ => {}
        }
    }
    event
}

fn parameters(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// `value[x]`, whatever it is.
fn value(parameter: &Value) -> &Value {
    let fields = parameter.as_object().into_iter().flatten();
    fields.into_iter().find(|(name, _)| name.starts_with("value")).map_or(&Value::Null, |it| it.1)
}

fn reference(value: &Value) -> Option<String> {
    value["reference"].as_str().map(str::to_owned)
}

fn name(value: &Value) -> String {
    let name = value["reference"].as_str().or_else(|| value.as_str()).unwrap_or_default();
    name.chars().take(LONGEST_NAME).collect()
}

/// R5 writes large numbers as text, and the backport does so by its profile.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
