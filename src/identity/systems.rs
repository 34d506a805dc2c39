//! The identifier systems that the store knows by number, so that a URI is kept once and not a million times.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// More systems than this are a fault of a source. Identifiers of the rest still link; only the name of their
/// system is not kept.
const MOST_SYSTEMS: usize = 4096;

/// The number of every system beyond the limit.
const UNLISTED: u32 = 0;

/// Systems by name and by number.
#[derive(Default)]
pub(crate) struct Systems {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    by_name: HashMap<String, u32>,
    by_number: HashMap<u32, String>,
}

impl Systems {
    /// Takes what the store knows.
    pub(crate) fn learn(&self, rows: Vec<(String, i64)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (name, number) in rows {
            if let Ok(number) = u32::try_from(number) {
                known.by_number.insert(number, name.clone());
                known.by_name.insert(name, number);
            }
        }
    }

    /// The number of a system that was learnt.
    pub(crate) fn number(&self, name: &str) -> u32 {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_name.get(name).copied().unwrap_or(UNLISTED)
    }

    /// The name of a system.
    pub(crate) fn name(&self, number: u32) -> Option<String> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).by_number.get(&number).cloned()
    }

    /// Those of `names` that are not known yet, as many as there is room for.
    pub(crate) fn unknown<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<String> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut unknown: Vec<String> =
            names.filter(|name| !known.by_name.contains_key(*name)).map(str::to_owned).collect();
        unknown.sort();
        unknown.dedup();
        unknown.truncate(MOST_SYSTEMS.saturating_sub(known.by_name.len()));
        unknown
    }
}
