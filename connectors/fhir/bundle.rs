//! A page of search results.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::wire::many;
use crate::connector::Problem;

/// The search parameters by which servers name the patient when they repeat our search.
const PATIENT_PARAMETERS: [&str; 6] =
    ["patient", "subject", "beneficiary", "actor", "participant", "_id"];

/// Parameters that stand for a whole stored search, so that its own parameters need not be repeated.
const PAGE_PARAMETERS: [&str; 3] = ["_getpages", "_page", "ct"];

/// One page, its resources still unparsed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle<'a> {
    #[serde(borrow)]
    resource_type: Cow<'a, str>,
    #[serde(default)]
    pub(super) total: Option<u64>,
    #[serde(default, deserialize_with = "many")]
    link: Vec<Link>,
    #[serde(default, borrow, deserialize_with = "many")]
    pub(super) entry: Vec<Entry<'a>>,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(default)]
    relation: String,
    #[serde(default)]
    url: String,
}

/// One entry of a page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    #[serde(default)]
    pub(super) full_url: Option<String>,
    #[serde(default, borrow)]
    pub(super) resource: Option<&'a RawValue>,
    #[serde(default)]
    search: Option<SearchInfo>,
}

#[derive(Debug, Deserialize)]
struct SearchInfo {
    #[serde(default)]
    mode: Option<String>,
}

/// The type of a resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Peek<'a> {
    #[serde(borrow)]
    pub(super) resource_type: Cow<'a, str>,
}

/// A server's account of what went wrong or was left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OperationOutcome {
    resource_type: String,
    #[serde(default, deserialize_with = "many")]
    issue: Vec<Issue>,
}

#[derive(Debug, Deserialize)]
struct Issue {
    #[serde(default)]
    severity: String,
    #[serde(default)]
    code: String,
}

/// What a server says that it can do, as far as resource types go.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CapabilityStatement {
    resource_type: String,
    #[serde(default, deserialize_with = "many")]
    rest: Vec<Rest>,
}

#[derive(Debug, Deserialize)]
struct Rest {
    #[serde(default, deserialize_with = "many")]
    resource: Vec<Offered>,
}

#[derive(Debug, Deserialize)]
struct Offered {
    #[serde(rename = "type", default)]
    kind: String,
}

impl CapabilityStatement {
    /// Reads one, if it is one that names resource types at all.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let statement: Self = serde_json::from_slice(body).ok()?;
        let says = statement.resource_type == "CapabilityStatement"
            && statement.rest.iter().any(|rest| !rest.resource.is_empty());
        says.then_some(statement)
    }

    /// True when it names the type.
    pub(super) fn offers(&self, kind: &str) -> bool {
        self.rest.iter().flat_map(|rest| &rest.resource).any(|offered| offered.kind == kind)
    }
}

impl<'a> Bundle<'a> {
    /// Reads a page; anything that is not a bundle is garbled.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Problem> {
        // Text that is checked as a whole need not be checked string by string.
        let text = std::str::from_utf8(body).map_err(|_| Problem::Garbled)?;
        let bundle: Self = serde_json::from_str(text).map_err(|_| Problem::Garbled)?;
        if bundle.resource_type == "Bundle" { Ok(bundle) } else { Err(Problem::Garbled) }
    }

    fn link(&self, relation: &str) -> Option<&str> {
        self.link
            .iter()
            .find(|link| link.relation == relation && !link.url.is_empty())
            .map(|link| link.url.as_str())
    }

    /// The next page as a URL on `base`, if there is one. A next page that stands elsewhere is a problem: it is
    /// never fetched, and the list is not complete without it.
    ///
    /// A server that is reached under another name than it knows writes that name into its links; when `self` and
    /// `next` agree on it, the next page is looked for on our own base.
    pub(super) fn next(&self, base: &Url) -> Result<Option<Url>, Problem> {
        let Some(link) = self.link("next") else { return Ok(None) };
        let next = base.join(link).map_err(|_| Problem::Incomplete)?;
        if within(&next, base) {
            return Ok(Some(next));
        }
        let named =
            self.link("self").and_then(|link| Url::parse(link).ok()).ok_or(Problem::Incomplete)?;
        if named.origin() != next.origin() || named.path() != next.path() {
            return Err(Problem::Incomplete);
        }
        let kind = next.path().rsplit('/').next().unwrap_or_default();
        let mut rebased = base.join(kind).map_err(|_| Problem::Incomplete)?;
        rebased.set_query(next.query());
        if within(&rebased, base) { Ok(Some(rebased)) } else { Err(Problem::Incomplete) }
    }

    /// True when the server's own account of the search (`self`) names parameters, but none that picks a patient:
    /// it ignored our filter and returned everybody's.
    pub(super) fn ignored_the_patient(&self) -> bool {
        let Some((_, query)) = self.link("self").and_then(|url| url.split_once('?')) else {
            return false;
        };
        !url::form_urlencoded::parse(query.as_bytes()).any(|(key, _)| {
            let name = key.split([':', '.']).next().unwrap_or_default();
            PATIENT_PARAMETERS.contains(&name) || PAGE_PARAMETERS.contains(&name)
        })
    }
}

/// True when `url` lies under `base` (same scheme, host, port, and path below). `base` ends in a slash.
pub(super) fn within(url: &Url, base: &Url) -> bool {
    let below =
        url.path().starts_with(base.path()) || url.path() == base.path().trim_end_matches('/');
    url.origin() == base.origin() && below && url.username().is_empty()
}

impl Entry<'_> {
    /// True for a resource that came along because another one points to it.
    pub(super) fn is_include(&self) -> bool {
        self.mode() == Some("include")
    }

    fn mode(&self) -> Option<&str> {
        self.search.as_ref()?.mode.as_deref()
    }
}

impl OperationOutcome {
    /// Reads one, if it is one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body)
            .ok()
            .filter(|outcome: &Self| outcome.resource_type == "OperationOutcome")
    }

    /// True when it says that the server does not do what was asked.
    pub(super) fn says_not_supported(&self) -> bool {
        self.issue.iter().any(|issue| issue.code == "not-supported")
    }

    /// True when it says that the answer beside which it stands is not whole.
    pub(super) fn says_incomplete(&self) -> bool {
        self.issue.iter().any(|issue| {
            matches!(issue.severity.as_str(), "error" | "fatal")
                || matches!(issue.code.as_str(), "incomplete" | "too-costly" | "timeout")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_under_the_base_is_within_it() {
        let base = Url::parse("http://127.0.0.1:9101/fhir/").unwrap();
        for (url, expected) in [
            ("http://127.0.0.1:9101/fhir/Condition?page=2", true),
            ("http://127.0.0.1:9101/fhir?_getpages=7", true),
            ("http://127.0.0.1:9101/fhir2/Condition", false),
            ("http://127.0.0.1:9102/fhir/Condition", false),
            ("https://127.0.0.1:9101/fhir/Condition", false),
            ("http://somebody@127.0.0.1:9101/fhir/Condition", false),
            ("http://127.0.0.1:9101/", false),
        ] {
            assert_eq!(within(&Url::parse(url).unwrap(), &base), expected, "{url}");
        }
    }
}
