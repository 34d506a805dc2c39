//! A partner's directory of services, kept as a searchable copy.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use tokio::time::Instant;

use super::exchange::Answer as Page;
use super::item::around;
use super::plan::Listing;
use super::progress::{Novelty, Step};
use super::rule::Stop;
use super::site::Site;
use super::testimony::blame;
use crate::connector::{Directory, Problem};
use crate::hsds::{Catalogue, Kept, Reading};
use crate::record::ServiceRecord;

/// How much longer than a question of a viewer a reading may take: nobody waits for it.
const PATIENCE: u32 = 4;

/// The directory, and the copy of it.
pub(super) struct Services {
    pub(super) plan: Listing,
    pub(super) site: Arc<Site>,
    pub(super) timeout: Duration,
    kept: Kept,
}

impl Services {
    pub(super) fn new(plan: Listing, site: Arc<Site>, timeout: Duration) -> Self {
        Self { plan, site, timeout, kept: Kept::default() }
    }

    async fn read(&self) -> Result<Reading, Problem> {
        let (mut reading, mut seen) = (Reading::default(), Seen::default());
        let deadline = Instant::now() + self.timeout.saturating_mul(PATIENCE);
        let pages = self.site.pages(&self.plan.exchange, &[], None, deadline, |page| {
            take(&self.plan, page, &mut reading, &mut seen)
        });
        // The copy that we have is worth more than a part of a new one.
        match pages.await.0 {
            None | Some(Problem::Incomplete)
                if reading.services.is_empty() && reading.unreadable > 0 =>
            {
                return Err(Problem::Garbled);
            }
            None => {}
            Some(Problem::Incomplete) if !reading.services.is_empty() => {
                reading.problem = Some(Problem::Incomplete);
            }
            Some(problem) => return Err(problem),
        }
        let broken = (reading.unreadable > 0).then_some(Problem::Unreadable(reading.unreadable));
        reading.problem = Problem::graver(reading.problem.take(), broken);
        Ok(reading)
    }
}

/// The ids of services that were seen, each with the page on which it stood last.
#[derive(Default)]
struct Seen {
    pages: u32,
    ids: HashMap<String, u32>,
}

impl Seen {
    fn novelty(&mut self, id: &str) -> Novelty {
        match self.ids.insert(id.to_owned(), self.pages) {
            None => Novelty::New,
            Some(page) if page == self.pages => Novelty::Twice,
            Some(_) => Novelty::Again,
        }
    }
}

fn take(
    plan: &Listing,
    page: &Page<'_>,
    reading: &mut Reading,
    seen: &mut Seen,
) -> Result<Step, Problem> {
    let mut step = Step::default();
    seen.pages += 1;
    for item in &page.items {
        let service = match plan.fields.make(around(page, item)) {
            Err(Stop::Spent) => return Err(Problem::TooMuch),
            Err(Stop::Unfit(_)) | Ok(None) => None,
            Ok(Some(made)) => ServiceRecord::deserialize(made.out.into_deserializer()).ok(),
        };
        let service = service.filter(|it| !it.id.is_empty() && !it.name.is_empty());
        if service.is_none() {
            blame(&plan.fields, around(page, item));
        }
        let Some(service) = service else {
            reading.unreadable += 1;
            step.add(Novelty::New);
            continue;
        };
        let novelty = seen.novelty(&service.id);
        step.add(novelty);
        if novelty == Novelty::New {
            reading.services.push(Arc::new(service));
        }
    }
    Ok(step)
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
        Duration::from_secs(60 * u64::from(self.plan.refresh_minutes))
    }
}
