//! The gate: who is let in when more ask than can be answered.
//!
//! It decides on headers alone, before a signature is verified and before anything of a body is read. Whoever cannot be
//! let in waits a moment, in the lane and among the tenants that they belong to ([`line`]), and is told to come back
//! later. How many are let in follows from whether this process keeps up ([`limit`]). It knows nothing of GraphQL.

mod claim;
mod crowd;
mod figures;
mod lane;
mod limit;
mod line;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use self::claim::{Claims, Tenant};
use self::crowd::Crowd;
use self::limit::Limit;
use self::line::{Line, Place};
use crate::access::{Policy, Viewer};

pub(super) use claim::Claim;
pub use figures::{GateFigures, GateStanding, LaneFigures};
pub use lane::Lane;

/// How long somebody waits when a moment ago nobody did: a burst is to be taken in.
const BURST: Duration = Duration::from_millis(100);
/// How long when there is always somebody who waits: then it only makes every answer later.
const STANDING: Duration = Duration::from_millis(5);
/// How long an emergency waits.
const EMERGENCY: Duration = Duration::from_secs(1);
/// How long a stream waits that begins: it would only come again.
const SUBSCRIPTION: Duration = Duration::from_secs(5);

/// How often it is looked how late a task gets to run.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What a gate needs to know.
#[derive(Clone, Debug)]
pub struct GateSettings {
    /// How many requests may be under way, however little there is to do.
    pub least: usize,
    /// How many at most.
    pub most: usize,
    /// The clients whose requests may wait until there is nothing else to do.
    pub batch_clients: BTreeSet<String>,
}

/// Lets requests in.
pub struct Gate {
    state: Mutex<State>,
    claims: Claims,
    figures: GateFigures,
}

struct State {
    limit: Limit,
    line: Line,
    turns: HashMap<u64, oneshot::Sender<Pass>>,
    crowd: Crowd,
    looked_at: Instant,
}

/// Leave to be under way. It is given back when it is dropped.
pub(super) struct Pass {
    gate: Arc<Gate>,
    claim: Claim,
    own: Option<Duration>,
}

/// There is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crowded;

/// Somebody who waits, until they are dropped.
struct Waiting<'g> {
    gate: &'g Arc<Gate>,
    lane: Lane,
    ticket: u64,
}

impl Gate {
    /// A gate before which nobody stands.
    pub fn new(settings: GateSettings) -> Self {
        let now = Instant::now();
        Self {
            state: Mutex::new(State {
                limit: Limit::new(settings.least, settings.most, now),
                line: Line::default(),
                turns: HashMap::new(),
                crowd: Crowd::begin(now),
                looked_at: now,
            }),
            claims: Claims::new(settings.batch_clients),
            figures: GateFigures::default(),
        }
    }

    /// What was counted so far.
    pub fn figures(&self) -> &GateFigures {
        &self.figures
    }

    /// How it stands.
    pub fn standing(&self) -> GateStanding {
        let state = self.state();
        GateStanding {
            under_way: state.line.under_way(),
            limit: state.limit.current(),
            waiting: state.line.waiting(),
        }
    }

    /// What somebody claims whose token, if it is known already, is that of this viewer.
    pub(super) fn claim(
        &self,
        headers: &HeaderMap,
        known: Option<(&Viewer, &Policy)>,
        now: Instant,
    ) -> Claim {
        match known {
            Some((viewer, policy)) => {
                let claim = self.claims.of_viewer(headers, viewer, policy, now);
                self.count_disbelief(headers, claim);
                claim
            }
            None => Claims::of_stranger(headers),
        }
    }

    /// Lets somebody in, as soon as it is their turn.
    pub(super) async fn enter(self: &Arc<Self>, claim: Claim) -> Result<Pass, Crowded> {
        let came = Instant::now();
        let (claim, arrival) = self.come(claim, came);
        let lane = self.figures.lane(claim.lane);
        let pass = match arrival {
            Arrival::In(pass) => Some(pass),
            Arrival::Waits { waiting, turn, until } => {
                lane.queued.add();
                let pass = timeout_at(until, turn).await.ok().and_then(Result::ok);
                drop(waiting);
                pass
            }
            Arrival::Full => None,
        };
        let Some(pass) = pass else {
            lane.shed.add();
            return Err(Crowded);
        };
        lane.accepted.add();
        self.figures.wait.note(came.elapsed());
        self.look(came).await;
        Ok(pass)
    }

