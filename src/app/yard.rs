//! The sources that are in force on this node, and how they come and go while it runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use caregraph_connectors::Directory;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::sources::keep_directory;
use crate::access::{CodeRules, LabelSet};
use crate::events::Lines;
use crate::gather::{Fleet, RosterReader, RosterState, Source, SourceId};
use crate::identity::{IndexError, Pace, PersonIndex, RosterKeeper};
use crate::view::{InForce, Labelling, Sources};

/// How often it is looked whether the patients of new sources have been read.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// A source as it was built, and what is true of it besides.
#[derive(Clone)]
pub(super) struct Built {
    pub(super) source: Arc<Source>,
    /// The labels that all its records bear.
    pub(super) labels: LabelSet,
    /// Rung when its roster may have changed.
    pub(super) news: Arc<Notify>,
    /// Its roster, its directory and its events are read.
    pub(super) is_read: bool,
}

/// The sources that are in force on this node. Those of the configuration stay; others come and go.
pub(super) struct Yard {
    index: PersonIndex,
    sources: Arc<InForce>,
    lines: Lines,
    state: Mutex<State>,
}

struct State {
    all: Vec<Built>,
    /// What reads the roster, the directory and the events of each, once the gateway has started.
    readers: Option<HashMap<SourceId, Vec<JoinHandle<()>>>>,
}

impl Yard {
    /// The sources with which the gateway begins, which `sources` holds already.
    pub(super) fn new(all: Vec<Built>, index: PersonIndex, sources: Arc<InForce>) -> Self {
        let state = Mutex::new(State { all, readers: None });
        Self { index, sources, lines: Lines::default(), state }
    }

    /// The lines on which sources tell what has changed.
    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The source of that id, if it is in force.
    pub(super) fn source(&self, id: &SourceId) -> Option<Arc<Source>> {
        self.sources.get().fleet.get(id).cloned()
    }

    /// Starts reading rosters, directories and events.
    pub(super) fn start(&self) {
        let mut state = self.state();
        let readers = state.all.iter().map(|it| (it.source.id.clone(), self.readers(it)));
        state.readers = Some(readers.collect());
    }

    /// Stops that.
    pub(super) async fn stop(&self) {
        let readers = self.state().readers.take().unwrap_or_default();
        for task in readers.into_values().flatten() {
            end(task).await;
        }
    }

    /// Puts sources into force, each in the place of the one of its id, and takes others out of force. New ones have
    /// `patience` to tell who their patients and what their services are, so that whoever asks next is shown what they say.
    /// Operations that are under way end with what they began with.
    pub(super) async fn change(
        &self,
        coming: Vec<Built>,
        going: &[SourceId],
        patience: Duration,
    ) -> Result<(), IndexError> {
        self.introduce(&coming).await?;
        let replaced = coming.iter().map(|it| it.source.id.clone());
        let gone: Vec<SourceId> = replaced.chain(going.iter().cloned()).collect();
        for id in &gone {
            self.end_readers(id).await;
        }
        if self.begin_readers(&coming) {
            self.wait_for(&coming, patience).await;
        }
        let fleet = self.put(coming, &gone);
        for id in &gone {
            // What it said before that may no longer be shown, and nobody told us what changed while it was away.
            fleet.cache().forget_source(id, None).await;
        }
        for id in going {
            self.index.let_go(id);
        }
        Ok(())
    }

    /// What a source refused because of what it was shown is asked for again at once, since something else is shown now. What
    /// it said before stays.
    pub(super) async fn try_again(&self, id: &SourceId) {
        self.sources.get().fleet.cache().forget_refusals(id);
        let built = self.state().all.iter().find(|it| it.source.id == *id).cloned();
        if let Some(built) = built.filter(|it| could_not_be_read(&it.source)) {
            // What reads it in the background waits for up to a minute after a failure.
            self.end_readers(id).await;
            self.begin_readers(&[built]);
        }
    }

