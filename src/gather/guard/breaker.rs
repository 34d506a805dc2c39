//! Leaves a source alone that keeps failing, and looks now and then whether it is back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::jitter::Jitter;
use super::verdict::Verdict;
use super::window::Window;

/// So many failures in a row are enough.
const IN_A_ROW: u32 = 5;

/// Or so many of a hundred answers in ten seconds, when there were at least [`ENOUGH`].
const PERCENT: u32 = 50;
const ENOUGH: u32 = 10;

/// How long a source is left alone at first; each failed look doubles it.
const FIRST_REST: Duration = Duration::from_secs(1);

/// What is said of a rest while somebody looks whether the source is back.
const LOOKING: Duration = Duration::from_secs(1);

/// Decides whether a source is asked at all.
#[derive(Debug)]
pub(super) struct Breaker {
    /// Zero: it is always asked.
    longest: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stand: Stand,
    /// Grows with every change of stand, so that answers to older questions change nothing.
    era: u64,
}

#[derive(Debug)]
enum Stand {
    /// The source is asked.
    Closed { answers: Window, in_a_row: u32 },
    /// It is not, until then.
    Open { until: Instant, rest: Duration },
    /// One question is under way that tells whether it is back.
    Looking { rest: Duration },
}

/// How the breaker of a source stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// The source is asked.
    Closed,
    /// It is left alone.
    Open,
    /// One question finds out whether it is back.
    Looking,
}

/// Leave to ask once. What came of it is told by [`Pass::tell`]; a pass that is dropped says nothing.
#[derive(Debug)]
pub(super) struct Pass<'b> {
    breaker: &'b Breaker,
    era: u64,
    is_look: bool,
    is_told: bool,
}

/// What an answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing.
    None,
    /// The source is left alone for so long.
    Opened(Duration),
    /// It is asked again.
    Closed,
}

impl Breaker {
    pub(super) fn new(longest: Duration, now: Instant) -> Self {
        Self { longest, state: Mutex::new(State { stand: closed(now), era: 0 }) }
    }

    /// How it stands.
    pub(super) fn state(&self) -> BreakerState {
        match self.lock().stand {
            Stand::Closed { .. } => BreakerState::Closed,
            Stand::Open { .. } => BreakerState::Open,
            Stand::Looking { .. } => BreakerState::Looking,
        }
    }

    /// How long the source is not asked yet; `None` when a pass can be had.
    pub(super) fn rest(&self, now: Instant) -> Option<Duration> {
        self.lock().stand.rest(now)
    }

    /// Leave to ask, or how long the source is not asked yet. The first who asks after a rest is the one who looks.
    pub(super) fn pass(&self, now: Instant) -> Result<Pass<'_>, Duration> {
        let mut state = self.lock();
        if let Some(rest) = state.stand.rest(now) {
            return Err(rest);
        }
        let is_look = if let Stand::Open { rest, .. } = state.stand {
            state.change(Stand::Looking { rest });
            true
        } else {
            false
        };
        Ok(Pass { breaker: self, era: state.era, is_look, is_told: false })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self, rest: Duration, now: Instant, jitter: &Jitter) -> (Stand, Duration) {
        let rest = rest.min(self.longest);
        let spread = jitter.between(rest, rest + rest / 2);
        (Stand::Open { until: now + spread, rest }, spread)
    }
}

impl Pass<'_> {
    /// True for the one question that finds out whether a source is back.
    pub(super) fn is_look(&self) -> bool {
        self.is_look
    }

    /// Tells what came of the question.
    pub(super) fn tell(mut self, verdict: Verdict, now: Instant, jitter: &Jitter) -> Turn {
        self.is_told = true;
        let mut state = self.breaker.lock();
        if state.era != self.era || self.breaker.longest.is_zero() {
            return Turn::None;
        }
        let (stand, turn) = match (&mut state.stand, verdict) {
            (Stand::Closed { answers, in_a_row }, Verdict::Fault) => {
                answers.add(now, 1, 1);
                *in_a_row += 1;
                let (all, bad) = answers.sums(now);
                if *in_a_row < IN_A_ROW && (all < ENOUGH || bad * 100 < all * PERCENT) {
                    return Turn::None;
                }
                let (stand, rest) = self.breaker.opened(FIRST_REST, now, jitter);
                (stand, Turn::Opened(rest))
            }
            (Stand::Closed { answers, in_a_row }, Verdict::Sound) => {
                answers.add(now, 1, 0);
                *in_a_row = 0;
                return Turn::None;
            }
            (Stand::Looking { rest }, Verdict::Fault) => {
                let (stand, rest) = self.breaker.opened(*rest * 2, now, jitter);
                (stand, Turn::Opened(rest))
            }
            (Stand::Looking { .. }, Verdict::Sound) => (closed(now), Turn::Closed),
            (Stand::Looking { rest }, Verdict::Busy(_) | Verdict::Nothing) => {
                (Stand::Open { until: now, rest: *rest }, Turn::None)
            }
            (Stand::Closed { .. }, Verdict::Busy(_) | Verdict::Nothing)
            | (Stand::Open { .. }, _) => {
                return Turn::None;
            }
        };
        state.change(stand);
        turn
    }
}

/// Whoever looked and was called off lets the next one look.
impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.is_look || self.is_told {
            return;
        }
        let mut state = self.breaker.lock();
        if let (true, Stand::Looking { rest }) = (state.era == self.era, &state.stand) {
            let stand = Stand::Open { until: Instant::now(), rest: *rest };
            state.change(stand);
        }
    }
}

impl State {
    fn change(&mut self, stand: Stand) {
        self.stand = stand;
        self.era += 1;
    }
}

impl Stand {
    fn rest(&self, now: Instant) -> Option<Duration> {
        match self {
            Self::Closed { .. } => None,
            Self::Open { until, .. } => {
                Some(until.saturating_duration_since(now)).filter(|rest| !rest.is_zero())
            }
            Self::Looking { .. } => Some(LOOKING),
        }
    }
}

fn closed(now: Instant) -> Stand {
    Stand::Closed { answers: Window::new(now), in_a_row: 0 }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
