//! The gate: who is let in when more ask than can be answered.
//!
//! It decides on headers alone, before a signature is verified and before anything of a body is read. Whoever cannot be
//! let in waits a moment, in the lane and among the tenants that they belong to ([`line`]), and is told to come back
//! later. How many are let in follows from whether this process keeps up ([`limit`]). It knows nothing of GraphQL.

mod claim;
mod figures;
mod flood;
mod lane;
mod limit;
mod line;
mod scales;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use self::claim::{Claims, Tenant};
use self::flood::Flood;
use self::limit::Limit;
use self::line::{Line, Place};
use self::scales::Scales;
use crate::access::{Policy, Viewer};

pub(super) use claim::Claim;
pub use figures::{GateFigures, GateStanding, LaneFigures};
pub use lane::Lane;

/// How long somebody waits; an emergency too.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long in a flood: then waiting only makes every answer later.
const IN_A_FLOOD: Duration = Duration::from_millis(2);
/// How long a stream waits that begins: it would only come again.
const SUBSCRIPTION: Duration = Duration::from_secs(10);

/// How often it is looked how late a task gets to run.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a gate needs to know.
#[derive(Clone, Debug)]
pub struct GateSettings {
    /// How many requests may be under way, however little there is to do.
    pub least: usize,
    /// How many at most.
    pub most: usize,
    /// How many bytes of memory this process may take, if that is known.
    pub most_memory: Option<u64>,
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
    scales: Scales,
    line: Line,
    turns: HashMap<u64, oneshot::Sender<Pass>>,
    flood: Flood,
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
    claim: Claim,
    ticket: u64,
}

impl Gate {
    /// A gate before which nobody stands.
    pub fn new(settings: GateSettings) -> Self {
        let now = Instant::now();
        Self {
            state: Mutex::new(State {
                limit: Limit::new(settings.least, settings.most, now),
                scales: Scales::new(settings.most_memory),
                line: Line::default(),
                turns: HashMap::new(),
                flood: Flood::none(now),
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
        Ok(pass)
    }

    fn come(self: &Arc<Self>, claim: Claim, now: Instant) -> (Claim, Arrival<'_>) {
        let mut state = self.state();
        let believed = state.line.believed(claim);
        if believed != claim {
            self.figures.disbelieved.add();
        }
        let limit = state.limit.current();
        let is_flood = state.flood.stands();
        let place = state.line.come(believed, limit, is_flood);
        state.note(&place, now);
        match place {
            Place::In => (believed, Arrival::In(self.pass(believed))),
            Place::Full => (believed, Arrival::Full),
            Place::Waits { ticket, instead_of } => {
                // Whoever is pushed out learns it by this.
                if let Some(pushed_out) = instead_of {
                    state.turns.remove(&pushed_out);
                }
                let patience = match believed.lane {
                    Lane::Subscription => SUBSCRIPTION,
                    Lane::Interactive | Lane::Batch if state.flood.stands() => IN_A_FLOOD,
                    Lane::Emergency | Lane::Interactive | Lane::Batch => PATIENCE,
                };
                let (give, turn) = oneshot::channel();
                state.turns.insert(ticket, give);
                let waiting = Waiting { gate: self, claim: believed, ticket };
                (believed, Arrival::Waits { waiting, turn, until: now + patience })
            }
        }
    }

    /// Looks all the time how late a task gets to run, and has the limit follow. It ends with its task.
    pub async fn keep(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let ready = Instant::now();
            tokio::task::yield_now().await;
            let ran = Instant::now();
            self.learn(ran.saturating_duration_since(ready), ran);
            self.call_next();
        }
    }

    fn learn(&self, lag: Duration, now: Instant) {
        let mut state = self.state();
        if state.line.waiting() > 0 {
            state.limit.is_wanted();
        }
        if state.scales.look() {
            state.limit.is_tight();
        }
        state.limit.lagged(lag, now);
    }

    fn leave(self: &Arc<Self>, claim: Claim, own: Option<Duration>) {
        {
            let mut state = self.state();
            if let Some(own) = own {
                state.limit.answered(own);
            }
            state.flood.left(Instant::now());
            state.line.leave(claim);
        }
        self.call_next();
    }

    /// Lets in whoever there is room for by now.
    fn call_next(self: &Arc<Self>) {
        let mut given = Vec::new();
        let mut state = self.state();
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

impl State {
    /// Notes that somebody came and what came of it. When that is a flood, whoever waits goes.
    fn note(&mut self, place: &Place, now: Instant) {
        let was_flood = self.flood.stands();
        self.flood.came(*place == Place::In, now);
        if *place != Place::In {
            self.limit.is_wanted();
        }
        if self.flood.stands() && !was_flood {
            let gone = self.line.disperse();
            self.turns.retain(|ticket, _| !gone.contains(ticket));
        }
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
        state.line.give_up(self.claim, self.ticket);
        state.turns.remove(&self.ticket);
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