    fn come(self: &Arc<Self>, claim: Claim, now: Instant) -> (Claim, Arrival<'_>) {
        let mut state = self.state();
        let believed = state.line.believed(claim);
        if believed != claim {
            self.figures.disbelieved.add();
        }
        let limit = state.limit.current();
        let place = state.line.come(believed, limit);
        state.crowd.note(place == Place::In, now);
        match place {
            Place::In => (believed, Arrival::In(self.pass(believed))),
            Place::Full => (believed, Arrival::Full),
            Place::Waits { ticket, instead_of } => {
                // Whoever is pushed out learns it by this.
                state.turns.retain(|other, _| Some(*other) != instead_of);
                let patience = match believed.lane {
                    Lane::Emergency => EMERGENCY,
                    Lane::Subscription => SUBSCRIPTION,
                    Lane::Interactive | Lane::Batch if state.crowd.stands => STANDING,
                    Lane::Interactive | Lane::Batch => BURST,
                };
                let (give, turn) = oneshot::channel();
                state.turns.insert(ticket, give);
                let waiting = Waiting { gate: self, lane: believed.lane, ticket };
                (believed, Arrival::Waits { waiting, turn, until: now + patience })
            }
        }
    }

    /// Looks how late a task gets to run, now and then: this one, which has just been let in.
    async fn look(&self, now: Instant) {
        {
            let mut state = self.state();
            if now.saturating_duration_since(state.looked_at) < LOOK_EVERY {
                return;
            }
            state.looked_at = now;
        }
        let ready = Instant::now();
        tokio::task::yield_now().await;
        let ran = Instant::now();
        self.state().limit.lagged(ran.saturating_duration_since(ready), ran);
    }

    fn leave(self: &Arc<Self>, claim: Claim, own: Option<Duration>) {
        let now = Instant::now();
        let mut given = Vec::new();
        let mut state = self.state();
        if let Some(own) = own {
            let under_way = state.line.under_way();
            state.limit.answered(own, under_way, now);
        }
        state.line.leave(claim);
        let limit = state.limit.current();
        while let Some((ticket, claim)) = state.line.next(limit) {
            given.push((state.turns.remove(&ticket), claim));
        }
        drop(state);
        for (turn, claim) in given {
            let pass = self.pass(claim);
            // A pass that nobody takes any more is dropped here, which gives it to the next.
            let _ = turn.map(|turn| turn.send(pass));
        }
    }

    fn pass(self: &Arc<Self>, claim: Claim) -> Pass {
        Pass { gate: self.clone(), claim, own: None }
    }

    fn count_disbelief(&self, headers: &HeaderMap, claim: Claim) {
        if Lane::asked(headers) == Lane::Emergency && claim.lane != Lane::Emergency {
            self.figures.disbelieved.add();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes of somebody who comes.
enum Arrival<'g> {
    In(Pass),
    Waits { waiting: Waiting<'g>, turn: oneshot::Receiver<Pass>, until: Instant },
    Full,
}

impl Pass {
    /// Whoever came turned out to be this viewer.
    pub(super) fn turns_out(&mut self, headers: &HeaderMap, viewer: &Viewer, policy: &Policy) {
        if self.claim.tenant != Tenant::STRANGERS {
            return;
        }
        let is = self.gate.claim(headers, Some((viewer, policy)), Instant::now());
        self.gate.state().line.turns_out(self.claim, is);
        self.claim = is;
    }

    /// Leaves the gate; with the claim that is returned one may come again.
    pub(super) fn give_back(self) -> Claim {
        self.claim
    }

    /// The answer is there; without the time in which sources were waited for, it took so long.
    pub(super) fn answered(mut self, own: Duration) {
        self.own = Some(own);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.leave(self.claim, self.own);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.line.give_up(self.lane, self.ticket);
        state.turns.remove(&self.ticket);
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
