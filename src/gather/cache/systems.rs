//! What a source is besides its id: the same id may mean another system after its connector was changed.

use std::collections::{HashMap, VecDeque};
use std::sync::{PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};

use crate::identity::SourceId;

/// So many systems of one source may be asked at the same time: the one of today, and those with which operations that are
/// still under way began.
const AT_ONCE: usize = 4;

/// One system, as a number. No two systems under one id ever share a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct System(pub u64);

impl System {
    /// The system that is described by this text: its kind, where it is, how it is read.
    pub fn of(description: &str) -> Self {
        let hash = digest(&SHA256, description.as_bytes());
        Self(hash.as_ref().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// The systems of every source, the newest last.
#[derive(Default)]
pub struct Systems(RwLock<HashMap<SourceId, VecDeque<System>>>);

impl Systems {
    /// From now on the source is this system.
    pub fn learn(&self, source: &SourceId, system: System) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of = all.entry(source.clone()).or_default();
        of.retain(|known| *known != system);
        of.push_back(system);
        if of.len() > AT_ONCE {
            of.pop_front();
        }
    }

    /// All that the source may be for somebody now.
    pub fn of(&self, source: &SourceId) -> Vec<System> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(source).map(|of| of.iter().copied().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_systems_are_known_and_each_once() {
        let (systems, source) = (Systems::default(), SourceId::new("clinic"));
        assert!(systems.of(&source).is_empty());
        for number in [1, 2, 1, 3, 4, 5] {
            systems.learn(&source, System(number));
        }
        assert_eq!(systems.of(&source), [System(1), System(3), System(4), System(5)]);
        assert_ne!(System::of("fhir-r4 http://a"), System::of("fhir-r4 http://b"));
    }
}
