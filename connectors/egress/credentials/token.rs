//! A token that somebody gives us for a while: one for all who ask, fetched by one of them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use hyper::header::HeaderValue;
use tokio::time::Instant;

use super::Shown;
use super::grant::{Failure, Given, Grant};
use crate::connector::Problem;
use crate::egress::Egress;
use crate::egress::complaint::Complaint;

/// A token is renewed when so little of its time is left, or a fifth where that is less; those who ask meanwhile take the old one.
const RENEWED_BEFORE: Duration = Duration::from_mins(1);

/// A token is not used in the last of its time, or a tenth where that is less: it has to arrive.
const UNUSED_AT_END: Duration = Duration::from_secs(5);

/// A token is taken to be good for at least and at most so long, whatever is said of it.
const SHORTEST_LIFE: Duration = Duration::from_secs(5);
const LONGEST_LIFE: Duration = Duration::from_hours(24);

/// How long nobody is asked for a token after a failure: at first, twice as long after each one more, and at most.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);

/// The longest wait that is believed when somebody asks for one.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A source that refuses tokens has one given up at most so often: if it refuses all, others would not help.
const BETWEEN_REFUSALS: Duration = Duration::from_secs(10);

/// Fetches tokens and keeps the last. Clones share it.
#[derive(Clone)]
pub struct TokenSource(Arc<Inner>);

struct Inner {
    grant: Grant,
    state: Mutex<State>,
    complaint: Complaint,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// One fetch for all who want one.
    fetching: Option<Shared<BoxFuture<'static, Fetched>>>,
    /// Until when nobody is asked, and why.
    rest: Option<(Instant, Problem)>,
    /// How many fetches failed since one did not.
    failures: u32,
    /// When a token was given up last because a source refused it.
    refused_at: Option<Instant>,
    /// How many tokens there were so far.
    count: u64,
}

type Fetched = Result<Token, Problem>;

#[derive(Clone)]
struct Token {
    value: HeaderValue,
    /// The how many-th it is.
    number: u64,
    renew_at: Instant,
    unused_from: Instant,
}

impl TokenSource {
    /// Tokens are fetched by this; none yet.
    pub fn new(grant: Grant) -> Self {
        let (state, complaint) = (Mutex::default(), Complaint::default());
        Self(Arc::new(Inner { grant, state, complaint }))
    }

    /// By what it fetches them.
    pub(super) fn grant(&self) -> &Grant {
        &self.0.grant
    }

    /// A token that is good now.
    pub(super) async fn shown(&self, egress: &Egress) -> Result<Shown, Problem> {
        let fetching = match self.at_hand(egress, Instant::now())? {
            AtHand::Token(token) => return Ok(token.shown()),
            AtHand::Fetching(fetching) => fetching,
        };
        Ok(fetching.await?.shown())
    }

    /// A source has refused a token. True when another one may help: there is one already, or one is fetched.
    pub(super) fn refused(&self, number: u64) -> bool {
        let mut state = self.state();
        if state.token.as_ref().is_none_or(|token| token.number != number) {
            return true;
        }
        if state.refused_at.is_some_and(|at| at.elapsed() < BETWEEN_REFUSALS) {
            return false;
        }
        state.refused_at = Some(Instant::now());
        state.token = None;
        true
    }

    fn at_hand(&self, egress: &Egress, now: Instant) -> Result<AtHand, Problem> {
        let mut state = self.state();
        let token = state.token.clone().filter(|token| now < token.unused_from);
        if let Some(token) = &token
            && now < token.renew_at
        {
            return Ok(AtHand::Token(token.clone()));
        }
        let fetching = self.fetch(&mut state, egress, now);
        match (token, fetching) {
            (Some(token), _) => Ok(AtHand::Token(token)),
            (None, fetching) => Ok(AtHand::Fetching(fetching?)),
        }
    }

    /// The fetch that is under way, or else a new one, unless somebody has to rest. It is finished whether anybody waits
    /// for it or not.
    fn fetch(
        &self,
        state: &mut State,
        egress: &Egress,
        now: Instant,
    ) -> Result<Shared<BoxFuture<'static, Fetched>>, Problem> {
        if let Some(fetching) = &state.fetching {
            return Ok(fetching.clone());
        }
        if let Some((until, why)) = &state.rest
            && now < *until
        {
            return Err(match why {
                Problem::Busy { .. } => Problem::Busy { retry_after: Some(*until - now) },
                other => other.clone(),
            });
        }
        let (source, egress) = (self.clone(), egress.clone());
        let task = tokio::spawn(async move {
            let given = source.0.grant.fetch(&egress).await;
            source.note(given)
        });
        let source = self.clone();
        let fetched = task.map(move |fetched| {
            // It has not come to its end: the next one begins anew.
            fetched.unwrap_or_else(|_| source.note(Err(Failure::broken())))
        });
        let fetching = fetched.boxed().shared();
        state.fetching = Some(fetching.clone());
        Ok(fetching)
    }

    fn note(&self, given: Result<Given, Failure>) -> Fetched {
        let mut state = self.state();
        state.fetching = None;
        match given {
            Ok(given) => {
                if state.failures > 0 {
                    tracing::info!(
                        server.name = self.0.grant.name(),
                        "tokens for a source are given again"
                    );
                }
                state.count += 1;
                let token = Token::of(given, state.count);
                (state.failures, state.rest) = (0, None);
                state.token = Some(token.clone());
                Ok(token)
            }
            Err(failure) => {
                let rest = rest(state.failures, failure.retry_after);
                state.failures += 1;
                state.rest = Some((Instant::now() + rest, failure.problem.clone()));
                if self.0.complaint.is_due() {
                    let (name, what) = (self.0.grant.name(), failure.what);
                    tracing::warn!(server.name = name, "no token for a source is given: {what}");
                }
                Err(failure.problem)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum AtHand {
    Token(Token),
    Fetching(Shared<BoxFuture<'static, Fetched>>),
}

impl Token {
    fn of(given: Given, number: u64) -> Self {
        let life = given.life.clamp(SHORTEST_LIFE, LONGEST_LIFE);
        let ends_at = given.asked_at + life;
        let renew_at = ends_at - RENEWED_BEFORE.min(life / 5);
        Self {
            value: given.value,
            number,
            renew_at,
            unused_from: ends_at - UNUSED_AT_END.min(life / 10),
        }
    }

    fn shown(self) -> Shown {
        Shown::Token(self.value, self.number)
    }
}

/// How long nobody is asked after a failure.
fn rest(failures: u32, retry_after: Option<Duration>) -> Duration {
    let rest = FIRST_REST.saturating_mul(1 << failures.min(5)).min(LONGEST_REST);
    retry_after.map_or(rest, |wait| wait.min(LONGEST_WAIT).max(rest))
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
