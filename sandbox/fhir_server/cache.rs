//! The charts that were asked for lately, each as it was after so many changes. Memory is bounded, however many people there are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::served::Served;

/// Whose chart it is, and how often it was changed.
type Chart = (u64, usize);

/// Charts of one site, in two generations: what is asked for again moves to the young one.
#[derive(Default)]
pub(super) struct ChartCache {
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Chart, Arc<Served>>,
    old: HashMap<Chart, Arc<Served>>,
    /// Bytes in the young generation.
    size: usize,
}

/// What one generation may take: two of them at five sites stay under 400 MB.
const LIMIT: usize = 40 << 20;

impl ChartCache {
    /// The chart of a person; written when it is not at hand.
    pub(super) fn get(
        &self,
        of: Chart,
        write: impl FnOnce() -> Option<Served>,
    ) -> Option<Arc<Served>> {
        if let Some(found) = self.lock().find(of) {
            return Some(found);
        }
        // Written outside the lock: two may write the same chart, and both get the same bytes.
        let made = Arc::new(write()?);
        self.lock().keep(of, Arc::clone(&made));
        Some(made)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn find(&mut self, of: Chart) -> Option<Arc<Served>> {
        if let Some(found) = self.young.get(&of) {
            return Some(Arc::clone(found));
        }
        let found = self.old.remove(&of)?;
        self.keep(of, Arc::clone(&found));
        Some(found)
    }

    fn keep(&mut self, of: Chart, chart: Arc<Served>) {
        if self.size + chart.size() > LIMIT {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
        self.size += chart.size();
        self.young.insert(of, chart);
    }
}
