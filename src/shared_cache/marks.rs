//! When what was forgotten, as far as this node knows. What was fetched before is not believed, whoever put it back.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use moka::sync::Cache;

use super::names::Names;
use super::news::Forget;
use crate::gather::CacheKey;

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

    /// What was fetched until then is forgotten.
    pub(super) fn set(&self, forget: &Forget, at: SystemTime) {
        let mark = self.names.mark(&forget.source, &forget.patient, forget.section);
        // A message may come late, and must not take back a later one.
        if self.at.get(&mark).is_none_or(|before| before < at) {
            self.at.insert(mark, at);
        }
    }

    /// Whether what was fetched then was forgotten since.
    pub(super) fn outdates(&self, key: &CacheKey, fetched_at: SystemTime) -> bool {
        [None, Some(key.section)].into_iter().any(|section| {
            let mark = self.names.mark(&key.source, &key.patient, section);
            self.at.get(&mark).is_some_and(|at| fetched_at <= at)
        })
    }
}
