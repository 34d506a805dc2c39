//! Everything that a list leaves out, asked for one service at a time.
//!
//! A detail that cannot be had costs that service its details and nothing else. When details keep failing
//! no more are asked for: a server in trouble is left alone.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{self, StreamExt as _};

use super::catalogue::{Catalogue, Reading};
use super::lenient::object;
use super::map;
use super::reader::{Entry, Listing, Reader};
use super::text::id;
use super::wire::{Organization, Service, ServiceAtLocation};
use crate::connector::Problem;
use crate::record::ServiceRecord;

/// How many requests are under way at once.
const AT_ONCE: usize = 8;

/// How many details in a row may fail before no more are asked for.
const FAILURES: u32 = 16;

/// How many places of one service are looked up one by one.
const PLACES: usize = 20;

/// One round of questions for details.
pub(super) struct Details<'a> {
    reader: &'a Reader<'a>,
    /// What was read before, so that what has not changed is not asked for again.
    known: Option<&'a Catalogue>,
    trouble: Mutex<Trouble>,
}

#[derive(Default)]
struct Trouble {
    in_a_row: u32,
    stop: Option<Problem>,
}

/// A service and what was wrong with its details.
struct Done {
    service: Arc<ServiceRecord>,
    organization_id: Option<String>,
    problem: Option<Problem>,
}

impl<'a> Details<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, known: Option<&'a Catalogue>) -> Self {
        Self { reader, known, trouble: Mutex::default() }
    }

    /// Completes every entry of the list as far as the server lets us.
    pub(super) async fn complete(&self, listing: Listing) -> Reading {
        let (mut problem, unreadable) = (listing.problem(), listing.unreadable);
        let done = stream::iter(listing.entries).map(|entry| self.service(entry));
        let mut done: Vec<Done> = done.buffer_unordered(AT_ONCE).collect().await;
        self.name_organizations(&mut done).await;
        let mut reading = Reading { unreadable, ..Reading::default() };
        for Done { service, problem: own, .. } in done {
            if own.is_some() {
                reading.thin.insert(service.id.clone());
                problem = Problem::graver(problem, own);
            }
            reading.services.push(service);
        }
        Reading { problem, ..reading }
    }

    async fn service(&self, entry: Entry) -> Done {
        let Entry { record, whole, organization_id } = entry;
        if whole {
            return Done { service: Arc::new(record), organization_id, problem: None };
        }
        if let Some(known) = self.unchanged(&record) {
            return Done { service: known, organization_id, problem: None };
        }
        match self.detail(&record).await {
            Ok(done) => Done { organization_id: done.organization_id.or(organization_id), ..done },
            Err(problem) => {
                Done { service: Arc::new(record), organization_id, problem: Some(problem) }
            }
        }
    }

    /// The known service, if the list says that it did not change since. By the specification the date also
    /// changes with whatever belongs to the service.
    fn unchanged(&self, listed: &ServiceRecord) -> Option<Arc<ServiceRecord>> {
        let known = self.known?;
        let service = known.service(&listed.id)?;
        let same = listed.updated.is_some() && service.updated == listed.updated;
        (same && !known.is_thin(&listed.id)).then(|| service.clone())
    }

    async fn detail(&self, listed: &ServiceRecord) -> Result<Done, Problem> {
        let mut service: Service = self.ask(&["services", &listed.id]).await?;
        // A server that answers with another service is not believed.
        if service.id.0.as_deref().and_then(id).is_some_and(|id| id != listed.id) {
            return Err(Problem::Garbled);
        }
        let problem = self.places(&mut service).await.err();
        service.id.0.get_or_insert_with(|| listed.id.clone());
        service.name.0.get_or_insert_with(|| listed.name.clone());
        let full = map::record(&service).ok_or(Problem::Garbled)?;
        let service_record = Arc::new(map::completed(full, listed));
        let organization_id = map::organization_id(&service);
        Ok(Done { service: service_record, organization_id, problem })
    }

    /// Looks up the places that a detail names without describing them.
    async fn places(&self, service: &mut Service) -> Result<(), Problem> {
        let bare = service.service_at_locations.0.iter_mut().filter(|at| at.location.0.is_none());
        for at in bare.take(PLACES) {
            let Some(id) = at.id.0.as_deref().and_then(id) else { continue };
            let whole: ServiceAtLocation = self.ask(&["service_at_locations", &id]).await?;
            if whole.id.0.as_deref().is_none_or(|told| told.trim() == id) {
                *at = whole;
            }
        }
        Ok(())
    }

    /// Asks for the names of organisations that are only known by their ids, each once.
    async fn name_organizations(&self, done: &mut [Done]) {
        let nameless = |done: &&mut Done| done.service.organization.is_none();
        let ids: HashSet<String> = done
            .iter_mut()
            .filter(nameless)
            .filter_map(|done| done.organization_id.clone())
            .collect();
        let names = stream::iter(ids).map(|id| async {
            let name = self.organization(&id).await;
            (id, name)
        });
        let names: HashMap<String, Result<Option<String>, Problem>> =
            names.buffer_unordered(AT_ONCE).collect().await;
        for done in done.iter_mut().filter(nameless) {
            match done.organization_id.as_ref().and_then(|id| names.get(id)) {
                Some(Ok(name)) => Arc::make_mut(&mut done.service).organization.clone_from(name),
                Some(Err(problem)) => {
                    done.problem = Problem::graver(done.problem.take(), Some(problem.clone()));
                }
                None => {}
            }
        }
    }

    async fn organization(&self, wanted: &str) -> Result<Option<String>, Problem> {
        let organization: Organization = self.ask(&["organizations", wanted]).await?;
        let is_it = organization.id.0.as_deref().is_none_or(|told| told.trim() == wanted);
        if is_it { Ok(map::organization_name(&organization)) } else { Err(Problem::Garbled) }
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, path: &[&str]) -> Result<T, Problem> {
        if let Some(stop) = self.trouble(|trouble| trouble.stop.clone()) {
            return Err(stop);
        }
        let answer = self.reader.get(self.reader.url(path)).await.and_then(|body| object(&body));
        self.trouble(|trouble| trouble.note(answer.as_ref().err()));
        answer
    }

    fn trouble<R>(&self, look: impl FnOnce(&mut Trouble) -> R) -> R {
        look(&mut self.trouble.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Trouble {
    fn note(&mut self, problem: Option<&Problem>) {
        let Some(problem) = problem else {
            self.in_a_row = 0;
            return;
        };
        self.in_a_row += 1;
        let is_final = matches!(problem, Problem::Unauthorized | Problem::Busy { .. });
        if is_final || self.in_a_row >= FAILURES {
            self.stop.get_or_insert_with(|| problem.clone());
        }
    }
}
