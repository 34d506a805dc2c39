//! When a source was last forgotten as a whole. What it was asked for before that is not shown, wherever it still stands:
//! that costs one look, while to search the memory for it would hold up everybody.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use caregraph_connectors::record::Section;
use tokio::time::Instant;

use super::CacheKey;
use crate::identity::SourceId;

/// Since when what each source says counts.
#[derive(Default)]
pub(super) struct Floors {
    of: RwLock<HashMap<SourceId, BTreeMap<Section, Instant>>>,
    /// Whether there are any: nearly always none.
    any: AtomicBool,
}

impl Floors {
    /// From now on, in one section or in all.
    pub(super) fn raise(&self, source: &SourceId, section: Option<Section>) {
        let sections = section.as_ref().map_or(Section::ALL, std::slice::from_ref);
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        let floors = of.entry(source.clone()).or_default();
        let now = Instant::now();
        floors.extend(sections.iter().map(|section| (*section, now)));
        self.any.store(true, Ordering::Release);
    }

    /// True for what was asked for before that.
    pub(super) fn outdate(&self, key: &CacheKey, asked_at: Instant) -> bool {
        if !self.any.load(Ordering::Acquire) {
            return false;
        }
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        let floor = of.get(&key.source).and_then(|floors| floors.get(&key.section));
        floor.is_some_and(|floor| asked_at <= *floor)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use caregraph_connectors::LocalId;

    use super::*;
    use crate::gather::cache::System;

    #[test]
    fn what_was_asked_for_before_is_out_of_date_in_the_sections_that_are_meant() {
        let key = |source: &str, section| CacheKey {
            source: SourceId::new(source),
            system: System::default(),
            section,
            patient: LocalId::new("1"),
        };
        let floors = Floors::default();
        let before = Instant::now();
        assert!(!floors.outdate(&key("a", Section::Goals), before));
        floors.raise(&SourceId::new("a"), Some(Section::Goals));
        let after = Instant::now() + Duration::from_secs(1);
        assert!(floors.outdate(&key("a", Section::Goals), before));
        assert!(!floors.outdate(&key("a", Section::Goals), after));
        assert!(!floors.outdate(&key("a", Section::Coverage), before));
        assert!(!floors.outdate(&key("b", Section::Goals), before));
        floors.raise(&SourceId::new("a"), None);
        assert!(floors.outdate(&key("a", Section::Coverage), before));
    }
}
