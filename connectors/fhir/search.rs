//! One search, from the first page to the last.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::header::{ACCEPT, HeaderName};
use smol_str::format_smolstr;
use tokio::time::Instant;
use url::Url;

use super::medication::Product;
use super::page::{Entry, Page};
use super::resource::{Content, Resource};
use super::statement::{CapabilityStatement, OperationOutcome};
use super::types::{MEDICATION, ResourceType};
use super::{Server, wire};
use crate::connector::Problem;
use crate::egress::Reply;
use crate::parts::Part;
use crate::record::Text;
use crate::tag::Tag;

const FHIR_JSON: &str = "application/fhir+json";
const STRICT: &str = "handling=strict";
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// How many entries of other patients are read at most when a server cannot filter by patient.
const UNFILTERED_CAP: usize = 5_000;

/// What a search brought, in the order of the server.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The resources that matched, each once.
    pub(super) matches: Vec<Match>,
    /// Medicines that were searched for, or came along because a match points to them, by `Medication/id`.
    pub(super) medicines: Vec<(Text, Product)>,
    /// Why this may not be all.
    pub(super) problem: Option<Problem>,
    /// The pages that it came on, as long as each can be asked about.
    pub(super) pages: Option<Vec<Part>>,
    /// The server ignored the patient filter, so that other patients' resources are to be expected.
    pub(super) unfiltered: bool,
}

/// A resource that matched.
#[derive(Debug)]
pub(super) struct Match {
    /// `Type/id`.
    pub(super) reference: Text,
    pub(super) resource: Resource,
    /// The base under which the server itself says that it stands (`Bundle.entry.fullUrl`).
    pub(super) home: Option<Text>,
}

/// What one resource type of one server has taught us about how to ask it.
#[derive(Debug, Default)]
pub(super) struct Manners {
    /// It refused a parameter under `handling=strict`, so it is asked without.
    lenient: AtomicBool,
    /// It is known to answer for several patients in one search.
    pub(super) takes_lists: AtomicBool,
    /// When it said that it does not offer the type.
    not_offered: Mutex<Option<Instant>>,
}

/// How long a server's word that it does not offer a type is taken for an answer.
const NOT_OFFERED: Duration = Duration::from_mins(1);

impl Manners {
    /// True when the server has just said that it does not offer the type.
    fn is_not_offered(&self) -> bool {
        let said = self.not_offered.lock().unwrap_or_else(PoisonError::into_inner);
        said.is_some_and(|said| said.elapsed() < NOT_OFFERED)
    }

