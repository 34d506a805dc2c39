//! When what was forgotten, as far as this node knows. What was fetched before is not believed, whoever put it back.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use moka::sync::Cache;

use super::names::Names;
use super::news::Forget;
use crate::gather::{CacheKey, Kept};

/// No entry is believed for longer than this anyway.
const REMEMBERED: Duration = Duration::from_hours(24);
const MOST: u64 = 50_000;
/// How far the clocks of two nodes may be apart.
pub(super) const SKEW: Duration = Duration::from_secs(2);

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
        let mark = self.names.mark(forget);
        // A message may come late, and must not take back a later one.
        if self.at.get(&mark).is_none_or(|before| before < at) {
            self.at.insert(mark, at);
        }
    }

    /// Whether what a copy says was forgotten since. What was kept of one patient is not kept again if it was asked for
    /// before it was forgotten; what was kept of everybody may be.
    pub(super) fn outdates(&self, key: &CacheKey, kept: &Kept) -> bool {
        Forget::covering(key).iter().any(|forget| {
            let at = self.at.get(&self.names.mark(forget));
            at.is_some_and(|at| match forget.patient {
                Some(_) => kept.fetched_at <= at,
                None => kept.asked_at <= at + SKEW,
            })
        })
    }
}
