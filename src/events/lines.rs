//! The lines that are kept open to sources, as they come and go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Figures;
use super::follower::Follower;
use crate::gather::{Cache, Source, SourceId};

/// The lines that are kept open to sources. Cheap to clone.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<BTreeMap<SourceId, Arc<Figures>>>>);

impl Lines {
    fn all(&self) -> MutexGuard<'_, BTreeMap<SourceId, Arc<Figures>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a line to the source open for as long as it is polled, if the source has one; the bell is rung when its roster
    /// may have changed.
    pub async fn follow(self, source: Arc<Source>, roster: Arc<Notify>, cache: Cache) {
        let id = source.id.clone();
        let follower = Follower::new(source, roster, cache);
        let figures = follower.figures().clone();
        self.all().insert(id.clone(), figures.clone());
        let _listed = Listed { lines: &self, id, figures };
        follower.keep().await;
    }

    /// How each line does.
    pub fn figures(&self) -> Vec<(SourceId, Arc<Figures>)> {
        self.all().iter().map(|(id, figures)| (id.clone(), figures.clone())).collect()
    }
}

/// A line that is listed for as long as this lives.
struct Listed<'l> {
    lines: &'l Lines,
    id: SourceId,
    figures: Arc<Figures>,
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let mut all = self.lines.all();
        // Another may have taken its place.
        if all.get(&self.id).is_some_and(|it| Arc::ptr_eq(it, &self.figures)) {
            all.remove(&self.id);
        }
    }
}