    /// True when the last that it said of the type was that it does not offer it.
    fn was_not_offered(&self) -> bool {
        self.not_offered.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn forget_not_offered(&self) {
        *self.not_offered.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn note_not_offered(&self) {
        *self.not_offered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

impl Server {
    /// Searches `kind` with `parameters`, following pages to the end. With what came `before`, a server that says that all
    /// of it still holds is not asked for it: that is the problem [`Problem::Unchanged`].
    pub(super) async fn search(
        &self,
        kind: &ResourceType,
        parameters: &[(&str, &str)],
        manners: &Manners,
        before: Option<&[Part]>,
        deadline: Instant,
    ) -> Found {
        let mut found = Found { pages: Some(Vec::new()), ..Found::default() };
        if manners.is_not_offered() {
            found.problem = Some(Problem::NotSupported);
            return found;
        }
        let mut url = Some(self.search_url(kind.name, parameters));
        let mut first = match before.zip(url.as_ref()) {
            Some((before, url)) => self.changed(url, before, manners, deadline).await,
            None => None,
        };
        let mut seen = HashSet::new();
        let mut pages = 0;
        let mut reported = None;
        while let Some(page) = url.take() {
            if pages == self.settings.max_pages || (found.unfiltered && seen.len() > UNFILTERED_CAP)
            {
                found.problem = Problem::graver(found.problem, Some(Problem::TooMuch));
                return found;
            }
            pages += 1;
            let at = page.to_string();
            let got = match first.take() {
                Some(got) => got,
                None => self.page(page, manners, pages == 1, None, deadline).await,
            };
            let got = match got {
                Err(Problem::Status(404)) if !self.is_offered(kind.name, deadline).await => {
                    Err(Problem::NotSupported)
                }
                got => got,
            };
            let next = got.and_then(|reply| {
                self.note_page(&mut found, at, reply.tag);
                let body = &reply.body;
                found.take_in(body, kind, &mut seen, &mut reported, pages == 1)?.next(&self.base)
            });
            match next {
                Ok(next) => url = next.map(|next| self.without_key(next)),
                Err(problem) => found.note(problem),
            }
        }
        match found.problem {
            Some(Problem::NotSupported) => manners.note_not_offered(),
            // A server that is down has not begun to offer what it never did.
            Some(Problem::Timeout | Problem::Unreachable)
                if manners.was_not_offered() && seen.is_empty() =>
            {
                found.problem = Some(Problem::NotSupported);
            }
            None => manners.forget_not_offered(),
            Some(_) => {}
        }
        if found.problem.is_none() && reported.is_some_and(|total| total > seen.len() as u64) {
            found.problem = Some(Problem::Incomplete);
        }
        found
    }

    /// Gets one page. The first one is asked strictly, so that a parameter which the server does not know is
    /// refused instead of being ignored; when it is refused, the server is asked leniently from then on, and what
    /// it returns is sifted here.
    pub(super) async fn page(
        &self,
        url: Url,
        manners: &Manners,
        first: bool,
        since: Option<&Tag>,
        deadline: Instant,
    ) -> Result<Reply, Problem> {
        if manners.lenient.load(Ordering::Relaxed) {
            return self.get(url, false, since, deadline).await;
        }
        match self.get(url.clone(), true, since, deadline).await {
            Err(Problem::Status(400 | 422 | 501)) if first => {
                let reply = self.get(url, false, since, deadline).await?;
                manners.lenient.store(true, Ordering::Relaxed);
                Ok(reply)
            }
            other => other,
        }
    }

    /// Asks the server's own statement whether it offers a type, when a plain 404 leaves open what is missing. A
    /// server that does not say is taken to offer it: then the 404 is a fault.
    async fn is_offered(&self, kind: &str, deadline: Instant) -> bool {
        let Ok(url) = self.base.join("metadata") else { return true };
        let Ok(reply) = self.get(url, false, None, deadline).await else { return true };
        CapabilityStatement::parse(&reply.body).is_none_or(|statement| statement.offers(kind))
    }

    /// Gets something of this server: an answer of 200, or a problem. That what it said before still holds is one too, if it
    /// was asked that; to say so unasked, or of something else, is a fault.
    pub(super) async fn get(
        &self,
        url: Url,
        strict: bool,
        since: Option<&Tag>,
        deadline: Instant,
    ) -> Result<Reply, Problem> {
        let headers: &[(HeaderName, &'static str)] =
            if strict { &[(ACCEPT, FHIR_JSON), (PREFER, STRICT)] } else { &[(ACCEPT, FHIR_JSON)] };
        let got = self.egress.get_since(url, &self.credentials, headers, since, deadline);
        let reply = got.await?;
        if let Some(problem) = reply.unchanged(since) {
            return Err(problem);
        }
        if reply.status == 404
            && OperationOutcome::parse(&reply.body)
                .is_some_and(|outcome| outcome.says_not_supported())
        {
            return Err(Problem::NotSupported);
        }
        reply.ok()
    }

    /// The address of a page as the server named it, but for a key of ours that it repeats: addresses are kept.
    pub(super) fn without_key(&self, mut url: Url) -> Url {
        self.credentials.remove_from(&mut url);
        url
    }

    fn search_url(&self, kind: &str, parameters: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(kind);
        }
        url.query_pairs_mut()
            .extend_pairs(parameters)
            .append_pair("_count", &self.settings.page_size.to_string());
        url
    }
}

impl Found {
    /// Takes in one page and gives it back for its links.
    fn take_in(
        &mut self,
        body: &[u8],
        kind: &ResourceType,
        seen: &mut HashSet<Text>,
        reported: &mut Option<u64>,
        first: bool,
    ) -> Result<Page, Problem> {
        let mut page = (kind.read)(body)?;
        if first {
            *reported = page.total;
            self.unfiltered = page.ignored_the_patient();
        }
        let before = seen.len();
        let mut matches = 0_usize;
        for entry in std::mem::take(&mut page.entries) {
            let is_match = !entry.is_include;
            match self.sort_in(entry, kind, seen) {
                Ok(counts) => matches += usize::from(counts && is_match),
                Err(problem) => self.note(problem),
            }
        }
        // A page that brings nothing new although it holds matches is the one before it again.
        if !first && matches > 0 && seen.len() == before {
            return Err(Problem::TooMuch);
        }
        Ok(page)
    }

    /// Puts one entry where it belongs; true when it is of the type that was searched for.
    fn sort_in(
        &mut self,
        entry: Entry,
        kind: &ResourceType,
        seen: &mut HashSet<Text>,
    ) -> Result<bool, Problem> {
        let url = entry.url.as_deref();
        let reference = |id: &mut Option<Text>, kind: &str| {
            let id = id.take().or_else(|| Some(wire::target(url?)?.1.into()));
            id.map(|id| format_smolstr!("{kind}/{id}")).ok_or(Problem::Unreadable(1))
        };
        match entry.content {
            Content::Unreadable => Err(Problem::Unreadable(1)),
            Content::Outcome(outcome) if outcome.says_incomplete() => Err(Problem::Incomplete),
            Content::Medication(mut id, product) => {
                let reference = reference(&mut id, MEDICATION.name)?;
                let is_asked = kind.name == MEDICATION.name;
                if is_asked && !entry.is_include {
                    seen.insert(reference.clone());
                }
                self.medicines.push((reference, product));
                Ok(is_asked)
            }
            Content::Wanted(mut resource) if !entry.is_include => {
                let reference = reference(&mut resource.head.id, kind.name)?;
                let home = url.and_then(|url| url.strip_suffix(reference.as_str())).map(Text::new);
                if seen.insert(reference.clone()) {
                    self.matches.push(Match { reference, resource, home });
                }
                Ok(true)
            }
            Content::Wanted(_) | Content::Outcome(_) | Content::Other => Ok(false),
        }
    }

    fn note(&mut self, problem: Problem) {
        self.problem = Problem::graver(self.problem.take(), Some(problem));
    }
}
