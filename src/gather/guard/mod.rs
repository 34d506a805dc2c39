//! What stands between gathering and one source, so that a source that is dead, slow or wrong harms neither the others
//! nor itself.
//!
//! [`Guard::fetch`] is the way of one question, step by step: is it one whose answers cannot be used ([`quarantine`]),
//! did the source ask us to wait ([`pause`]), does it keep failing ([`breaker`]), is there a turn ([`limit`])? Then it is
//! asked ([`tries`]), a second time where that may help ([`hedge`], [`budget`], [`pace`]), and what came of it
//! ([`verdict`]) is learnt. What is read in the background has a way of its own ([`reading`]). It knows nothing of caches,
//! viewers or what a record means.

mod breaker;
mod budget;
mod call;
mod ending;
mod figures;
mod hedge;
mod jitter;
mod knobs;
mod limit;
mod pace;
mod pause;
mod quarantine;
mod quiet;
mod reading;
mod tries;
mod verdict;
mod window;

use std::time::Duration;

use caregraph_connectors::{Answer, Ask, Problem, Rest, Share};
use tokio::time::Instant;

use self::breaker::{Breaker, Pass};
use self::budget::{HedgeBudget, RetryBudget};
use self::jitter::Jitter;
use self::limit::{Limit, Slot};
use self::pace::Paces;
use self::pause::Pause;
use self::quarantine::Quarantine;
use self::quiet::Quiet;
use self::reading::Readings;
use super::Source;

pub use breaker::BreakerState;
pub(super) use call::count_calls;
pub use ending::Ending;
pub use figures::Figures;
pub use knobs::Knobs;
pub use reading::{ReadingFigures, RosterReader};

/// When a question that found no turn may be asked again.
const CROWDED: Duration = Duration::from_secs(1);

/// Guards one source.
#[derive(Debug)]
pub struct Guard {
    knobs: Knobs,
    quarantine: Quarantine,
    pause: Pause,
    breaker: Breaker,
    limit: Limit,
    retries: RetryBudget,
    hedges: HedgeBudget,
    paces: Paces,
    jitter: Jitter,
    figures: Figures,
    quiet: Quiet,
    readings: Readings,
}

/// How a source stands at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is asked.
    pub breaker: BreakerState,
    /// How many questions are under way.
    pub under_way: usize,
    /// How many may be.
    pub limit: usize,
    /// How long it asked us to wait still.
    pub pause: Duration,
}

/// Leave to ask a source once.
#[derive(Debug)]
struct Leave<'g> {
    slot: Slot<'g>,
    pass: Pass<'g>,
}

impl Guard {
    /// A guard that has seen nothing yet.
    pub fn new(knobs: Knobs) -> Self {
        Self::with(knobs, Jitter::new())
    }

    /// A guard whose chance is the same in every run.
    pub fn seeded(knobs: Knobs, seed: u64) -> Self {
        Self::with(knobs, Jitter::seeded(seed))
    }

    fn with(knobs: Knobs, jitter: Jitter) -> Self {
        let now = Instant::now();
        Self {
            knobs,
            quarantine: Quarantine::default(),
            pause: Pause::default(),
            breaker: Breaker::new(knobs.longest_rest, now),
            limit: Limit::new(knobs.max_concurrent),
            retries: RetryBudget::new(now),
            hedges: HedgeBudget::default(),
            paces: Paces::new(),
            jitter,
            figures: Figures::default(),
            quiet: Quiet::default(),
            readings: Readings::default(),
        }
    }

    /// What was counted so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// How the source stands.
    pub fn standing(&self) -> Standing {
        Standing {
            breaker: self.breaker.state(),
            under_way: self.limit.under_way(),
            limit: self.limit.current(),
            pause: self.pause.left(Instant::now()).unwrap_or_default(),
        }
    }

    /// Asks the source. Never fails: whoever cannot be asked about, and whatever went wrong, is a share with its problem.
    pub async fn fetch(&self, source: &Source, ask: Ask<'_>) -> Answer {
        self.figures.requests.add();
        let (patients, held) = self.quarantine.sort(&ask, Instant::now());
        if !held.is_empty() {
            self.figures.quarantined.add();
        }
        if patients.is_empty() {
            return held;
        }
        let ask = Ask { patients: &patients, ..ask };
        let mut answer = match self.leave(ask.deadline).await {
            Ok(leave) => self.ask(source, ask, leave).await,
            Err(problem) => Share::failed(problem).for_each(ask.patients),
        };
        answer.extend(held);
        answer
    }

    /// Leave to ask, or why the source is not asked.
    async fn leave(&self, deadline: Instant) -> Result<Leave<'_>, Problem> {
        self.is_open(Instant::now())?;
        let Some(slot) = self.limit.slot(deadline).await else {
            self.figures.shed.add();
            return Err(Problem::NotAsked { why: Rest::Crowded, again_in: CROWDED });
        };
        // Things may have changed while it waited for its turn.
        let now = Instant::now();
        self.is_open(now)?;
        let pass = self.breaker.pass(now).map_err(|rest| self.refused(rest))?;
        Ok(Leave { slot, pass })
    }

    /// Leave to ask beside or after another try: never at the cost of a question that was not asked yet, and never while
    /// the source is not known to be well.
    fn second_leave(&self) -> Option<Leave<'_>> {
        let now = Instant::now();
        if self.pause.left(now).is_some() || self.breaker.state() != BreakerState::Closed {
            return None;
        }
        let slot = self.limit.spare()?;
        let pass = self.breaker.pass(now).ok().filter(|pass| !pass.is_look())?;
        Some(Leave { slot, pass })
    }

    fn is_open(&self, now: Instant) -> Result<(), Problem> {
        if let Some(left) = self.pause.left(now) {
            self.figures.paused.add();
            return Err(Problem::Busy { retry_after: Some(left) });
        }
        self.breaker.rest(now).map_or(Ok(()), |rest| Err(self.refused(rest)))
    }

    fn refused(&self, rest: Duration) -> Problem {
        self.figures.refused.add();
        Problem::NotAsked { why: Rest::Failing, again_in: rest }
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
