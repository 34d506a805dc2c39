//! How far each source's roster has been read.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use caregraph_connectors::Problem;

use super::ids::SourceId;
use super::person_store::{Phase, SourceRow};

/// Where a source stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceProgress {
    /// Which source.
    pub source: SourceId,
    /// How far it is.
    pub state: SourceState,
}

/// How far the roster of a source has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// Nothing has been read yet.
    Waiting,
    /// The first pass is running.
    Reading {
        /// How many people have been read.
        read: u64,
        /// How many the source says it has, if it says so.
        total: Option<u64>,
    },
    /// The first pass is through; changes are followed.
    Ready {
        /// How many of its patients are known.
        people: u64,
        /// The moment for which that is true.
        as_of_ms: i64,
    },
    /// The last attempt failed; it is being tried again.
    Failed {
        /// Why.
        problem: Problem,
        /// True when a pass had been through before, so that what is known is old rather than incomplete.
        had_pass: bool,
    },
}

impl SourceProgress {
    /// True when everybody was read at least once, so that "not found" means not there.
    pub fn is_first_pass_done(&self) -> bool {
        matches!(self.state, SourceState::Ready { .. } | SourceState::Failed { had_pass: true, .. })
    }
}

/// The progress of all sources.
pub(crate) struct ProgressBoard {
    states: Mutex<BTreeMap<SourceId, SourceState>>,
}

impl ProgressBoard {
    pub(crate) fn new(sources: &[SourceId]) -> Self {
        let states = sources.iter().map(|source| (source.clone(), SourceState::Waiting)).collect();
        Self { states: Mutex::new(states) }
    }

    /// These are read too from now on.
    pub(crate) fn add(&self, sources: &[SourceId]) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        for source in sources {
            states.entry(source.clone()).or_insert(SourceState::Waiting);
        }
    }

    /// Nobody reads this one any more.
    pub(crate) fn remove(&self, source: &SourceId) {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).remove(source);
    }

    pub(crate) fn set(&self, source: &SourceId, state: SourceState) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = states.get_mut(source) {
            *known = state;
        }
    }

    /// Notes a failure, and whether an earlier pass stands.
    pub(crate) fn fail(&self, source: &SourceId, problem: Problem) {
        let had_pass =
            self.all().iter().any(|known| known.source == *source && known.is_first_pass_done());
        self.set(source, SourceState::Failed { problem, had_pass });
    }

    /// Takes what the store remembers of sources whose first pass is through.
    pub(crate) fn recall(&self, rows: &[SourceRow]) {
        for row in rows.iter().filter(|row| row.phase == Phase::Done) {
            let (people, as_of_ms) =
                (u64::try_from(row.people).unwrap_or(0), row.read_from_ms.unwrap_or(0));
            self.set(&row.id, SourceState::Ready { people, as_of_ms });
        }
    }

    pub(crate) fn all(&self) -> Vec<SourceProgress> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states
            .iter()
            .map(|(source, state)| SourceProgress { source: source.clone(), state: state.clone() })
            .collect()
    }
}
