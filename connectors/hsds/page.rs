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
    /// Whether the server says that no page comes before.
    pub(super) first: Option<bool>,
    /// Where the server says that the next page is, as it writes it.
    pub(super) next: Option<String>,
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
            let first = flag(&envelope, "first_page").or_else(|| flag(&envelope, "first"));
            let total = envelope.get("total_items").or_else(|| envelope.get("totalElements"));
            Ok(Page {
                entries: entries.unwrap_or_default(),
                last: empty || last.unwrap_or(false),
                total: total.and_then(whole_number),
                first,
                next: next(&envelope),
            })
        }
        _ => Err(Problem::Garbled),
    }
}

/// Servers that lead from page to page put the address beside the entries or among links. A number or a mark there is none.
fn next(envelope: &Map<String, Value>) -> Option<String> {
    let among = |name: &str| envelope.get(name).and_then(|links| links.get("next"));
    let found = envelope.get("next").or_else(|| among("links")).or_else(|| among("_links"))?;
    let address = found.as_str().or_else(|| found.get("href")?.as_str())?.trim();
    let is_one = ["http://", "https://", "/", "?"].iter().any(|start| address.starts_with(start));
    is_one.then(|| address.to_owned())
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
    fn a_next_page_is_an_address_and_nothing_else() {
        for (body, expected) in [
            (
                r#"{"data": [], "links": {"next": "https://a.example/services?after=7"}}"#,
                Some("https://a.example/services?after=7"),
            ),
            (
                r#"{"data": [], "_links": {"next": {"href": "/services?page=2"}}}"#,
                Some("/services?page=2"),
            ),
            (r#"{"data": [], "next": "?page=2"}"#, Some("?page=2")),
            (r#"{"data": [], "next": 2}"#, None),
            (r#"{"data": [], "next": "MjAyNg"}"#, None),
            (r#"{"data": [], "next": null, "links": {"prev": "/services"}}"#, None),
        ] {
            assert_eq!(page(body.as_bytes()).unwrap().next.as_deref(), expected, "{body}");
        }
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
