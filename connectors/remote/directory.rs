//! A partner's directory of services, kept as a searchable copy.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::site::{Site, is_cursor};
use super::wire::ServicesPage;
use crate::connector::{Directory, Problem};
use crate::hsds::{Catalogue, Reading};
use crate::record::ServiceRecord;

/// How much longer than a question of a viewer a reading may take: nobody waits for it.
const PATIENCE: u32 = 4;

/// How many pages of it are read.
const MOST_PAGES: usize = 1_000;

/// The directory, and the copy of it.
pub(super) struct Services {
    site: Arc<Site>,
    timeout: Duration,
    every: Duration,
    catalogue: RwLock<Arc<Catalogue>>,
    /// Held while a refresh is under way, so that there is only one.
    refreshing: Mutex<()>,
}

impl Services {
    pub(super) fn new(site: Arc<Site>, timeout: Duration, every: Duration) -> Self {
        let (catalogue, refreshing) = (RwLock::default(), Mutex::default());
        Self { site, timeout, every, catalogue, refreshing }
    }

    /// All of it: the copy that we have is worth more than a part of a new one.
    async fn read(&self) -> Result<Reading, Problem> {
        let deadline = Instant::now() + self.timeout.saturating_mul(PATIENCE);
        let (mut reading, mut seen) = (Reading::default(), HashSet::new());
        let (mut cursors, mut entries, mut total) = (HashSet::new(), 0, None);
        let mut cursor: Option<String> = None;
        loop {
            let query = cursor.as_deref().map(|cursor| ("cursor", cursor));
            let body = self.site.get("services", query.as_slice(), deadline).await?;
            let page: ServicesPage<'_> =
                serde_json::from_slice(&body).map_err(|_| Problem::Garbled)?;
            entries += page.services.len() as u64;
            total = page.total.or(total);
            for raw in page.services {
                match service(raw) {
                    Some(service) if seen.insert(service.id.clone()) => {
                        reading.services.push(Arc::new(service));
                    }
                    Some(_) => {}
                    None => reading.unreadable += 1,
                }
            }
            cursor = page.next;
            let Some(next) = &cursor else { break };
            if !is_cursor(next) {
                return Err(Problem::Garbled);
            }
            if !cursors.insert(next.clone()) || cursors.len() >= MOST_PAGES {
                return Err(Problem::TooMuch);
            }
        }
        if reading.services.is_empty() && reading.unreadable > 0 {
            return Err(Problem::Garbled);
        }
        let missing = total.is_some_and(|total| total > entries).then_some(Problem::Incomplete);
        let broken = (reading.unreadable > 0).then_some(Problem::Unreadable(reading.unreadable));
        reading.problem = Problem::graver(missing, broken);
        Ok(reading)
    }

    fn replace(&self, new: Catalogue) {
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    }
}

fn service(raw: &RawValue) -> Option<ServiceRecord> {
    let service: ServiceRecord = serde_json::from_str(raw.get()).ok()?;
    let is_good = !service.id.is_empty() && !service.name.is_empty() && service.is_strict();
    is_good.then_some(service)
}

#[async_trait]
impl Directory for Services {
    async fn refresh(&self) -> Result<(), Problem> {
        let _only = self.refreshing.lock().await;
        match self.read().await {
            Ok(reading) => {
                let read_at = OffsetDateTime::now_utc();
                // Sorting and indexing take long enough to be in the way of others.
                let build = tokio::task::spawn_blocking(move || Catalogue::read(reading, read_at));
                // Fails only when the process is shutting down.
                self.replace(build.await.map_err(|_| Problem::Timeout)?);
                Ok(())
            }
            Err(problem) => {
                self.replace(self.catalogue().kept(problem.clone()));
                Err(problem)
            }
        }
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refresh_every(&self) -> Duration {
        self.every
    }
}
