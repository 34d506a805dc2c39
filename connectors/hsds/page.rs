//! One page of a list: the envelope of the specification, its variants in the wild, or a bare array.

use serde_json::{Map, Value};

use super::lenient::value;
use crate::connector::Problem;

/// One page of a list.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Its entries, read when they are believed.
    pub(super) entries: Vec<Value>,
    /// The server says that no page follows.
    pub(super) last: bool,
    /// How many entries the server says it has in all.
    pub(super) total: Option<u64>,
}

/// Where servers put the entries of a page: `contents` by the specification, the others in the wild.
const ENTRIES: [&str; 6] = ["contents", "content", "items", "data", "results", "services"];

/// Reads one page, in its envelope or as a bare array.
pub(super) fn page(body: &[u8]) -> Result<Page, Problem> {
    match value(body)? {
        Value::Array(entries) => Ok(Page { entries, ..Page::default() }),
        Value::Object(mut envelope) => {
            let empty = flag(&envelope, "empty").unwrap_or(false);
            let entries = ENTRIES.iter().find_map(|key| match envelope.remove(*key) {
                Some(Value::Array(entries)) => Some(entries),
                Some(Value::Null) if empty => Some(Vec::new()),
                _ => None,
            });
            if entries.is_none() && !empty {
                return Err(Problem::Garbled);
            }
            let last = flag(&envelope, "last_page").or_else(|| flag(&envelope, "last"));
            let total = envelope.get("total_items").or_else(|| envelope.get("totalElements"));
            Ok(Page {
                entries: entries.unwrap_or_default(),
                last: empty || last.unwrap_or(false),
                total: total.and_then(whole_number),
            })
        }
        _ => Err(Problem::Garbled),
    }
}

fn flag(envelope: &Map<String, Value>, key: &str) -> Option<bool> {
    match envelope.get(key)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> (usize, bool, Option<u64>) {
        let page = page(body.as_bytes()).unwrap();
        (page.entries.len(), page.last, page.total)
    }

    #[test]
    fn every_envelope_seen_in_the_wild_is_read() {
        let spec =
            r#"{"total_items": 7, "last_page": false, "empty": false, "contents": [{}, {}]}"#;
        assert_eq!(read(spec), (2, false, Some(7)));
        let spring = r#"{"totalElements": "7", "last": "true", "content": [{}]}"#;
        assert_eq!(read(spring), (1, true, Some(7)));
        assert_eq!(read(r#"{"items": [{}], "contents": null}"#), (1, false, None));
        assert_eq!(read("[{}, {}]"), (2, false, None));
        assert_eq!(read(r#"{"empty": true}"#), (0, true, None));
        assert_eq!(read(r#"{"contents": [{}], "contents": [{}, {}]}"#), (2, false, None));
        assert_eq!(read("\u{feff}[]"), (0, false, None));
    }

    #[test]
    fn anything_else_is_garbled() {
        let deep = "[".repeat(10_000);
        for body in ["", "<html>", "null", "7", r#"{"message": "no"}"#, r#"{"contents": 7}"#, &deep]
        {
            assert_eq!(page(body.as_bytes()).unwrap_err(), Problem::Garbled);
        }
        assert_eq!(page(b"[\"\xff\"]").unwrap_err(), Problem::Garbled);
    }
}
