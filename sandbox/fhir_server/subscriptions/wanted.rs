//! What a subscription asks for, read from its resource.

use std::{net::IpAddr, time::Duration};

use axum::http::{HeaderName, HeaderValue, Uri};
use serde_json::Value;

use crate::resource_type::ResourceType;

/// The topic that the systems have: whatever is changed in the records of anybody.
const TOPIC: &str = "http://caregraph.example/SubscriptionTopic/records";

/// The extensions of the backport are named by what follows this.
const BACKPORT: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

/// What a subscriber wants, and where.
pub(super) struct Wanted {
    pub(super) endpoint: Endpoint,
    /// What comes along with each message. Some of it is secret.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// How notifications of topics are to look; none in R4's own form.
    pub(super) topic: Option<Topic>,
    /// In R4's own form: the type that is meant.
    kind: Option<ResourceType>,
    /// In R4's own form: the resource comes along.
    pub(super) has_payload: bool,
    /// The resource without its headers.
    pub(super) shown: Value,
}

/// Where messages go: on this machine, and nowhere else.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) host: String,
    pub(super) path: String,
}

/// How notifications of a topic are to look.
#[derive(Clone, Copy)]
pub(super) struct Topic {
    pub(super) content: Content,
    /// How often there is a sign of life.
    pub(super) heartbeat: Option<Duration>,
}

/// What a notification holds of what has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Empty,
    IdOnly,
    Full,
}

/// Why a system does not keep a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionError {
    /// The system is a directory.
    #[error("this system keeps no subscriptions; its records do not change")]
    NoRecords,
    /// It is another resource.
    #[error("the body is no Subscription")]
    Resource,
    /// Another channel.
    #[error("`channel.type` must be `rest-hook`")]
    Channel,
    /// An address elsewhere.
    #[error(
        "`channel.endpoint` must be an http address of this machine, such as http://127.0.0.1:8080/hooks/lakeside"
    )]
    Endpoint,
    /// A header that is none.
    #[error("`channel.header` must hold headers such as `Authorization: Bearer SECRET`")]
    Header,
    /// Criteria that are not offered.
    #[error(
        "`criteria` must be a type that this system has, such as `Observation?`, or the topic {TOPIC}"
    )]
    Criteria,
    /// A content that is none.
    #[error("`backport-payload-content` must be `empty`, `id-only` or `full-resource`")]
    Content,
}

impl Wanted {
    pub(super) fn read(resource: &Value) -> Result<Self, SubscriptionError> {
        if resource["resourceType"] != "Subscription" {
            return Err(SubscriptionError::Resource);
        }
        let channel = &resource["channel"];
        if channel["type"] != "rest-hook" {
            return Err(SubscriptionError::Channel);
        }
        let criteria = resource["criteria"].as_str().unwrap_or_default();
        let kind = ResourceType::from_name(criteria.trim_end_matches('?'));
        let topic = if criteria == TOPIC { Some(Topic::read(channel)?) } else { None };
        if topic.is_none() && kind.is_none() {
            return Err(SubscriptionError::Criteria);
        }
        let mut shown = resource.clone();
        if let Some(channel) = shown["channel"].as_object_mut() {
            channel.remove("header");
        }
        Ok(Self {
            endpoint: Endpoint::read(channel).ok_or(SubscriptionError::Endpoint)?,
            headers: headers(channel).ok_or(SubscriptionError::Header)?,
            topic,
            kind,
            has_payload: channel["payload"].is_string(),
            shown,
        })
    }

    /// True when a change of a resource of that type is to be told.
    pub(super) fn is_about(&self, kind: ResourceType) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
    }
}

impl Endpoint {
    fn read(channel: &Value) -> Option<Self> {
        let uri: Uri = channel["endpoint"].as_str()?.parse().ok()?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"))?;
        let host = authority.host().trim_matches(['[', ']']);
        let is_here = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let host = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        let path = uri.path().trim_end_matches('/').to_owned();
        is_here.then_some(Self { host, path })
    }
}

