//! Views that were merged before, kept while no part of them changed, and what was written of them.
//!
//! To merge takes longer than to fetch a copy, and to write longer than to merge; a chart is asked for again and again
//! while its copies stay the same. What is kept was merged for a mask and is shown to no other one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache;
use time::{Date, OffsetDateTime};

use super::gate::{Plan, Serial};
use super::patient::{Chart, Patient};
use super::snapshot::{Snapshot, View};
use crate::access::AccessMask;
use crate::gather::Fleet;
use crate::identity::PersonId;
use crate::telemetry::Counter;
use caregraph_connectors::record::Section;

/// How long a view is kept that nobody asks for.
const IDLE: Duration = Duration::from_mins(5);

/// About how much more a merged thing takes than the record that it is made of.
const GROWTH: usize = 2;

/// What a view costs beside its records.
const OVERHEAD: usize = 2_000;

/// Whose view, for whom, and what was asked of it.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    person: PersonId,
    mask: AccessMask,
    sections: Box<[Section]>,
}

/// A view, and all that it was made of.
struct Kept {
    snapshot: Snapshot,
    /// Ages change with the day.
    day: Date,
    /// What sources are called, and which there are, changes with the fleet's edition.
    edition: u64,
    chart: Arc<Chart>,
}

/// The views that are kept, and what was written of them.
pub(crate) struct Merged {
    views: Cache<Key, Arc<Kept>>,
    /// By the chart and the plan. Both never change, and nothing else has a say in what is written.
    written: Cache<(Serial, Serial), Bytes>,
    merges: Counter,
    reuses: Counter,
}

impl Merged {
    /// Keeps views, and what was written of them, of about so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let weigher = |_: &Key, kept: &Arc<Kept>| {
            let bytes = kept.snapshot.weight() * GROWTH + OVERHEAD;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let length = |_: &_, json: &Bytes| u32::try_from(json.len()).unwrap_or(u32::MAX);
        let half = bytes / 2;
        Self {
            views: Cache::builder().weigher(weigher).max_capacity(half).time_to_idle(IDLE).build(),
            written: Cache::builder().weigher(length).max_capacity(half).time_to_idle(IDLE).build(),
            merges: Counter::default(),
            reuses: Counter::default(),
        }
    }

    /// How often a view was merged, and how often one that had been was shown again.
    pub(crate) fn figures(&self) -> (u64, u64) {
        (self.merges.get(), self.reuses.get())
    }

    /// The patient of a snapshot as the mask lets them be seen; `see` looks at a snapshot through the mask. Whoever wants
    /// the same at the same time waits for the one who merges it.
    pub(crate) fn patient(
        &self,
        snapshot: Snapshot,
        mask: &AccessMask,
        fleet: &Fleet,
        see: impl Fn(Snapshot) -> View,
    ) -> Patient {
        let merge = |snapshot| {
            self.merges.add();
            Arc::new(Chart::of(&see(snapshot), fleet))
        };
        if !snapshot.may_be_kept() {
            return Patient::of(merge(snapshot));
        }
        let day = OffsetDateTime::now_utc().date();
        let sections = snapshot.sections().collect();
        let key = Key { person: snapshot.person(), mask: mask.clone(), sections };
        let edition = fleet.edition();
        let is_it = |kept: &Arc<Kept>| {
            kept.day == day && kept.edition == edition && kept.snapshot.is(&snapshot)
        };
        let again = |kept: Arc<Kept>| {
            self.reuses.add();
            Patient::again(kept.chart.clone())
        };
        if let Some(kept) = self.views.get(&key).filter(is_it) {
            return again(kept);
        }
        let make = || {
            Arc::new(Kept {
                chart: merge(snapshot.clone()),
                snapshot: snapshot.clone(),
                day,
                edition,
            })
        };
        let entry = self.views.entry(key).or_insert_with_if(make, |kept| !is_it(kept));
        match (entry.is_fresh(), entry.into_value()) {
            (true, fresh) => Patient::of(fresh.chart.clone()),
            (false, kept) if is_it(&kept) => again(kept),
            // Who was waited for merged what was said before, or since.
            (false, _) => Patient::of(merge(snapshot)),
        }
    }

    /// Writes a patient by a plan. What is shown for the first time is perhaps not shown again, so it is not kept.
    pub(crate) fn write(&self, patient: &Patient, plan: &Plan) -> Bytes {
        let Some(chart) = patient.known().filter(|_| plan.log.is_empty()) else {
            return plan.write(patient);
        };
        let key = (chart, plan.serial);
        if let Some(json) = self.written.get(&key) {
            return json;
        }
        let json = plan.write(patient);
        self.written.insert(key, json.clone());
        json
    }
}

#[cfg(test)]
#[path = "merged_tests.rs"]
mod tests;
