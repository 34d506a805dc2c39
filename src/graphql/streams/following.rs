//! What one stream watches, and what it has told so far.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::basis::Basis;
use crate::gather::{Imprint, Watch};
use crate::identity::PersonId;
use crate::view::Marks;
use caregraph_connectors::record::Section;

/// One stream, as its events share it.
pub(crate) struct Following {
    pub(super) watch: Watch,
    /// The cursor from which the transport says that it goes on.
    pub(super) resumes: Option<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    person: Option<PersonId>,
    basis: Option<Basis>,
    told: Option<Arc<Marks>>,
    around: Imprint,
    cursor: Option<String>,
    is_quiet: bool,
}

impl Following {
    pub(super) fn new(resumes: Option<String>) -> Self {
        Self { watch: Watch::default(), resumes, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event begins, which rests on this.
    pub(super) fn rest_on(&self, person: PersonId, basis: Basis) {
        let mut state = self.state();
        (state.person, state.basis) = (Some(person), Some(basis));
        state.is_quiet = false;
    }

    /// Whom the stream is about, once that is known.
    pub(super) fn person(&self) -> Option<PersonId> {
        self.state().person
    }

    /// True when the last event rests on something else.
    pub(super) fn has_moved(&self, now: Option<&Basis>) -> bool {
        self.state().basis.as_ref() != now
    }

    /// How long what the last event rests on holds at most, as far as that is known beforehand.
    pub(super) fn ends_in(&self, now_ms: i64) -> Option<Duration> {
        self.state().basis.as_ref()?.ends_in(now_ms)
    }

    /// What was told last.
    pub(super) fn told(&self) -> Option<Arc<Marks>> {
        self.state().told.clone()
    }

    /// True when the last event said nothing else than what is said now; `around` is what goes with the marks.
    pub(super) fn is_same(&self, marks: &Marks, around: Imprint) -> bool {
        let state = self.state();
        state.around == around && state.told.as_deref() == Some(marks)
    }

    /// Takes what is told now.
    pub(super) fn tell(&self, marks: Arc<Marks>, around: Imprint, cursor: String) {
        let mut state = self.state();
        (state.told, state.around, state.cursor) = (Some(marks), around, Some(cursor));
    }

    /// The event has nothing to say.
    pub(super) fn keep_quiet(&self) {
        self.state().is_quiet = true;
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.state().is_quiet
    }

    /// The cursor of what was told last.
    pub(super) fn cursor(&self) -> Option<String> {
        self.state().cursor.clone()
    }
}

/// The sections whose marks are not what they were, of those that have any now.
pub(super) fn changed(before: Option<&Marks>, now: &Marks) -> BTreeSet<Section> {
    let is_new = |key: &_, mark: &Imprint| before.and_then(|it| it.get(key)) != Some(mark);
    now.iter().filter(|(key, mark)| is_new(key, mark)).map(|((section, _), _)| *section).collect()
}
