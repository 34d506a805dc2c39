//! Keepers against a source that pages, changes, fails and comes back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use caregraph_connectors::connector::{Answer, Ask};
use caregraph_connectors::record::Section;
use caregraph_connectors::{Connector, Problem, RosterCursor, RosterPage};
use tokio::time::Instant;

use super::world::{Entry, MRN, World, ada, entry, groups};
use crate::identity::{Pace, RosterKeeper, SourceId, SourceState};

/// A source whose roster can be changed while it is read.
#[derive(Default)]
pub(super) struct Fake(Mutex<State>);

#[derive(Default)]
struct State {
    people: BTreeMap<String, Entry>,
    /// Who changed since the last full reading.
    changed: Vec<String>,
    page_size: usize,
    total: Option<u64>,
    unreadable: u32,
    /// Problems to answer with, the next one last.
    problems: Vec<Problem>,
    /// A page at which the cursor is refused.
    broken_page: Option<usize>,
    /// Pages that fail once.
    stumbles: Vec<usize>,
    hangs: bool,
    circles: bool,
    asked: Vec<RosterCursor>,
}

impl Fake {
    pub(super) fn of(entries: Vec<Entry>) -> Arc<Self> {
        let people = entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
        Arc::new(Self(Mutex::new(State { people, page_size: 2, ..State::default() })))
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap());
    }

    pub(super) fn put(&self, entry: Entry) {
        self.set(|state| {
            state.changed.push(entry.id.clone());
            state.people.insert(entry.id.clone(), entry);
        });
    }

    fn asked(&self) -> Vec<RosterCursor> {
        self.0.lock().unwrap().asked.clone()
    }
}

impl State {
    fn page(&mut self, from: &RosterCursor) -> Result<RosterPage, Problem> {
        self.asked.push(from.clone());
        if let Some(problem) = self.problems.pop() {
            return Err(problem);
        }
        let (changes, at) = match from {
            RosterCursor::Start => (false, 0),
            RosterCursor::ChangedSince(_) => (true, 0),
            RosterCursor::Page(page) => {
                let (kind, at) = page.split_once(':').unwrap();
                (kind == "changes", at.parse().unwrap())
            }
        };
        if self.broken_page.is_some_and(|broken| at == broken) {
            return Err(Problem::Status(410));
        }
        if let Some(stumble) = self.stumbles.iter().position(|page| *page == at) {
            self.stumbles.remove(stumble);
            return Err(Problem::Status(500));
        }
        let ids: Vec<String> =
            if changes { self.changed.clone() } else { self.people.keys().cloned().collect() };
        let people = ids.iter().skip(at).take(self.page_size).filter_map(|id| self.people.get(id));
        let people = people.map(Entry::to_roster).collect();
        let next = if self.circles { (at + self.page_size) % 6 } else { at + self.page_size };
        let more = self.circles || next < ids.len();
        let kind = if changes { "changes" } else { "all" };
        let next = more.then(|| RosterCursor::Page(format!("{kind}:{next}")));
        Ok(RosterPage { people, next, total: self.total, unreadable: self.unreadable })
    }
}

#[async_trait]
impl Connector for Fake {
    fn offers(&self) -> &[Section] {
        &[Section::Demographics]
    }

    async fn fetch(&self, _: Ask<'_>) -> Answer {
        Answer::new()
    }

    async fn roster(&self, from: &RosterCursor, _: Instant) -> Result<RosterPage, Problem> {
        let (page, hangs) = {
            let mut state = self.0.lock().unwrap();
            (state.page(from), std::mem::take(&mut state.hangs))
        };
        if hangs {
            std::future::pending::<()>().await;
        }
        page
    }
}

pub(super) fn pace() -> Pace {
    Pace {
        interval: Duration::from_millis(5),
        full_interval: Duration::from_hours(1),
        overlap: Duration::from_secs(2),
        page_deadline: Duration::from_millis(100),
        shortest_pause: Duration::from_millis(2),
        longest_pause: Duration::from_millis(10),
    }
}

/// A keeper that stops when dropped.
pub(super) struct Running(tokio::task::JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) fn keep(world: &World, source: &str, fake: &Arc<Fake>, pace: Pace) -> Running {
    let connector: Arc<dyn Connector> = Arc::clone(fake) as _;
    Running(RosterKeeper::new(world.index.clone(), SourceId::new(source), connector, pace).spawn())
}

/// Waits until it is so; a test that never gets there fails by its own deadline.
pub(super) async fn until<F: Future<Output = bool>>(what: &str, check: impl Fn() -> F) {
    let so = async {
        while !check().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), so)
        .await
        .unwrap_or_else(|_| panic!("never came to be: {what}"));
}