    /// Makes the index of persons ready for the patients of these sources. They are shown to nobody yet.
    async fn introduce(&self, coming: &[Built]) -> Result<(), IndexError> {
        let listed = coming.iter().filter(|it| it.source.connector.has_roster());
        let known = self.index.progress();
        let ids: Vec<SourceId> = listed
            .map(|it| it.source.id.clone())
            .filter(|id| known.iter().all(|known| known.source != *id))
            .collect();
        if !ids.is_empty() {
            self.index.add(&ids).await?;
        }
        let looked_up = coming.iter().filter(|it| it.source.finds_by().is_some());
        let ids: Vec<SourceId> = looked_up.map(|it| it.source.id.clone()).collect();
        if !ids.is_empty() {
            self.index.look_up_in(&ids).await?;
        }
        for it in coming.iter().filter(|it| it.source.has_patients()) {
            it.source.roster.connect(self.index.clone());
        }
        Ok(())
    }

    /// True when the gateway has started, so that there is something to read.
    fn begin_readers(&self, coming: &[Built]) -> bool {
        let mut state = self.state();
        let Some(readers) = &mut state.readers else { return false };
        readers.extend(coming.iter().map(|it| (it.source.id.clone(), self.readers(it))));
        true
    }

    async fn end_readers(&self, id: &SourceId) {
        let tasks = self.state().readers.as_mut().and_then(|readers| readers.remove(id));
        for task in tasks.into_iter().flatten() {
            end(task).await;
        }
    }

    /// What reads the roster, the directory and the events of a source.
    fn readers(&self, it: &Built) -> Vec<JoinHandle<()>> {
        let (source, index) = (&it.source, self.index.clone());
        let mut tasks = Vec::new();
        if !it.is_read {
            return tasks;
        }
        if source.connector.has_roster() {
            let reader = Arc::new(RosterReader(source.clone()));
            let keeper = RosterKeeper::new(index, source.id.clone(), reader, Pace::default());
            tasks.push(keeper.woken_by(it.news.clone()).spawn());
        }
        if source.connector.directory().is_some() {
            tasks.push(tokio::spawn(keep_directory(source.clone())));
        }
        if source.connector.feed().is_some() {
            let cache = self.sources.get().fleet.cache().clone();
            let line = self.lines.clone().follow(source.clone(), it.news.clone(), cache);
            tasks.push(tokio::spawn(line));
        }
        tasks
    }

    /// Waits until the patients and the services of these sources have been read once, or cannot be read, or it takes too long.
    async fn wait_for(&self, coming: &[Built], patience: Duration) {
        let until = Instant::now() + patience;
        for it in coming.iter().filter(|it| it.is_read) {
            while is_being_read(&it.source) && Instant::now() < until {
                sleep(LOOKS_EVERY).await;
            }
        }
    }

    /// The next edition of what is in force.
    fn put(&self, coming: Vec<Built>, gone: &[SourceId]) -> Fleet {
        let mut state = self.state();
        state.all.retain(|it| !gone.contains(&it.source.id));
        state.all.extend(coming);
        let sources = in_force(&self.sources.get().fleet, &state.all);
        self.sources.replace(sources.clone());
        sources.fleet
    }
}

/// True until its patients and its services have been read once, or could not be.
fn is_being_read(source: &Source) -> bool {
    let roster = source.roster.read(&source.id).filter(|_| source.connector.has_roster());
    let services = source.connector.directory().map(Directory::catalogue);
    matches!(roster, Some(RosterState::Waiting | RosterState::Reading { .. }))
        || services.is_some_and(|it| it.read_at().is_none() && it.problem().is_none())
}

/// True when its patients or its services could not be read when that was tried last.
fn could_not_be_read(source: &Source) -> bool {
    let roster = source.roster.read(&source.id).filter(|_| source.connector.has_roster());
    let services = source.connector.directory().map(Directory::catalogue);
    matches!(roster, Some(RosterState::Failed { .. }))
        || services.is_some_and(|it| it.problem().is_some())
}

/// These sources, as what is in force after what was.
pub(super) fn in_force(before: &Fleet, all: &[Built]) -> Sources {
    let floors = all.iter().map(|it| (it.source.id.clone(), it.labels)).collect();
    let labelling = Arc::new(Labelling::new(CodeRules::built_in(), floors));
    Sources { fleet: before.with(all.iter().map(|it| it.source.clone()).collect()), labelling }
}

/// Ends a task. One that is aborted ends with an error that says so.
async fn end(task: JoinHandle<()>) {
    task.abort();
    let _ = task.await;
}
