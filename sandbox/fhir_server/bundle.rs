//! Searchset bundles, put together from finished bytes.

use std::hash::{DefaultHasher, Hasher as _};

use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::Value;

use super::MEDIA_TYPE;
use crate::front;

/// A bundle while it is put together.
pub(super) struct BundleWriter {
    entries: Vec<u8>,
}

/// Why an entry is in a bundle.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    Match,
    Include,
    Outcome,
}

impl BundleWriter {
    pub(super) fn new() -> Self {
        Self { entries: Vec::with_capacity(16 << 10) }
    }

    /// Adds a prepared entry, which lacks its search mode and closing bracket.
    pub(super) fn add(&mut self, entry: &[u8], mode: Mode) {
        if !self.entries.is_empty() {
            self.entries.push(b',');
        }
        self.entries.extend_from_slice(entry);
        self.entries.extend_from_slice(match mode {
            Mode::Match => br#","search":{"mode":"match"}}"#,
            Mode::Include => br#","search":{"mode":"include"}}"#,
            Mode::Outcome => br#","search":{"mode":"outcome"}}"#,
        });
    }

    /// Adds what the server has to say about the search.
    pub(super) fn remark(&mut self, outcome: &Value) {
        self.add(format!("{{\"resource\":{outcome}").as_bytes(), Mode::Outcome);
    }

    /// The bundle as an answer. FHIR has no empty lists, so a bundle without entries names none.
    pub(super) fn finish(self, total: Option<u64>, own: &str, next: Option<&str>) -> Response {
        let link = |relation: &str, url: &str| {
            format!("{{\"relation\":\"{relation}\",\"url\":{}}}", Value::from(url))
        };
        let total = total.map(|total| format!(",\"total\":{total}")).unwrap_or_default();
        let mut head =
            format!("{{\"resourceType\":\"Bundle\",\"type\":\"searchset\"{total},\"link\":[");
        head.push_str(&link("self", own));
        if let Some(next) = next {
            head.push(',');
            head.push_str(&link("next", next));
        }
        head.push(']');
        let mut bytes = Vec::with_capacity(head.len() + self.entries.len() + 16);
        bytes.extend_from_slice(head.as_bytes());
        if !self.entries.is_empty() {
            bytes.extend_from_slice(b",\"entry\":[");
            bytes.extend_from_slice(&self.entries);
            bytes.push(b']');
        }
        bytes.push(b'}');
        let tag = tag(&bytes);
        let mut response = front::answer(StatusCode::OK, MEDIA_TYPE, Bytes::from(bytes));
        response.headers_mut().insert(header::ETAG, tag);
        response
    }
}

/// By what an answer is known again: the same bytes have the same tag in every run.
fn tag(bytes: &[u8]) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    HeaderValue::from_str(&format!("W/\"{:016x}\"", hasher.finish()))
        .unwrap_or(HeaderValue::from_static("W/\"\""))
}
