//! A page of search results.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::map::Wire;
use super::resource::{Content, Plain, read_alone};
use super::wire::many;
use crate::connector::Problem;
use crate::record::Text;

/// The search parameters by which servers name the patient when they repeat our search.
const PATIENT_PARAMETERS: [&str; 6] =
    ["patient", "subject", "beneficiary", "actor", "participant", "_id"];

/// Parameters that stand for a whole stored search, so that its own parameters need not be repeated.
const PAGE_PARAMETERS: [&str; 3] = ["_getpages", "_page", "ct"];

/// A page of search results, its resources read for one type.
#[derive(Debug)]
pub(super) struct Page {
    /// How many resources match in all, as the server counts.
    pub(super) total: Option<u64>,
    links: Vec<Link>,
    pub(super) entries: Vec<Entry>,
}

/// One entry of a page.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where the server says that the resource stands.
    pub(super) url: Option<Text>,
    /// True for a resource that came along because another one points to it.
    pub(super) is_include: bool,
    pub(super) content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "R: Deserialize<'de>"))]
struct Bundle<'a, R> {
    #[serde(borrow)]
    resource_type: Cow<'a, str>,
    #[serde(default)]
    total: Option<u64>,
    #[serde(default, deserialize_with = "many")]
    link: Vec<Link>,
    #[serde(default, deserialize_with = "many")]
    entry: Vec<BundleEntry<R>>,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(default)]
    relation: String,
    #[serde(default)]
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "R: Deserialize<'de>"))]
struct BundleEntry<R> {
    #[serde(default)]
    full_url: Option<Text>,
    #[serde(default = "nothing")]
    resource: Option<R>,
    #[serde(default)]
    search: Option<SearchInfo>,
}

fn nothing<R>() -> Option<R> {
    None
}

#[derive(Deserialize)]
struct SearchInfo {
    #[serde(default)]
    mode: Option<Text>,
}

impl Page {
    /// Reads a page for the resources of `T`; anything that is not a bundle is garbled.
    ///
    /// Nearly every page can be read from front to back. When that fails, each resource is read by itself, so that
    /// one which cannot be read costs no other.
    pub(super) fn read<T: Wire>(body: &[u8]) -> Result<Self, Problem> {
        // Text that is checked as a whole need not be checked string by string.
        let text = std::str::from_utf8(body).map_err(|_| Problem::Garbled)?;
        if let Ok(bundle) = serde_json::from_str::<Bundle<'_, Plain<T>>>(text) {
            return bundle.into_page(|resource| resource.0);
        }
        let bundle: Bundle<'_, &RawValue> =
            serde_json::from_str(text).map_err(|_| Problem::Garbled)?;
        bundle.into_page(read_alone::<T>)
    }

    fn link(&self, relation: &str) -> Option<&str> {
        self.links
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

impl<R> Bundle<'_, R> {
    fn into_page(self, content: impl Fn(R) -> Content) -> Result<Page, Problem> {
        if self.resource_type != "Bundle" {
            return Err(Problem::Garbled);
        }
        let entry = |entry: BundleEntry<R>| {
            let is_include =
                entry.search.and_then(|search| search.mode).as_deref() == Some("include");
            Some(Entry { url: entry.full_url, is_include, content: content(entry.resource?) })
        };
        let entries = self.entry.into_iter().filter_map(entry).collect();
        Ok(Page { total: self.total, links: self.link, entries })
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
