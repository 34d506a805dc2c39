//! What is kept, and whether it may be shown.

use std::sync::Arc;

use caregraph_connectors::record::Section;
use caregraph_connectors::{LocalId, Problem};
use tokio::time::Instant;

use super::flight::Boarding;
use super::memory::{Entry, Failure};
use super::windows::Standing;
use super::{CacheKey, Departures, Inner, Known, Question, Windows};
use crate::gather::outcome::Fetched;
use crate::gather::run::Wish;
use crate::identity::SourceId;

impl Inner {
    pub(super) fn forget(&self, source: &SourceId, patient: &LocalId, section: Option<Section>) {
        let sections = section.as_ref().map_or(Section::ALL, std::slice::from_ref);
        let mut keys = Vec::new();
        for system in self.systems.of(source) {
            keys.extend(sections.iter().map(|section| CacheKey {
                source: source.clone(),
                system,
                section: *section,
                patient: patient.clone(),
            }));
        }
        self.flights.forget(&keys, || keys.iter().for_each(|key| self.memory.remove(key)));
        self.ears.forgotten(&keys);
        self.forgotten.add();
    }

    pub(super) fn forget_all(&self) {
        self.flights.forget_all(|| self.memory.clear());
        self.ears.forgotten_where(|_| true);
        self.forgotten.add();
    }

    pub(super) fn forget_source(&self, source: &SourceId, section: Option<Section>) {
        let is_meant = |key: &CacheKey| {
            key.source == *source && section.is_none_or(|section| section == key.section)
        };
        self.flights.forget_where(is_meant, || self.memory.raise(source, section));
        self.ears.forgotten_where(is_meant);
        self.forgotten.add();
    }

    pub(super) fn forget_refusals(&self, source: &SourceId) {
        // Whoever began before can keep no refusal after this.
        self.flights.forget_where(|key| key.source == *source, || {});
        self.ears.forgotten(&self.memory.remove_refusals(source));
    }

    /// What the memory has that may be shown now.
    pub(super) fn look(
        &self,
        question: &Question,
        wish: &Wish,
        departures: Option<&mut Departures>,
    ) -> Option<Fetched> {
        let entry = self.memory.get(&question.key)?;
        if let Some(known) = entry.known.as_ref().filter(|known| wish.takes(known.asked_at)) {
            // Whoever tells of changes and cannot be asked may not be heard either.
            let standing = match &entry.failure {
                None => question.standing(known),
                Some(_) => question.windows.standing(known.age()),
            };
            match standing {
                Standing::Fresh => {
                    question.source.copies.fresh.add();
                    return Some(Fetched::cached(&question.source, known));
                }
                Standing::Aging => {
                    if let Some(departures) = departures
                        && entry.rests(question.windows).is_none()
                    {
                        self.refresh(question, departures);
                    }
                    if let Some(failure) = &entry.failure {
                        question.source.copies.stale.add();
                        return Some(Fetched::stale(&question.source, known, &failure.problem));
                    }
                    question.source.copies.aging.add();
                    return Some(Fetched::cached(&question.source, known));
                }
                Standing::Old | Standing::Gone => {}
            }
        }
        let failure = entry.rests(question.windows).filter(|failure| wish.takes(failure.at))?;
        question.source.copies.negative.add();
        let copy = self.copy_instead(question, wish, &failure.problem);
        Some(copy.unwrap_or_else(|| Fetched::failed(&question.source, &failure.problem, None)))
    }

    /// Has a copy fetched anew, unless somebody does so already. Nobody waits for it.
    fn refresh(&self, question: &Question, departures: &mut Departures) {
        if let Boarding::Pilot(pilot) =
            self.flights.board::<()>(&question.key, None, self.shared.is_some(), || None)
        {
            departures.add(question, pilot, None);
        }
    }

    /// The complete copy that is shown in place of a failure, as long as its age allows. A list that lacks something is
    /// worse than a whole one whose age is told: nobody sees what a list lacks.
    pub(super) fn copy_instead(
        &self,
        question: &Question,
        wish: &Wish,
        problem: &Problem,
    ) -> Option<Fetched> {
        if !is_outage(problem) {
            return None;
        }
        let entry = self.memory.get(&question.key)?;
        let known = entry.known.as_ref().filter(|known| wish.takes(known.asked_at))?;
        if known.age() >= question.windows.if_error {
            return None;
        }
        question.source.copies.stale.add();
        Some(Fetched::stale(&question.source, known, problem))
    }

    /// Keeps all that a source said.
    pub(super) fn keep(&self, question: &Question, known: &Arc<Known>) {
        let keep_for = question.windows.if_error;
        if !keep_for.is_zero() {
            let entry = Entry { known: Some(known.clone()), failure: None, keep_for };
            self.memory.put(&question.key, entry);
        }
    }

    /// Remembers that a source failed. What it refuses is not shown from a copy, then or later.
    pub(super) fn keep_failure(&self, question: &Question, problem: &Problem, said_nothing: bool) {
        let before = self.memory.get(&question.key);
        let known = before.and_then(|entry| entry.known.clone()).filter(|_| is_outage(problem));
        if known.is_none() && !said_nothing {
            return self.memory.remove(&question.key);
        }
        let left = |known: &Arc<Known>| question.windows.if_error.saturating_sub(known.age());
        let keep_for = known.as_ref().map(left).unwrap_or_default().max(question.windows.negative);
        let failure = Failure { problem: problem.clone(), at: Instant::now(), said_nothing };
        self.memory.put(&question.key, Entry { known, failure: Some(failure), keep_for });
    }
}

impl Entry {
    /// The failure after which the source is not asked again yet.
    fn rests(&self, windows: Windows) -> Option<&Failure> {
        let failure = self.failure.as_ref()?;
        (failure.said_nothing && failure.at.elapsed() < windows.negative).then_some(failure)
    }
}

/// True when a source could not answer as it would have liked to. One that refuses, or says that there is nothing to be
/// had, has answered: what it said before is not shown against its will.
fn is_outage(problem: &Problem) -> bool {
    match problem {
        Problem::Timeout
        | Problem::Unreachable
        | Problem::Busy { .. }
        | Problem::Garbled
        | Problem::TooMuch
        | Problem::Unreadable(_)
        | Problem::WrongPatient(_)
        | Problem::Incomplete
        | Problem::Unchanged
        | Problem::NotAsked { .. } => true,
        Problem::Status(status) => *status >= 500,
        Problem::Unauthorized | Problem::NotSupported | Problem::Suspended => false,
    }
}
