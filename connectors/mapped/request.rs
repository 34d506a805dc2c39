//! Requests as a manifest describes them: below the base URL, every value encoded by its place, no header that is ours.

use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use toml::Value;
use url::Url;

use super::body::Body;
use super::part::{At, Notes, Part};
use super::template::{Template, Values, Variable};
use crate::egress::{Outgoing, is_ours};

/// Headers that the gateway writes itself and that a manifest may say otherwise.
const ANYBODYS: [&str; 3] = ["accept", "accept-language", "prefer"];

/// The longest text of a request, and how many parts it may have.
const LONGEST: usize = 2_048;
const PARTS: usize = 64;

/// One kind of request.
#[derive(Debug)]
pub(super) struct Request {
    method: Method,
    path: Vec<Template>,
    /// The path ends in a slash.
    is_folder: bool,
    query: Vec<(String, Template)>,
    headers: Vec<(HeaderName, Template)>,
    body: Option<Body>,
}

impl Request {
    /// Reads `get` or `post`, `query`, `headers` and `body`.
    pub(super) fn read(part: &Part<'_>) -> Option<Self> {
        let (get, post) = (part.text("get"), part.text("post"));
        let (key, text, method) = match (get, post) {
            (Some(text), None) => ("get", text, Method::GET),
            (None, Some(text)) => ("post", text, Method::POST),
            (None, None) if part.has("get") || part.has("post") => return None,
            (None, None) => {
                part.missing("get", "write what is asked for below base_url, such as get = \"members/{patient}/fills\"");
                return None;
            }
            (Some(_), Some(_)) => {
                part.wrong("post", "a request cannot be both get and post", "leave one out");
                return None;
            }
        };
        let (path, is_folder) = path(text, &part.at.key(key), part.notes);
        let query = pairs(part, "query");
        let headers = headers(part);
        let body = Body::read(part);
        if body.is_some() && method == Method::GET {
            part.wrong(
                "body",
                "a get has no body",
                "write post in place of get, or query in place of body",
            );
        }
        Some(Self { method, path: path?, is_folder, query, headers, body })
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    /// The values that it has places for.
    pub(super) fn variables(&self) -> Vec<Variable> {
        let mut found: Vec<Variable> = self.path.iter().flat_map(Template::variables).collect();
        let pairs = self.query.iter().map(|(_, template)| template);
        found.extend(
            pairs.chain(self.headers.iter().map(|(_, it)| it)).flat_map(Template::variables),
        );
        if let Some(body) = &self.body {
            body.variables(&mut found);
        }
        found
    }

    /// True when that value is a part of the path, where it cannot be left out.
    pub(super) fn has_in_path(&self, variable: Variable) -> bool {
        self.path.iter().flat_map(Template::variables).any(|it| it == variable)
    }

    /// The request with its values. Nothing when one of them cannot be written where it belongs.
    pub(super) fn filled(
        &self,
        base: &Url,
        accept: &'static str,
        values: &Values<'_>,
    ) -> Option<Outgoing> {
        let mut url = base.clone();
        {
            let mut path = url.path_segments_mut().ok()?;
            path.pop_if_empty();
            for template in &self.path {
                path.push(&segment(template.filled(values)?)?);
            }
            if self.is_folder {
                path.push("");
            }
        }
        let query = self.query.iter().filter_map(|(key, it)| Some((key, it.filled(values)?)));
        let query: Vec<(&String, String)> = query.collect();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Some(self.to(url, accept, values)?).filter(|out| within(&out.url, base))
    }

    /// The same request to another page, whose address the source gave.
    pub(super) fn to(
        &self,
        url: Url,
        accept: &'static str,
        values: &Values<'_>,
    ) -> Option<Outgoing> {
        let mut headers = vec![(ACCEPT, HeaderValue::from_static(accept))];
        for (name, template) in &self.headers {
            if let Some(text) = template.filled(values) {
                headers.retain(|(known, _)| known != name);
                // A value with a line break or another sign of control is refused here.
                headers.push((name.clone(), HeaderValue::from_str(&text).ok()?));
            }
        }
        let mut bytes = Vec::new();
        if let Some(body) = &self.body {
            headers.push((CONTENT_TYPE, HeaderValue::from_static(body.media_type())));
            bytes = body.filled(values)?;
        }
        Some(Outgoing { method: self.method.clone(), url, headers, body: bytes.into() })
    }
}

/// True when `url` lies below `base` (same scheme, host and port). `base` ends in a slash.
pub(super) fn within(url: &Url, base: &Url) -> bool {
    let is_below = url.path().starts_with(base.path());
    let is_plain = url.username().is_empty() && url.password().is_none();
    let climbs = url.path().to_ascii_lowercase().contains("%2e%2e");
    url.origin() == base.origin() && is_below && is_plain && !climbs
}

/// A value as one segment of a path. What a server might take for more than that is refused.
fn segment(text: String) -> Option<String> {
    let is_odd = |it: char| it == '/' || it == '\\' || it.is_control();
    let is_step = matches!(text.as_str(), "" | "." | "..");
    (!is_step && !text.contains(is_odd)).then_some(text)
}

fn path(text: &str, at: &At, notes: &Notes) -> (Option<Vec<Template>>, bool) {
    let wrong = |why: &str, remedy: &str| {
        notes.add(at, why, remedy);
        (None, false)
    };
    if text.len() > LONGEST {
        return wrong("MAPPING_LIMIT: a path may have 2048 bytes", "shorten it");
    }
    if text == "{?}" {
        return wrong(
            "stands open",
            "write what is asked for below base_url, such as \"members/{patient}/fills\"",
        );
    }
    if text.starts_with('/') || text.contains("://") {
        return wrong(
            "a path stands below base_url",
            "write it without the scheme, the host and the first slash",
        );
    }
    if text.contains(['?', '#', '\\']) || text.contains(char::is_whitespace) {
        return wrong(
            "a path has no `?`, `#`, `\\` and no blanks",
            "write parameters as query = { name = \"…\" }",
        );
    }
    // Without a path it is the base URL itself, which ends in a slash.
    let is_folder = text.is_empty() || text.ends_with('/');
    let text = text.strip_suffix('/').unwrap_or(text);
    let mut templates = Vec::new();
    for part in text.split('/').filter(|_| !text.is_empty()) {
        let plain = part.to_ascii_lowercase().replace("%2e", ".");
        if matches!(plain.as_str(), "" | "." | "..") || part.contains('%') {
            return wrong(
                "a path has no empty parts, no `.` and `..`, and no `%`",
                "write each part as it reads; it is encoded on its way",
            );
        }
        match Template::read(part, at, notes) {
            Some(template) => templates.push(template),
            None => return (None, false),
        }
    }
    (Some(templates), is_folder)
}

pub(super) fn pairs(part: &Part<'_>, key: &'static str) -> Vec<(String, Template)> {
    let Some(part) = part.part(key) else { return Vec::new() };
    if part.table.len() > PARTS {
        part.notes.add(&part.at, format!("MAPPING_LIMIT: at most {PARTS} parts"), "leave some out");
    }
    let pair = |(name, value): (&String, &Value)| {
        let at = part.at.key(name);
        let text = match value {
            Value::String(text) if text.len() <= LONGEST => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Boolean(value) => value.to_string(),
            _ => {
                part.notes.add(&at, "must be a text, a number, true or false", "");
                return None;
            }
        };
        Some((name.clone(), Template::read(&text, &at, part.notes)?))
    };
    part.table.iter().filter_map(pair).collect()
}

fn headers(part: &Part<'_>) -> Vec<(HeaderName, Template)> {
    let named = pairs(part, "headers");
    let at = part.at.key("headers");
    let mut headers = Vec::new();
    for (name, template) in named {
        let at = at.key(&name);
        let lower = name.to_ascii_lowercase();
        let is_forbidden = HeaderName::try_from(lower.as_str()).is_ok_and(|it| is_ours(&it));
        if is_forbidden && !ANYBODYS.contains(&lower.as_str()) {
            part.notes.add(
                &at,
                format!("`{name}` is not for a manifest to write"),
                "leave it out; credentials belong into auth",
            );
            continue;
        }
        if template.fixed().any(|text| HeaderValue::from_str(text).is_err()) {
            part.notes.add(
                &at,
                "a header has no line breaks and no signs of control",
                "write one line",
            );
            continue;
        }
        match HeaderName::try_from(name.as_str()) {
            Ok(header) => headers.push((header, template)),
            Err(_) => part.notes.add(
                &at,
                format!("{name:?} is no name of a header"),
                "write letters, digits and hyphens",
            ),
        }
    }
    headers
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