fn state(world: &World) -> SourceState {
    world.index.progress().pop().unwrap().state
}

fn bearers(ids: std::ops::Range<u32>) -> Vec<Entry> {
    ids.map(|at| entry(&at.to_string()).bears(MRN, &format!("m{at}"))).collect()
}

#[tokio::test]
pub(super) async fn two_rosters_are_read_and_linked() {
    let world = World::new(&["a", "b"]).await;
    let (a, b) = (Fake::of(bearers(0..7)), Fake::of(bearers(5..9)));
    assert_eq!(state(&world), SourceState::Waiting);
    let _keepers = (keep(&world, "a", &a, pace()), keep(&world, "b", &b, pace()));
    until("complete", || async { world.index.complete() }).await;
    assert_eq!(world.groups().await, groups("a/0, a/1, a/2, a/3, a/4, a/5 b/5, a/6 b/6, b/7, b/8"));
    assert!(matches!(state(&world), SourceState::Ready { people: 4, .. }));
}

#[tokio::test]
pub(super) async fn changes_are_followed_and_asked_for_with_overlap() {
    let world = World::new(&["a"]).await;
    let a = Fake::of(bearers(0..3));
    let _keeper = keep(&world, "a", &a, pace());
    until("complete", || async { world.index.complete() }).await;
    a.put(ada("9"));
    until("the new one", || async { world.groups().await == groups("a/0, a/1, a/2, a/9") }).await;
    a.put(ada("9").retired());
    until("the retired one", || async { world.groups().await == groups("a/0, a/1, a/2") }).await;
    let since: Vec<i64> = a
        .asked()
        .iter()
        .filter_map(|cursor| {
            if let RosterCursor::ChangedSince(since) = cursor {
                Some(since.starts_ms())
            } else {
                None
            }
        })
        .collect();
    let now = crate::identity::now_ms();
    assert!(
        !since.is_empty() && since.iter().all(|since| (2_000..30_000).contains(&(now - since)))
    );
    assert_eq!(a.asked().iter().filter(|cursor| **cursor == RosterCursor::Start).count(), 1);
}

#[tokio::test]
pub(super) async fn a_full_reading_retires_who_has_vanished() {
    let world = World::new(&["a"]).await;
    let a = Fake::of(bearers(0..5));
    let _keeper = keep(&world, "a", &a, Pace { full_interval: Duration::ZERO, ..pace() });
    until("complete", || async { world.index.complete() }).await;
    a.set(|state| drop(state.people.remove("2")));
    until("the vanished one", || async { world.groups().await == groups("a/0, a/1, a/3, a/4") })
        .await;
    // A roster of which a part is missing or cannot be read proves nothing.
    for (total, unreadable) in [(Some(4), 0), (None, 1)] {
        a.set(|state| {
            (state.total, state.unreadable) = (total, unreadable);
            state.people.remove("3");
            state.asked.clear();
        });
        let starts = || a.asked().iter().filter(|cursor| **cursor == RosterCursor::Start).count();
        until("three more readings", || async { starts() > 3 }).await;
        assert_eq!(world.groups().await, groups("a/0, a/1, a/3, a/4"));
    }
    a.set(|state| (state.total, state.unreadable) = (None, 0));
    until("the other vanished one", || async { world.groups().await == groups("a/0, a/1, a/4") })
        .await;
}

#[tokio::test]
pub(super) async fn a_reading_goes_on_from_the_page_at_which_the_source_failed() {
    let world = World::new(&["a"]).await;
    let a = Fake::of(bearers(0..6));
    a.set(|state| {
        state.problems =
            vec![Problem::Busy { retry_after: None }, Problem::Unreachable, Problem::Timeout];
    });
    let keeper = keep(&world, "a", &a, pace());
    until("complete", || async { world.index.complete() }).await;
    drop(keeper);
    assert_eq!(world.groups().await.len(), 6);
    let pages = ["all:2", "all:4"].map(|page| RosterCursor::Page(page.to_owned()));
    let start = RosterCursor::Start;
    assert_eq!(
        a.asked()[..6],
        [&start, &start, &start, &start, &pages[0], &pages[1]].map(Clone::clone)
    );
}

