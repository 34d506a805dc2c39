//! The charts that were asked for lately. Memory is bounded, however many people there are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::served::Served;

/// Charts of one site by person, in two generations: what is asked for again moves to the young one.
#[derive(Default)]
pub(super) struct ChartCache {
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<u64, Arc<Served>>,
    old: HashMap<u64, Arc<Served>>,
    /// Bytes in the young generation.
    size: usize,
}

/// What one generation may take: two of them at five sites stay under 400 MB.
const LIMIT: usize = 40 << 20;

impl ChartCache {
    /// The chart of a person; written when it is not at hand.
    pub(super) fn get(
        &self,
        person: u64,
        write: impl FnOnce() -> Option<Served>,
    ) -> Option<Arc<Served>> {
        if let Some(found) = self.lock().find(person) {
            return Some(found);
        }
        // Written outside the lock: two may write the same chart, and both get the same bytes.
        let made = Arc::new(write()?);
        self.lock().keep(person, Arc::clone(&made));
        Some(made)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn find(&mut self, person: u64) -> Option<Arc<Served>> {
        if let Some(found) = self.young.get(&person) {
            return Some(Arc::clone(found));
        }
        let found = self.old.remove(&person)?;
        self.keep(person, Arc::clone(&found));
        Some(found)
    }

    fn keep(&mut self, person: u64, chart: Arc<Served>) {
        if self.size + chart.size() > LIMIT {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
        self.size += chart.size();
        self.young.insert(person, chart);
    }
}
