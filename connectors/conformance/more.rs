//! Signs that there is more than was read.

use std::collections::BTreeMap;

use hyper::header::LINK;
use serde_json::Value;

use super::stage::Take;

/// What to do about it.
pub(super) const REMEDY: &str =
    "Describe how pages follow each other (`paging`), or answer with all at once.";

/// The same where a rule says where the source counts.
pub(super) const REMEDY_OF_TOTAL: &str = "Describe how pages follow each other (`paging`); or correct `total`, if it counts something else than the entries of this list.";

/// A sign that there is more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A header leads to the next page.
    Link,
    /// A member of the answer leads to it, or says that there is one.
    Member(String),
    /// There are so many in all.
    Total(u64),
}

impl Sign {
    /// Half a sentence.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Link => "the header `Link` leads to a next page, which was not read".to_owned(),
            Self::Member(name) => {
                format!("`{name}` of the answer tells of a next page, which was not read")
            }
            Self::Total(total) => format!("the source says that there are {total}"),
        }
    }
}

/// Names of members that lead to the next page unless they are empty, without what does not matter in a name.
const LEADS: [&str; 9] = [
    "next",
    "nextpage",
    "nextlink",
    "nexturl",
    "nextcursor",
    "nexttoken",
    "nextpagetoken",
    "odatanextlink",
    "continuationtoken",
];
/// Names of members that are true while there is more.
const MORE: [&str; 5] = ["hasmore", "more", "hasnext", "hasnextpage", "moreresults"];
/// Names of members that are false while there is more.
const LAST: [&str; 3] = ["last", "islast", "lastpage"];
/// Names of members that count all.
const TOTAL: [&str; 6] =
    ["total", "totalcount", "totalitems", "totalrecords", "totalresults", "count"];
/// Names of members that count pages.
const PAGES: [&str; 4] = ["pages", "totalpages", "pagecount", "numpages"];
/// Names of tables in which such members stand.
const ABOUT: [&str; 8] =
    ["page", "paging", "pagination", "pageinfo", "meta", "links", "metadata", "info"];

/// A sign that there is more than what came, though nothing went wrong. `read`: how many were read of it.
pub(super) fn sign(takes: &[Take], read: usize) -> Option<Sign> {
    let mut exchanges: BTreeMap<&str, Vec<&Take>> = BTreeMap::new();
    for take in takes {
        exchanges.entry(take.asked.url.path()).or_default().push(take);
    }
    exchanges.values().find_map(|pages| of_exchange(pages, read))
}

/// Of all pages of one question.
fn of_exchange(pages: &[&Take], read: usize) -> Option<Sign> {
    let [first, rest @ ..] = pages else { return None };
    let answer = first.answer().filter(|answer| answer.status == 200)?;
    let bodies = pages.iter().filter_map(|take| take.answer());
    let values: Vec<Value> =
        bodies.filter_map(|it| serde_json::from_slice(&it.body).ok()).collect();
    let items: usize = values.iter().map(longest).sum();
    if rest.is_empty() {
        let links = answer.headers.get_all(LINK).iter().filter_map(|it| it.to_str().ok());
        let is_next = |link: &str| link.contains("rel=\"next\"") || link.contains("rel=next");
        if links.into_iter().any(is_next) {
            return Some(Sign::Link);
        }
        if let Some(name) = values.first().and_then(|value| told(value, leads_on)) {
            return Some(Sign::Member(name));
        }
    }
    let total = values.last().and_then(|value| {
        let mut total = None;
        told(value, |name, value| {
            total = TOTAL.contains(&name).then(|| value.as_u64()).flatten();
            total.is_some()
        });
        total
    });
    total.filter(|total| *total > items.max(read) as u64).map(Sign::Total)
}

fn leads_on(name: &str, value: &Value) -> bool {
    let is_there = match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    };
    (LEADS.contains(&name) && is_there)
        || (MORE.contains(&name) && value == &Value::Bool(true))
        || (LAST.contains(&name) && value == &Value::Bool(false))
        || (PAGES.contains(&name) && value.as_u64().is_some_and(|pages| pages > 1))
}

/// The first member of the envelope of which this is so.
fn told(value: &Value, mut is_so: impl FnMut(&str, &Value) -> bool) -> Option<String> {
    let members = value.as_object()?;
    let inner = members.iter().filter(|(name, _)| ABOUT.contains(&plain(name).as_str()));
    let inner = inner.filter_map(|(name, value)| Some((Some(name), value.as_object()?)));
    for (outer, members) in std::iter::once((None, members)).chain(inner) {
        for (name, value) in members {
            if is_so(&plain(name), value) {
                return Some(outer.map_or(name.clone(), |outer| format!("{outer}.{name}")));
            }
        }
    }
    None
}

/// A name without case and signs.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// How many items the longest list of the answer has.
fn longest(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.values().map(longest).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use hyper::header::HeaderMap;
    use serde_json::json;

    use super::*;
    use crate::witness::{Asked, Scripted};

    fn page(path: &str, body: &Value, link: Option<&str>) -> Take {
        let url = url::Url::parse(&format!("https://a.example/{path}")).unwrap();
        let (method, headers) = (hyper::Method::GET, HeaderMap::new());
        let asked = Asked { method, url, headers, body: Bytes::new() };
        let link = link.map(|link| (LINK, link.parse().unwrap()));
        let body = body.to_string().into();
        let came = Scripted { status: 200, headers: link.into_iter().collect(), body };
        Take { asked, came: Ok(came), took: Duration::ZERO }
    }

    #[test]
    fn what_tells_of_more_is_found_wherever_it_stands() {
        let of = |body: Value| sign(&[page("x", &body, None)], 0);
        let member = |name: &str| Some(Sign::Member(name.to_owned()));
        for (body, expected) in [
            (json!({"items": [1], "next": "/x?page=2"}), member("next")),
            (json!({"items": [1], "next": null}), None),
            (json!({"items": [1], "page": {"has_more": true}}), member("page.has_more")),
            (json!({"items": [1], "page": {"last": false}}), member("page.last")),
            (json!({"items": [1], "pages": 2}), member("pages")),
            (json!({"items": [1], "pages": 1, "count": 1}), None),
            (json!({"items": [1], "meta": {"total_count": 7}}), Some(Sign::Total(7))),
            (json!({"items": [1], "total": 1}), None),
            (json!({"items": [{"next": "visit"}]}), None),
            (json!([{"next": "visit"}]), None),
        ] {
            assert_eq!(of(body.clone()), expected, "{body}");
        }
        let link = Some("<https://a.example/x?page=2>; rel=\"next\"");
        assert_eq!(sign(&[page("x", &json!([]), link)], 0), Some(Sign::Link));
    }

    #[test]
    fn pages_that_were_followed_are_counted_together() {
        let pages = |total: u64| {
            let page =
                |at: &str| page(at, &json!({"items": [1, 2], "total": total, "next": "y"}), None);
            vec![page("x?page=1"), page("x?page=2")]
        };
        assert_eq!(sign(&pages(4), 0), None);
        assert_eq!(sign(&pages(5), 0), Some(Sign::Total(5)));
    }
}
