//! A chart as it is served: every resource written once as bytes, with the keys that searches look at.

use std::ops::Range;

use axum::body::Bytes;
use serde_json::{Map, Value};

use crate::{chart::Draft, day, resource_type::ResourceType};

/// The finished bytes of a chart, sorted by type.
pub(super) struct Served {
    bytes: Bytes,
    resources: Vec<Resource>,
}

/// One finished resource.
pub(super) struct Resource {
    pub(super) kind: ResourceType,
    pub(super) id: String,
    pub(super) version: u64,
    /// When it last changed, in Unix seconds.
    pub(super) updated: i64,
    /// The codes under each token parameter of the type, in the order of its search form.
    pub(super) tokens: Vec<Vec<Token>>,
    /// The span of time under each date parameter of the type.
    pub(super) dates: Vec<Option<(i64, i64)>>,
    /// The id of the `Medication` that it refers to.
    pub(super) medication: Option<String>,
    /// Where a bundle's entry begins, without its search mode and closing bracket.
    entry: Range<usize>,
    body: Range<usize>,
}

/// A code and its system; a plain code has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) system: String,
    pub(super) code: String,
}

impl Served {
    pub(super) fn new(mut drafts: Vec<Draft>, base: &str) -> Self {
        drafts.sort_by_key(|draft| draft.kind);
        let mut bytes = Vec::new();
        let resources =
            drafts.into_iter().map(|draft| Resource::write(draft, base, &mut bytes)).collect();
        Self { bytes: Bytes::from(bytes), resources }
    }

    /// The resources of a type.
    pub(super) fn of(&self, kind: ResourceType) -> &[Resource] {
        let start = self.resources.partition_point(|resource| resource.kind < kind);
        let end = self.resources.partition_point(|resource| resource.kind <= kind);
        &self.resources[start..end]
    }

    pub(super) fn find(&self, kind: ResourceType, id: &str) -> Option<&Resource> {
        self.of(kind).iter().find(|resource| resource.id == id)
    }

    /// The bytes of one resource.
    pub(super) fn body(&self, resource: &Resource) -> Bytes {
        self.bytes.slice(resource.body.clone())
    }

    /// The bytes of a bundle's entry, up to its search mode.
    pub(super) fn entry(&self, resource: &Resource) -> &[u8] {
        &self.bytes[resource.entry.clone()]
    }

    /// How much memory the chart takes, roughly.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.resources.len() * 300
    }
}

impl Resource {
    fn write(draft: Draft, base: &str, bytes: &mut Vec<u8>) -> Self {
        let form = draft.kind.search_form();
        let field = |names: &[&str]| names.iter().find_map(|name| draft.body.get(*name));
        let tokens = form
            .tokens
            .iter()
            .map(|(_, fields)| field(fields).map(tokens).unwrap_or_default())
            .collect();
        let dates = form.dates.iter().map(|(_, fields)| field(fields).and_then(span)).collect();
        let medication = draft
            .body
            .get("medicationReference")
            .and_then(|reference| reference["reference"].as_str());
        let medication = medication
            .and_then(|reference| reference.strip_prefix("Medication/"))
            .map(str::to_owned);
        let start = bytes.len();
        let name = draft.kind.as_str();
        bytes.extend_from_slice(
            format!("{{\"fullUrl\":\"{base}/{name}/{}\",\"resource\":", draft.id).as_bytes(),
        );
        let body = bytes.len();
        write_body(name, &draft.body, bytes);
        let end = bytes.len();
        let (version, updated) = (draft.version(), draft.updated.unix_timestamp());
        let (kind, id) = (draft.kind, draft.id);
        Self {
            kind,
            id,
            version,
            updated,
            tokens,
            dates,
            medication,
            entry: start..end,
            body: body..end,
        }
    }
}

/// Writes a resource with its type in front, where readers look first.
fn write_body(name: &str, body: &Map<String, Value>, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(format!("{{\"resourceType\":\"{name}\",").as_bytes());
    let start = bytes.len();
    serde_json::to_writer(&mut *bytes, body).expect("maps of text keys can be written to memory");
    bytes.remove(start);
}

/// The codes in a code, a coding, a concept, or a list of them.
fn tokens(value: &Value) -> Vec<Token> {
    match value {
        Value::String(code) => vec![Token { system: String::new(), code: code.clone() }],
        Value::Array(items) => items.iter().flat_map(tokens).collect(),
        Value::Object(fields) => match (fields.get("coding"), fields.get("code")) {
            (Some(codings), _) => tokens(codings),
            (None, Some(code)) => {
                let text = |value: Option<&Value>| {
                    value.and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                vec![Token { system: text(fields.get("system")), code: text(Some(code)) }]
            }
            (None, None) => Vec::new(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The time that a date or a period covers; an open period goes on.
fn span(value: &Value) -> Option<(i64, i64)> {
    if let Some(text) = value.as_str() {
        return day::span(text);
    }
    let side = |name: &str| value.get(name).and_then(Value::as_str).and_then(day::span);
    let start = side("start").map_or(i64::MIN, |(start, _)| start);
    let end = side("end").map_or(i64::MAX, |(_, end)| end);
    value.is_object().then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn codes_are_found_in_every_shape() {
        let codes = |value: Value| {
            tokens(&value)
                .into_iter()
                .map(|t| format!("{}|{}", t.system, t.code))
                .collect::<Vec<_>>()
        };
        assert_eq!(codes(json!("active")), ["|active"]);
        assert_eq!(codes(json!(["food", "medication"])), ["|food", "|medication"]);
        assert_eq!(codes(json!({ "system": "s", "code": "AMB" })), ["s|AMB"]);
        assert_eq!(
            codes(json!([{ "coding": [{ "system": "s", "code": "a" }, { "code": "b" }] }])),
            ["s|a", "|b"]
        );
        assert!(codes(json!({ "text": "words" })).is_empty());
    }

    #[test]
    fn periods_may_be_open() {
        assert_eq!(span(&json!({ "start": "1970-01-01" })), Some((0, i64::MAX)));
        assert_eq!(span(&json!({ "start": "1970-01-01", "end": "1970-01-01" })), Some((0, 86_400)));
        assert_eq!(span(&json!("1970-01-01")), Some((0, 86_400)));
        assert_eq!(span(&json!("some time")), None);
    }
}
