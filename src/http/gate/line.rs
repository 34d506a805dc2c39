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

/// Those who wait in one lane, by tenant and by the numbers that they got. Of many who wait most are often of one tenant, and
/// whose turn it is is asked each time that somebody goes.
#[derive(Debug, Default)]
struct Queue {
    tenants: HashMap<Tenant, VecDeque<u64>>,
    count: usize,
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
    waiting: [Queue; Lane::ALL.len()],
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
        self.waiting.iter().map(|queue| queue.count).sum()
    }

    fn waiting_in(&self, lane: Lane) -> usize {
        self.waiting[lane.place()].count
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
            instead_of = self.least_worthy(claim).filter(|(of, ticket)| self.give_up(*of, *ticket));
            if instead_of.is_none() {
                return Place::Full;
            }
        }
        if is_strange(claim) {
            self.believed_strangers += 1;
        }
        self.last_ticket += 1;
        self.waiting[claim.lane.place()].push(claim.tenant, self.last_ticket);
        Place::Waits { ticket: self.last_ticket, instead_of: instead_of.map(|(_, ticket)| ticket) }
    }

    /// Somebody who waited goes away; false when they were not there any more.
    pub(super) fn give_up(&mut self, claim: Claim, ticket: u64) -> bool {
        let was_there = self.waiting[claim.lane.place()].remove(claim.tenant, ticket);
        let forgets = usize::from(was_there && is_strange(claim));
        self.believed_strangers -= forgets.min(self.believed_strangers);
        was_there
    }

    /// Whoever waits goes, but for emergencies and streams.
    pub(super) fn disperse(&mut self) -> BTreeSet<u64> {
        let lanes = [Lane::Interactive, Lane::Batch];
        let waiting = lanes.map(|lane| std::mem::take(&mut self.waiting[lane.place()]));
        waiting.into_iter().flat_map(|queue| queue.tenants.into_values().flatten()).collect()
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
        let (claim, ticket) = Lane::ALL.into_iter().find_map(|lane| {
            let firsts = self.waiting[lane.place()].firsts();
            let firsts = firsts.map(|(tenant, ticket)| (Claim { lane, tenant }, ticket));
            firsts
                .filter(|(claim, _)| self.may_enter(*claim, limit))
                .min_by_key(|(claim, ticket)| (self.held_by(claim.tenant), *ticket))
        })?;
        self.give_up(claim, ticket);
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

    /// Who has to go so that somebody else may wait: the last of those who may wait longest, or of the tenant that has more
    /// waiting than theirs would have.
    fn least_worthy(&self, claim: Claim) -> Option<(Claim, u64)> {
        let lasts = |lane: Lane| {
            let lasts = self.waiting[lane.place()].lasts();
            lasts.map(move |(tenant, count, ticket)| (Claim { lane, tenant }, count, ticket))
        };
        if claim.lane == Lane::Interactive
            && let Some((last, _, ticket)) = lasts(Lane::Batch).max_by_key(|(.., ticket)| *ticket)
        {
            return Some((last, ticket));
        }
        let own = self.waiting[claim.lane.place()].tenants.get(&claim.tenant);
        let own = own.map_or(0, VecDeque::len);
        let (most, count, ticket) =
            lasts(claim.lane).max_by_key(|(claim, count, _)| (*count, claim.tenant.0))?;
        (count > own + 1).then_some((most, ticket))
    }
}

impl Queue {
    /// Whoever comes has the highest number.
    fn push(&mut self, tenant: Tenant, ticket: u64) {
        self.tenants.entry(tenant).or_default().push_back(ticket);
        self.count += 1;
    }

    /// Takes somebody out; false when they were not there.
    fn remove(&mut self, tenant: Tenant, ticket: u64) -> bool {
        let Some(tickets) = self.tenants.get_mut(&tenant) else { return false };
        let Ok(place) = tickets.binary_search(&ticket) else { return false };
        tickets.remove(place);
        self.count -= 1;
        if tickets.is_empty() {
            self.tenants.remove(&tenant);
        }
        true
    }

    /// Who came first of each tenant.
    fn firsts(&self) -> impl Iterator<Item = (Tenant, u64)> {
        self.tenants.iter().filter_map(|(tenant, tickets)| Some((*tenant, *tickets.front()?)))
    }

    /// Who came last of each tenant, and how many of it wait.
    fn lasts(&self) -> impl Iterator<Item = (Tenant, usize, u64)> {
        let last = |(tenant, tickets): (&Tenant, &VecDeque<u64>)| {
            Some((*tenant, tickets.len(), *tickets.back()?))
        };
        self.tenants.iter().filter_map(last)
    }
}

fn is_strange(claim: Claim) -> bool {
    claim.lane == Lane::Emergency && claim.tenant == Tenant::STRANGERS
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
