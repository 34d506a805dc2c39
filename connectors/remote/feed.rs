//! What a partner tells on the line of its events.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hyper::Method;
use hyper::header::{ACCEPT, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout};

use super::settings;
use super::site::{Site, accepted, common};
use super::sse::{Event, Events};
use super::wire::{Change as Wire, Ready};
use crate::connector::{LocalId, Problem};
use crate::egress::{Flow, Flowing, Outgoing};
use crate::notice::{Change, Feed, Line, Notice, Tiding};
use crate::record::Section;

/// How long the partner may take to begin.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long nothing may come. A partner sends a comment at least every fifteen seconds, so two were lost.
const IDLE: Duration = Duration::from_secs(45);

const MEDIA_TYPE: &str = "text/event-stream";

/// Behind which event to go on.
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// The line of a partner's events, when it is open.
struct Open {
    flow: Flow,
    events: Events,
    is_resumed: bool,
}

#[async_trait]
impl Feed for Site {
    async fn open(&self, after: Option<&str>) -> Result<Box<dyn Line>, Problem> {
        let mut headers = common();
        headers.push((ACCEPT, HeaderValue::from_static(MEDIA_TYPE)));
        let after = after.and_then(|mark| HeaderValue::from_str(mark).ok());
        let asks_to_resume = after.is_some();
        headers.extend(after.map(|mark| (LAST_EVENT, mark)));
        let (url, body) = (self.at("events")?, Bytes::new());
        let outgoing = Outgoing { method: Method::GET, url, headers, body };
        let until = Instant::now() + PATIENCE;
        let flow = match self.egress.flow(outgoing, &self.credentials, IDLE, until).await? {
            Flowing::Begun(flow) if flow.media_type == MEDIA_TYPE => flow,
            Flowing::Begun(_) => return Err(Problem::Garbled),
            Flowing::Refused(reply) => {
                return Err(accepted(reply).err().unwrap_or(Problem::Garbled));
            }
        };
        let mut open = Open { flow, events: Events::default(), is_resumed: false };
        let first = timeout(PATIENCE, open.event()).await.unwrap_or(Err(Problem::Timeout))?;
        let ready =
            (first.name == "ready").then(|| serde_json::from_str::<Ready>(&first.data).ok());
        let ready = ready.flatten().ok_or(Problem::Garbled)?;
        open.is_resumed = ready.resumed && asks_to_resume;
        Ok(Box::new(open))
    }
}

impl Open {
    async fn event(&mut self) -> Result<Event, Problem> {
        loop {
            if let Some(event) = self.events.next() {
                return Ok(event);
            }
            let piece = self.flow.next().await?;
            self.events.take(&piece)?;
        }
    }
}

#[async_trait]
impl Line for Open {
    fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    async fn next(&mut self) -> Result<Tiding, Problem> {
        let event = self.event().await?;
        let notice = read(&event);
        Ok(Tiding { notice, mark: Some(event.id).filter(|id| !id.is_empty()) })
    }
}

/// What an event tells. One that is not understood may tell anything: rather too much is asked for anew.
pub(super) fn read(event: &Event) -> Notice {
    match event.name.as_str() {
        "roster" => Notice { roster: true, ..Notice::default() },
        "change" => {
            let change = serde_json::from_str::<Wire>(&event.data);
            change.map_or_else(|_| Notice::of_anything(), changed)
        }
        _ => Notice::of_anything(),
    }
}

fn changed(Wire { patient, sections }: Wire) -> Notice {
    let patient = match patient {
        Some(id) if id.is_empty() => return Notice::of_anything(),
        patient => patient.map(LocalId::new),
    };
    // One that is not known may be any.
    let known: Option<Vec<Section>> = sections.iter().map(|name| settings::section(name)).collect();
    let sections = known.unwrap_or_default();
    let roster = sections.is_empty() || sections.contains(&Section::Demographics);
    let of = |section| Change { patient: patient.clone(), section };
    let changes = if sections.is_empty() {
        vec![of(None)]
    } else {
        sections.into_iter().map(|section| of(Some(section))).collect()
    };
    Notice { changes, roster, count: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, data: &str) -> Notice {
        read(&Event { name: name.to_owned(), data: data.to_owned(), id: String::new() })
    }

    #[test]
    fn a_change_names_whom_and_what() {
        let change =
            |patient: Option<&str>, section| Change { patient: patient.map(LocalId::new), section };
        let notice = told("change", r#"{"patient": "7", "sections": ["GOALS", "ALLERGIES"]}"#);
        let both = [Section::Goals, Section::Allergies].map(|it| change(Some("7"), Some(it)));
        assert_eq!((notice.changes.as_slice(), notice.roster), (both.as_slice(), false));
        assert_eq!(told("change", r#"{"patient": "7"}"#).changes, [change(Some("7"), None)]);
        let anybody = told("change", r#"{"sections": ["GOALS"]}"#);
        assert_eq!(anybody.changes, [change(None, Some(Section::Goals))]);
        assert!(told("change", r#"{"patient": "7", "sections": ["DEMOGRAPHICS"]}"#).roster);
        assert_eq!(told("roster", "{}"), Notice { roster: true, ..Notice::default() });
    }

    #[test]
    fn what_is_not_understood_may_be_anything() {
        let unknown = told("change", r#"{"patient": "7", "sections": ["GOALS", "STARS"]}"#);
        assert_eq!(unknown.changes, [Change { patient: Some(LocalId::new("7")), section: None }]);
        for (name, data) in [
            ("change", r#"{"patient": "7", "alsoOf": "8"}"#),
            ("change", r#"{"patient": ""}"#),
            ("change", r#"{"patient": 7}"#),
            ("change", "7 has changed"),
            ("", r#"{"patient": "7"}"#),
            ("news", "{}"),
        ] {
            assert_eq!(told(name, data), Notice::of_anything(), "{name} {data}");
        }
    }
}