impl Topic {
    fn read(channel: &Value) -> Result<Self, SubscriptionError> {
        let content = extension(&channel["_payload"], "backport-payload-content");
        let content = match content.and_then(|it| it["valueCode"].as_str()) {
            Some("empty") => Content::Empty,
            Some("id-only") | None => Content::IdOnly,
            Some("full-resource") => Content::Full,
            Some(_) => return Err(SubscriptionError::Content),
        };
        let period = extension(channel, "backport-heartbeat-period");
        let seconds = period.and_then(|it| it["valueUnsignedInt"].as_u64());
        let heartbeat = seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs);
        Ok(Self { content, heartbeat })
    }
}

fn extension<'v>(element: &'v Value, name: &str) -> Option<&'v Value> {
    let all = element["extension"].as_array()?;
    all.iter()
        .find(|it| it["url"].as_str().and_then(|url| url.strip_prefix(BACKPORT)) == Some(name))
}

fn headers(channel: &Value) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let lines = channel["header"].as_array().map(Vec::as_slice).unwrap_or_default();
    let header = |line: &Value| {
        let (name, value) = line.as_str()?.split_once(':')?;
        let mut value: HeaderValue = value.trim().parse().ok()?;
        value.set_sensitive(true);
        Some((name.trim().parse().ok()?, value))
    };
    lines.iter().map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(change: impl FnOnce(&mut Value)) -> Result<Wanted, SubscriptionError> {
        let mut resource = json!({ "resourceType": "Subscription", "status": "requested", "criteria": "Observation?",
            "channel": { "type": "rest-hook", "endpoint": "http://127.0.0.1:8080/hooks/lakeside",
                "header": ["Authorization: Bearer SECRET"] } });
        change(&mut resource);
        Wanted::read(&resource)
    }

    #[test]
    fn what_is_asked_for_is_read_and_the_secret_is_not_shown() {
        let wanted = read(|_| {}).unwrap_or_else(|error| panic!("{error}"));
        assert!(wanted.is_about(ResourceType::Observation));
        assert!(!wanted.is_about(ResourceType::Condition));
        assert_eq!(
            (wanted.endpoint.host.as_str(), wanted.endpoint.path.as_str()),
            ("127.0.0.1:8080", "/hooks/lakeside")
        );
        assert_eq!(wanted.headers[0].1, "Bearer SECRET");
        assert!(!wanted.shown.to_string().contains("SECRET"));
        let topic = read(|it| {
            it["criteria"] = json!(TOPIC);
            it["channel"]["extension"] = json!([{ "url": format!("{BACKPORT}backport-heartbeat-period"), "valueUnsignedInt": 5 }]);
        });
        let topic = topic.unwrap_or_else(|error| panic!("{error}")).topic.unwrap();
        assert_eq!(
            (topic.content, topic.heartbeat),
            (Content::IdOnly, Some(Duration::from_secs(5)))
        );
    }

    #[test]
    fn messages_go_nowhere_but_to_this_machine() {
        for elsewhere in [
            "http://192.0.2.1/hooks",
            "http://example.org/",
            "https://127.0.0.1/",
            "127.0.0.1",
            "http://127.0.0.1.example.org/",
        ] {
            let error = read(|it| it["channel"]["endpoint"] = json!(elsewhere)).err();
            assert_eq!(error, Some(SubscriptionError::Endpoint), "{elsewhere}");
        }
        assert!(read(|it| it["channel"]["endpoint"] = json!("http://[::1]:80/hooks")).is_ok());
    }

    #[test]
    fn what_is_not_offered_is_refused() {
        let refused = |change: fn(&mut Value)| read(change).err();
        assert_eq!(
            refused(|it| it["resourceType"] = json!("Basic")),
            Some(SubscriptionError::Resource)
        );
        assert_eq!(
            refused(|it| it["channel"]["type"] = json!("email")),
            Some(SubscriptionError::Channel)
        );
        assert_eq!(
            refused(|it| it["channel"]["header"] = json!(["no header"])),
            Some(SubscriptionError::Header)
        );
        for criteria in ["Observation?code=1", "Thing?", "http://elsewhere.example/topic", ""] {
            let error = read(|it| it["criteria"] = json!(criteria)).err();
            assert_eq!(error, Some(SubscriptionError::Criteria), "{criteria}");
        }
        let odd = |it: &mut Value| {
            it["criteria"] = json!(TOPIC);
            it["channel"]["_payload"] = json!({ "extension":
                [{ "url": format!("{BACKPORT}backport-payload-content"), "valueCode": "all" }] });
        };
        assert_eq!(read(odd).err(), Some(SubscriptionError::Content));
    }
}
