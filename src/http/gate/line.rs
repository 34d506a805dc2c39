//! Who is under way, who waits, and whose turn it is next.
//!
//! Lanes go in their order. Within a lane the turn goes to the tenant that has least under way, and then to whoever came
//! first. One tenant never has all slots, so that another finds one even while nobody leaves. A turn is a ticket here; who
//! is woken by it is the business of the gate.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::Lane;
use super::claim::{Claim, Tenant};

/// How many slots emergencies may take beyond the limit: this part of it, and a few.
const EXTRA_PART: usize = 4;
const EXTRA: usize = 8;

/// The part of the slots that no tenant alone may take.
const KEPT_PART: usize = 4;

/// In a flood, as many may wait as this part of the limit, and a few.
const WAITING_PART: usize = 2;
const WAITING: usize = 16;

/// How many emergencies may wait, how many streams that begin (when many connections break at once, all come back at once),
/// and how many others.
const EMERGENCIES: usize = 256;
const SUBSCRIPTIONS: usize = 1_024;
const OTHERS: usize = 1_024;

/// How many whose token was not verified yet are believed at once that it is an emergency.
const STRANGERS: usize = 8;

/// Whoever waits, by the number that they got.
#[derive(Debug)]
struct Waiter {
    ticket: u64,
    tenant: Tenant,
}

/// What comes of a claim.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Goes in.
    In,
    /// Waits, perhaps in the place of somebody else, who goes.
    Waits { ticket: u64, instead_of: Option<u64> },
    /// Goes.
    Full,
}

/// Who is under way and who waits.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: [VecDeque<Waiter>; Lane::ALL.len()],
    held: HashMap<Tenant, usize>,
    under_way: usize,
    believed_strangers: usize,
    last_ticket: u64,
}

