//! One section of one patient of one source, fetched again and again for as long as somebody watches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::Hub;
use crate::gather::cache::{Cache, CacheKey, Departures, Heard, Question, Windows};
use crate::gather::closing::Closing;
use crate::gather::outcome::{Fetched, Imprint, SourceState};
use crate::gather::run::Wish;
use crate::gather::timing::Origin;

/// The shortest time between two questions that nobody forced.
const LEAST: Duration = Duration::from_secs(1);
/// How long a source that failed is left alone.
const RETRY: Duration = Duration::from_secs(5);
/// How long a post stays after the last one left: whoever lost the connection comes back to it.
const LINGER: Duration = Duration::from_secs(3);

/// One section of one patient of one source.
pub(super) struct Post {
    question: Question,
    state: Mutex<State>,
    /// The last one has left.
    left: Notify,
    ear: Mutex<Option<watch::Receiver<Heard>>>,
}

#[derive(Default)]
struct State {
    said: Option<Fetched>,
    imprint: Option<Imprint>,
    /// Somebody looked while nobody knew.
    seen_unknown: bool,
    bells: Vec<Arc<Notify>>,
}

/// What ended the wait for the next question.
enum Next {
    /// It is time to ask again.
    Due,
    /// What was said was forgotten.
    Forgotten,
    /// Nobody is left.
    Over,
}

impl Post {
    /// A post that begins with the copy that may be shown, if there is one.
    pub(super) fn new(cache: &Cache, question: Question) -> Self {
        let ear = cache.listen(&question.key);
        let said = cache.peek(&question);
        let imprint = said.as_ref().map(Fetched::imprint);
        let state = Mutex::new(State { said, imprint, ..State::default() });
        Self { question, state, left: Notify::new(), ear: Mutex::new(Some(ear)) }
    }

    pub(super) fn key(&self) -> &CacheKey {
        &self.question.key
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the source said last; nothing while nobody knows.
    pub(super) fn said(&self) -> Option<Fetched> {
        let mut state = self.state();
        state.seen_unknown |= state.said.is_none();
        state.said.clone()
    }

    pub(super) fn add(&self, bell: Arc<Notify>) {
        self.state().bells.push(bell);
    }

    pub(super) fn remove(&self, bell: &Arc<Notify>) {
        let mut state = self.state();
        state.bells.retain(|it| !Arc::ptr_eq(it, bell));
        if state.bells.is_empty() {
            self.left.notify_one();
        }
    }

    pub(super) fn is_left(&self) -> bool {
        self.state().bells.is_empty()
    }

    /// Keeps it up to date until nobody is left.
    pub(super) async fn keep(self: Arc<Self>, hub: Hub) {
        let ear = self.ear.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut ear) = ear else { return };
        let cache = &hub.0.cache;
        let mut since = None;
        loop {
            let before = ear.borrow_and_update().forgotten;
            // What is being fetched is shared, and goes on without whoever waits for it here.
            let fetched = tokio::select! {
                fetched = self.fetch(cache, since) => fetched,
                () = self.abandoned(&hub) => return,
            };
            if ear.borrow().forgotten != before {
                self.forget();
                since = Some(Instant::now());
                continue;
            }
            self.tell(fetched);
            since = match self.wait(&hub, &mut ear, before).await {
                Next::Due => None,
                Next::Forgotten => {
                    self.forget();
                    Some(Instant::now())
                }
                Next::Over => return,
            };
        }
    }

    async fn fetch(&self, cache: &Cache, since: Option<Instant>) -> Fetched {
        let deadline = Instant::now() + self.question.source.timeout;
        // Whoever watches is many: nobody's purpose in particular.
        let wish = Wish { deadline, since, purpose: None };
        let mut departures = Departures::default();
        let found = cache.seek(&self.question, &wish, &mut departures);
        cache.depart(departures);
        cache.wait(self.question.clone(), wish, found, &Closing::default()).await.1
    }

    /// Waits until nobody is left, and nobody has come back for a while.
    async fn abandoned(self: &Arc<Self>, hub: &Hub) {
        loop {
            self.left.notified().await;
            sleep(LINGER).await;
            if hub.retire(self) {
                return;
            }
        }
    }

    /// Waits until it is time to ask again. What others had fetched meanwhile is told as it lands.
    async fn wait(
        self: &Arc<Self>,
        hub: &Hub,
        ear: &mut watch::Receiver<Heard>,
        before: u64,
    ) -> Next {
        let mut hearing = self.question.source.hearing.watch();
        let mut told_at = Instant::now();
        let mut due = told_at + self.pause();
        if self.is_left() {
            due = due.min(Instant::now() + LINGER);
        }
        loop {
            tokio::select! {
                () = sleep_until(due) => {
                    return if hub.retire(self) { Next::Over } else { Next::Due };
                }
                // What changes from now on may not be told.
                Ok(()) = hearing.changed() => due = due.min(told_at + self.pause()),
                () = self.left.notified() => due = due.min(Instant::now() + LINGER),
                heard = ear.changed() => {
                    if heard.is_err() || ear.borrow_and_update().forgotten != before {
                        return Next::Forgotten;
                    }
                    if let Some(fetched) = hub.0.cache.peek(&self.question) {
                        self.tell(fetched);
                        if !self.is_left() {
                            told_at = Instant::now();
                            due = told_at + self.pause();
                        }
                    }
                }
            }
        }
    }

    /// How long what was said is good for.
    fn pause(&self) -> Duration {
        let state = self.state();
        let windows = self.question.windows;
        let Some(said) = &state.said else { return RETRY };
        let fresh = if windows == Windows::NONE {
            Windows::of(self.question.key.section).fresh
        } else if self.question.source.hearing.is_good() {
            windows.while_revalidating
        } else {
            windows.fresh
        };
        match said.outcome.state {
            // Just asked, it knows nothing newer, however old that is.
            SourceState::Ok
                if said.outcome.timing.is_some_and(|it| it.origin == Origin::Source) =>
            {
                fresh.max(LEAST)
            }
            SourceState::Ok | SourceState::Cached => {
                let age = said
                    .outcome
                    .fetched_at
                    .and_then(|at| SystemTime::now().duration_since(at).ok());
                fresh.saturating_sub(age.unwrap_or_default()).max(LEAST)
            }
            SourceState::NotLinked | SourceState::NotSupported => fresh.max(LEAST),
            SourceState::Pending
            | SourceState::Stale
            | SourceState::Timeout
            | SourceState::Error
            | SourceState::CircuitOpen
            | SourceState::Unauthorized => windows.negative.max(RETRY),
        }
    }

    /// What was said is shown no more, and nobody is woken for that: it may be asked for anew because of something that
    /// those who watch may not know of. They are told of what comes of it.
    fn forget(&self) {
        self.state().said = None;
    }

    /// Takes what is known now. Those who watch are woken when it says something else than before, and not when it is
    /// only newer.
    fn tell(&self, fetched: Fetched) {
        let imprint = Some(fetched.imprint());
        let mut state = self.state();
        let is_news = state.imprint != imprint || state.seen_unknown;
        (state.said, state.imprint, state.seen_unknown) = (Some(fetched), imprint, false);
        if is_news {
            state.bells.iter().for_each(|bell| bell.notify_one());
        }
    }
}
