//! One search, from the first page to the last.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, HeaderName};
use tokio::time::Instant;
use url::Url;

use super::bundle::{Bundle, CapabilityStatement, OperationOutcome};
use super::head::Head;
use super::{Server, wire};
use crate::connector::Problem;

const FHIR_JSON: &str = "application/fhir+json";
const STRICT: &str = "handling=strict";
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// How many entries of other patients are read at most when a server cannot filter by patient.
const UNFILTERED_CAP: usize = 5_000;

/// What a search brought, unparsed, in the order of the server.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The resources that matched, as JSON, each once.
    pub(super) matches: Vec<Resource>,
    /// Resources that came along because a match points to them.
    pub(super) included: Vec<Resource>,
    /// Why this may not be all.
    pub(super) problem: Option<Problem>,
    /// The server ignored the patient filter, so that other patients' resources are to be expected.
    pub(super) unfiltered: bool,
}

/// One resource, unparsed.
#[derive(Debug)]
pub(super) struct Resource {
    /// `Type/id`.
    pub(super) reference: String,
    /// What every resource carries.
    pub(super) head: Head,
    /// Its JSON: a slice of the page that it came on.
    pub(super) json: Bytes,
    /// The base under which the server itself says that it stands (`Bundle.entry.fullUrl`).
    pub(super) home: Option<String>,
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
    /// Searches `kind` with `parameters`, following pages to the end.
    pub(super) async fn search(
        &self,
        kind: &str,
        parameters: &[(&str, &str)],
        manners: &Manners,
        deadline: Instant,
    ) -> Found {
        let mut found = Found::default();
        if manners.is_not_offered() {
            found.problem = Some(Problem::NotSupported);
            return found;
        }
        let mut url = Some(self.search_url(kind, parameters));
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
            let body = match self.page(page, manners, pages == 1, deadline).await {
                Err(Problem::Status(404)) if !self.is_offered(kind, deadline).await => {
                    Err(Problem::NotSupported)
                }
                body => body,
            };
            let next = body.and_then(|body| {
                found.take_in(&body, kind, &mut seen, &mut reported, pages == 1)?.next(&self.base)
            });
            match next {
                Ok(next) => url = next,
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
    async fn page(
        &self,
        url: Url,
        manners: &Manners,
        first: bool,
        deadline: Instant,
    ) -> Result<Bytes, Problem> {
        if manners.lenient.load(Ordering::Relaxed) {
            return self.get(url, false, deadline).await;
        }
        match self.get(url.clone(), true, deadline).await {
            Err(Problem::Status(400 | 422 | 501)) if first => {
                let body = self.get(url, false, deadline).await?;
                manners.lenient.store(true, Ordering::Relaxed);
                Ok(body)
            }
            other => other,
        }
    }

    /// Asks the server's own statement whether it offers a type, when a plain 404 leaves open what is missing. A
    /// server that does not say is taken to offer it: then the 404 is a fault.
    async fn is_offered(&self, kind: &str, deadline: Instant) -> bool {
        let Ok(url) = self.base.join("metadata") else { return true };
        let Ok(body) = self.get(url, false, deadline).await else { return true };
        CapabilityStatement::parse(&body).is_none_or(|statement| statement.offers(kind))
    }

    /// Gets one resource of this server.
    pub(super) async fn get(
        &self,
        url: Url,
        strict: bool,
        deadline: Instant,
    ) -> Result<Bytes, Problem> {
        let headers: &[(HeaderName, &'static str)] =
            if strict { &[(ACCEPT, FHIR_JSON), (PREFER, STRICT)] } else { &[(ACCEPT, FHIR_JSON)] };
        let reply = self.egress.get(url, &self.credentials, headers, deadline).await?;
        if reply.status == 404
            && OperationOutcome::parse(&reply.body)
                .is_some_and(|outcome| outcome.says_not_supported())
        {
            return Err(Problem::NotSupported);
        }
        reply.into_ok()
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
    fn take_in<'a>(
        &mut self,
        body: &'a Bytes,
        kind: &str,
        seen: &mut HashSet<String>,
        reported: &mut Option<u64>,
        first: bool,
    ) -> Result<Bundle<'a>, Problem> {
        let bundle = Bundle::parse(body)?;
        if first {
            *reported = bundle.total;
            self.unfiltered = bundle.ignored_the_patient();
        }
        let before = seen.len();
        let mut matches = 0_usize;
        for entry in &bundle.entry {
            let Some(resource) = entry.resource else { continue };
            let json = body.slice_ref(resource.get().as_bytes());
            let Ok(mut head) = serde_json::from_str::<Head>(resource.get()) else {
                self.note(Problem::Unreadable(1));
                continue;
            };
            if head.resource_type == "OperationOutcome" {
                if OperationOutcome::parse(&json).is_some_and(|outcome| outcome.says_incomplete()) {
                    self.note(Problem::Incomplete);
                }
                continue;
            }
            let of_url = || Some(wire::target(entry.full_url.as_deref()?)?.1.to_owned());
            head.id = head.id.take().or_else(of_url);
            let Some(id) = head.id.as_deref() else {
                self.note(Problem::Unreadable(1));
                continue;
            };
            let reference = format!("{}/{id}", head.resource_type);
            let home = entry
                .full_url
                .as_deref()
                .and_then(|url| url.strip_suffix(&reference))
                .map(str::to_owned);
            if entry.is_include() || head.resource_type != kind {
                self.included.push(Resource { reference, head, json, home });
                continue;
            }
            matches += 1;
            if seen.insert(reference.clone()) {
                self.matches.push(Resource { reference, head, json, home });
            }
        }
        // A page that brings nothing new although it holds matches is the one before it again.
        if !first && matches > 0 && seen.len() == before {
            return Err(Problem::TooMuch);
        }
        Ok(bundle)
    }

    fn note(&mut self, problem: Problem) {
        self.problem = Problem::graver(self.problem.take(), Some(problem));
    }
}