impl Line {
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.iter().map(VecDeque::len).sum()
    }

    fn waiting_in(&self, lane: Lane) -> usize {
        self.waiting[lane.place()].len()
    }

    /// Whether the part of the line is full that a lane has a share in.
    fn is_full(&self, lane: Lane, limit: usize, is_flood: bool) -> bool {
        match lane {
            Lane::Emergency => self.waiting_in(lane) >= EMERGENCIES,
            Lane::Subscription => self.waiting_in(lane) >= SUBSCRIPTIONS,
            Lane::Interactive | Lane::Batch => {
                let waiting = self.waiting_in(Lane::Interactive) + self.waiting_in(Lane::Batch);
                waiting >= if is_flood { WAITING + limit / WAITING_PART } else { OTHERS }
            }
        }
    }

    /// A claim as far as it is believed: too many strangers with an emergency at once are no emergency.
    pub(super) fn believed(&self, claim: Claim) -> Claim {
        let doubtful = is_strange(claim) && self.believed_strangers >= STRANGERS;
        Claim { lane: if doubtful { Lane::Interactive } else { claim.lane }, ..claim }
    }

    /// Somebody comes. The line is short in a flood.
    pub(super) fn come(&mut self, claim: Claim, limit: usize, is_flood: bool) -> Place {
        if self.may_enter(claim, limit) {
            self.enter(claim);
            return Place::In;
        }
        let mut instead_of = None;
        if self.is_full(claim.lane, limit, is_flood) {
            instead_of = self.least_worthy(claim).and_then(|(lane, at)| self.take(lane, at));
            if instead_of.is_none() {
                return Place::Full;
            }
        }
        if is_strange(claim) {
            self.believed_strangers += 1;
        }
        self.last_ticket += 1;
        let waiter = Waiter { ticket: self.last_ticket, tenant: claim.tenant };
        self.waiting[claim.lane.place()].push_back(waiter);
        Place::Waits { ticket: self.last_ticket, instead_of }
    }

    /// Somebody who waited goes away; false when they were not there any more.
    pub(super) fn give_up(&mut self, lane: Lane, ticket: u64) -> bool {
        let place = self.waiting[lane.place()].iter().position(|waiter| waiter.ticket == ticket);
        place.is_some_and(|at| self.take(lane, at).is_some())
    }

    /// Whoever waits goes, but for emergencies and streams.
    pub(super) fn disperse(&mut self) -> BTreeSet<u64> {
        let lanes = [Lane::Interactive, Lane::Batch];
        let waiting = lanes.map(|lane| std::mem::take(&mut self.waiting[lane.place()]));
        waiting.into_iter().flatten().map(|waiter| waiter.ticket).collect()
    }

    /// Somebody who was under way has gone.
    pub(super) fn leave(&mut self, claim: Claim) {
        self.under_way = self.under_way.saturating_sub(1);
        self.release(claim);
    }

    /// Whoever was a stranger turned out to be somebody, or to be in another lane than they said.
    pub(super) fn turns_out(&mut self, was: Claim, is: Claim) {
        self.release(was);
        self.hold(is);
    }

    /// Whose turn it is, if there is a slot.
    pub(super) fn next(&mut self, limit: usize) -> Option<(u64, Claim)> {
        let (lane, at) = Lane::ALL.into_iter().find_map(|lane| {
            let poorest = self.waiting[lane.place()]
                .iter()
                .enumerate()
                .filter(|(_, waiter)| self.may_enter(Claim { lane, tenant: waiter.tenant }, limit))
                .min_by_key(|(_, waiter)| self.held_by(waiter.tenant));
            poorest.map(|(at, _)| (lane, at))
        })?;
        let waiter = self.waiting[lane.place()].get(at)?;
        let claim = Claim { lane, tenant: waiter.tenant };
        let ticket = self.take(lane, at)?;
        self.enter(claim);
        Some((ticket, claim))
    }

    fn may_enter(&self, claim: Claim, limit: usize) -> bool {
        if claim.lane == Lane::Emergency {
            return self.under_way < limit + limit / EXTRA_PART + EXTRA;
        }
        let share = (limit - limit / KEPT_PART).max(1);
        self.under_way < limit && self.held_by(claim.tenant) < share
    }

    fn held_by(&self, tenant: Tenant) -> usize {
        self.held.get(&tenant).copied().unwrap_or_default()
    }

    fn enter(&mut self, claim: Claim) {
        self.under_way += 1;
        self.hold(claim);
    }

    fn hold(&mut self, claim: Claim) {
        *self.held.entry(claim.tenant).or_default() += 1;
        self.believed_strangers += usize::from(is_strange(claim));
    }

    fn release(&mut self, claim: Claim) {
        if let Some(held) = self.held.get_mut(&claim.tenant) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&claim.tenant);
            }
        }
        self.believed_strangers -= usize::from(is_strange(claim)).min(self.believed_strangers);
    }

    fn take(&mut self, lane: Lane, at: usize) -> Option<u64> {
        let waiter = self.waiting[lane.place()].remove(at)?;
        let strange = is_strange(Claim { lane, tenant: waiter.tenant });
        self.believed_strangers -= usize::from(strange).min(self.believed_strangers);
        Some(waiter.ticket)
    }

    /// Who has to go so that somebody else may wait: the last of those who may wait longest, or of the tenant that has more
    /// waiting than theirs would have.
    fn least_worthy(&self, claim: Claim) -> Option<(Lane, usize)> {
        if claim.lane == Lane::Interactive
            && let Some(last) = self.waiting_in(Lane::Batch).checked_sub(1)
        {
            return Some((Lane::Batch, last));
        }
        let lane = &self.waiting[claim.lane.place()];
        let mut counts: HashMap<Tenant, usize> = HashMap::new();
        for waiter in lane {
            *counts.entry(waiter.tenant).or_default() += 1;
        }
        let own = counts.get(&claim.tenant).copied().unwrap_or_default();
        let (tenant, count) =
            counts.into_iter().max_by_key(|(tenant, count)| (*count, tenant.0))?;
        let last = lane.iter().rposition(|waiter| waiter.tenant == tenant)?;
        (count > own + 1).then_some((claim.lane, last))
    }
}

fn is_strange(claim: Claim) -> bool {
    claim.lane == Lane::Emergency && claim.tenant == Tenant::STRANGERS
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
