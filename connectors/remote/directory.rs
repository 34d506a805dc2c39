//! A partner's directory of services, kept as a searchable copy.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::site::{Site, is_cursor};
use super::wire::ServicesPage;
use crate::connector::{Directory, Problem};
use crate::hsds::{Catalogue, Kept, Reading};
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
    kept: Kept,
}

impl Services {
    pub(super) fn new(site: Arc<Site>, timeout: Duration, every: Duration) -> Self {
        Self { site, timeout, every, kept: Kept::default() }
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
}

fn service(raw: &RawValue) -> Option<ServiceRecord> {
    let service: ServiceRecord = serde_json::from_str(raw.get()).ok()?;
    let is_good = !service.id.is_empty() && !service.name.is_empty() && service.is_strict();
    is_good.then_some(service)
}

#[async_trait]
impl Directory for Services {
    async fn refresh(&self) -> Result<(), Problem> {
        self.kept.renew(self.read()).await
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.kept.catalogue()
    }

    fn refresh_every(&self) -> Duration {
        self.every
    }
}
