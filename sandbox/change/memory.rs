//! The changes so far. Charts are never stored: they are written anew, and then what was changed is done again.

use std::{collections::HashMap, sync::Arc};

use time::{Date, Duration, OffsetDateTime};

use super::Step;
use crate::{day, site::Site};

/// What was changed in the charts of all sites.
#[derive(Default)]
pub(crate) struct Memory {
    steps: HashMap<(Site, u64), Arc<[Step]>>,
    count: i64,
}

impl Memory {
    /// What was changed in a person's chart at a site, in its order.
    pub(crate) fn of(&self, site: Site, person: u64) -> Arc<[Step]> {
        self.steps.get(&(site, person)).cloned().unwrap_or_default()
    }

    /// When the next change happens: each a second after the one before. All else was written before that day.
    pub(crate) fn next(&self, today: Date) -> OffsetDateTime {
        day::at(today, 0, 0) + Duration::seconds(self.count + 1)
    }

    /// Remembers one more.
    pub(crate) fn add(&mut self, site: Site, person: u64, step: Step) {
        let known = self.of(site, person);
        let steps = known.iter().cloned().chain([step]).collect();
        self.steps.insert((site, person), steps);
        self.count += 1;
    }
}