#[tokio::test]
pub(super) async fn a_failing_source_is_shown_and_never_given_up() {
    let world = World::new(&["a"]).await;
    let a = Fake::of(bearers(0..2));
    a.set(|state| state.problems = vec![Problem::Unauthorized; 30]);
    let failed = |had_pass| SourceState::Failed { problem: Problem::Unauthorized, had_pass };
    let _keeper = keep(&world, "a", &a, pace());
    until("failure", || async { state(&world) == failed(false) }).await;
    assert!(!world.index.complete());
    until("complete", || async { world.index.complete() }).await;
    a.set(|state| state.problems = vec![Problem::Unauthorized; 30]);
    until("failure", || async { state(&world) == failed(true) }).await;
    assert!(world.index.complete());
    until("ready", || async { matches!(state(&world), SourceState::Ready { people: 2, .. }) })
        .await;
}

#[tokio::test]
pub(super) async fn a_cursor_that_fails_twice_begins_the_reading_anew() {
    let world = World::new(&["a"]).await;
    let a = Fake::of(bearers(0..6));
    a.set(|state| state.broken_page = Some(4));
    let _keeper = keep(&world, "a", &a, pace());
    let starts = || a.asked().iter().filter(|cursor| **cursor == RosterCursor::Start).count();
    until("a new beginning", || async { starts() > 1 }).await;
    let page = |page: &str| RosterCursor::Page(page.to_owned());
    let start = || RosterCursor::Start;
    assert_eq!(a.asked()[..5], [start(), page("all:2"), page("all:4"), page("all:4"), start()]);
    a.set(|state| state.broken_page = None);
    until("complete", || async { world.index.complete() }).await;
    assert_eq!(world.groups().await.len(), 6);
}

#[tokio::test]
pub(super) async fn cursors_that_fail_once_each_do_not() {
    let world = World::new(&["a"]).await;
    let a = Fake::of(bearers(0..8));
    a.set(|state| state.stumbles = vec![2, 4, 6]);
    let _keeper = keep(&world, "a", &a, pace());
    until("complete", || async { world.index.complete() }).await;
    assert_eq!(a.asked().iter().filter(|cursor| **cursor == RosterCursor::Start).count(), 1);
}

#[tokio::test]
pub(super) async fn a_source_that_hangs_or_leads_in_circles_harms_nobody() {
    let world = World::new(&["a"]).await;
    let a = Fake::of(bearers(0..6));
    a.set(|state| (state.hangs, state.circles) = (true, true));
    let _keeper = keep(&world, "a", &a, pace());
    let garbled = SourceState::Failed { problem: Problem::Garbled, had_pass: false };
    until("the circle is noticed", || async { state(&world) == garbled }).await;
    a.set(|state| state.circles = false);
    until("complete", || async { world.index.complete() }).await;
}

#[tokio::test]
pub(super) async fn a_restart_is_ready_at_once_and_reads_changes_only() {
    let mut world = World::new(&["a"]).await;
    let a = Fake::of(bearers(0..4));
    let keeper = keep(&world, "a", &a, pace());
    until("complete", || async { world.index.complete() }).await;
    drop(keeper);
    a.set(|state| state.asked.clear());
    world.restart().await;
    assert!(world.index.complete());
    assert!(matches!(state(&world), SourceState::Ready { people: 4, .. }));
    a.put(ada("9"));
    let _keeper = keep(&world, "a", &a, pace());
    until("the new one", || async { world.groups().await.len() == 5 }).await;
    assert!(!a.asked().contains(&RosterCursor::Start));
}

#[tokio::test]
pub(super) async fn a_first_reading_that_was_broken_off_is_done_again() {
    let mut world = World::new(&["a", "b"]).await;
    world.read("b", &bearers(0..4)).await;
    let a = Fake::of(bearers(0..5));
    world.change("a", &bearers(3..8)).await;
    world.restart().await;
    let keeper = keep(&world, "a", &a, pace());
    until("complete", || async { world.index.complete() }).await;
    assert_eq!(world.groups().await, groups("a/0 b/0, a/1 b/1, a/2 b/2, a/3 b/3, a/4"));
    drop(keeper);
    // Broken off between the last page and the end of linking.
    for phase in [
        crate::identity::person_store::Phase::Indexing,
        crate::identity::person_store::Phase::Linking,
    ] {
        let mut write = world.index.core.store.begin().await.unwrap();
        let mut row =
            write.sources().await.unwrap().into_iter().find(|row| row.id.as_str() == "a").unwrap();
        row.phase = phase;
        write.put_source(&row).await.unwrap();
        write.commit().await.unwrap();
        world.restart().await;
        assert!(!world.index.complete());
        let _keeper = keep(&world, "a", &a, pace());
        until("complete", || async { world.index.complete() }).await;
        assert_eq!(world.groups().await, groups("a/0 b/0, a/1 b/1, a/2 b/2, a/3 b/3, a/4"));
    }
}
