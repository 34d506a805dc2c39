//! When what was forgotten, as far as this node knows. What was fetched before is not believed, whoever put it back.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use moka::sync::Cache;

use super::names::Names;
use crate::gather::{CacheKey, SourceId};

/// No entry is believed for longer than this anyway.
const REMEMBERED: Duration = Duration::from_hours(24);
const MOST: u64 = 50_000;

pub(super) struct Marks {
    names: Arc<Names>,
    at: Cache<[u8; 16], SystemTime>,
}

impl Marks {
    pub(super) fn new(names: Arc<Names>) -> Self {
        let at = Cache::builder().max_capacity(MOST).time_to_live(REMEMBERED).build();
        Self { names, at }
    }

    /// It is forgotten from now on.
    pub(super) fn set(&self, source: &SourceId, patient: &LocalId, section: Option<Section>) {
        self.at.insert(self.names.mark(source, patient, section), SystemTime::now());
    }

    /// Whether what was fetched then was forgotten since.
    pub(super) fn outdates(&self, key: &CacheKey, fetched_at: SystemTime) -> bool {
        [None, Some(key.section)].into_iter().any(|section| {
            let mark = self.names.mark(&key.source, &key.patient, section);
            self.at.get(&mark).is_some_and(|at| fetched_at <= at)
        })
    }
}
