//! One fetch for all who want the same: who begins it is its pilot, and need not wait for it.
//!
//! A flight that is in the table when it lands may put what it brings into the memory; whoever forgets takes it out of
//! the table. Both happen under one lock, so nothing that was fetched before a forgetting is kept after it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use caregraph_connectors::Problem;
use tokio::sync::watch;
use tokio::time::Instant;

use super::CacheKey;
use super::memory::Known;
use crate::gather::timing::Timing;

/// What a flight brought.
#[derive(Clone)]
pub(super) struct Landing {
    /// All that the source said, or what went wrong.
    pub(super) brought: Result<Arc<Known>, Arc<Missed>>,
    /// From where, and how long it took.
    pub(super) timing: Timing,
}

/// What was said when something went wrong.
pub(super) struct Missed {
    /// What it said all the same.
    pub(super) said: Known,
    /// Why it is not all.
    pub(super) problem: Problem,
}

/// A fetch that is under way.
pub(in crate::gather) struct Flight {
    /// It brings nothing for which a source was asked before; when there is none, nobody knows.
    since: Option<Instant>,
    landed: watch::Receiver<Option<Landing>>,
}

impl Flight {
    /// True when it brings nothing older.
    fn serves(&self, since: Option<Instant>) -> bool {
        since.is_none_or(|since| self.since.is_some_and(|own| own >= since))
    }

    /// Waits until it lands; `None` when it never will, because whoever flew it is gone.
    pub(super) async fn landing(&self) -> Option<Landing> {
        let mut landed = self.landed.clone();
        landed.wait_for(Option::is_some).await.ok()?.clone()
    }
}

/// All flights that are under way.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<CacheKey, Arc<Flight>>>);

/// What somebody does who wants something.
pub(super) enum Boarding<T> {
    /// There is no need: it landed just now.
    Here(T),
    /// Waits for a flight.
    Aboard(Arc<Flight>),
    /// Waits for a flight to land and looks again: it began too early.
    Behind(Arc<Flight>),
    /// Sees that it is fetched.
    Pilot(Pilot),
}

impl Flights {
    fn table(&self) -> MutexGuard<'_, HashMap<CacheKey, Arc<Flight>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the flight of that key, or begins one. `here` is looked up when there is none: one may have landed since
    /// the caller looked. A flight that may bring what is older than `since` is not joined. `takes_copies`: a flight may
    /// bring what another node kept, and not only what the source says now.
    pub(super) fn board<T>(
        self: &Arc<Self>,
        key: &CacheKey,
        since: Option<Instant>,
        takes_copies: bool,
        here: impl FnOnce() -> Option<T>,
    ) -> Boarding<T> {
        let mut table = self.table();
        match table.get(key) {
            Some(flight) if flight.serves(since) => {
                return Boarding::Aboard(flight.clone());
            }
            Some(flight) => return Boarding::Behind(flight.clone()),
            None => {}
        }
        if let Some(here) = here() {
            return Boarding::Here(here);
        }
        let (tell, landed) = watch::channel(None);
        let since = if takes_copies { since } else { Some(Instant::now()) };
        let flight = Arc::new(Flight { since, landed });
        table.insert(key.clone(), flight.clone());
        Boarding::Pilot(Pilot { key: key.clone(), flight, tell, flights: self.clone() })
    }

    /// Takes the flights of these keys out of the table, and does something before anybody else can look.
    pub(super) fn forget<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k CacheKey>,
        meanwhile: impl FnOnce(),
    ) {
        let mut table = self.table();
        for key in keys {
            table.remove(key);
        }
        meanwhile();
    }

    /// Takes the flights out of the table whose keys are meant, likewise.
    pub(super) fn forget_where(
        &self,
        is_meant: impl Fn(&CacheKey) -> bool,
        meanwhile: impl FnOnce(),
    ) {
        let mut table = self.table();
        table.retain(|key, _| !is_meant(key));
        meanwhile();
    }

    /// Takes all flights out of the table, likewise.
    pub(super) fn forget_all(&self, meanwhile: impl FnOnce()) {
        let mut table = self.table();
        table.clear();
        meanwhile();
    }

    /// How many are under way.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.table().len()
    }
}

/// Whoever flies. Dropped before the landing, it leaves nobody waiting and nothing in the way of the next.
pub(super) struct Pilot {
    pub(super) key: CacheKey,
    flight: Arc<Flight>,
    tell: watch::Sender<Option<Landing>>,
    flights: Arc<Flights>,
}

impl Pilot {
    /// The flight.
    pub(super) fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    /// True when the flight may bring what a source was asked for at that moment.
    pub(super) fn takes(&self, asked_at: Instant) -> bool {
        self.flight.since.is_none_or(|since| asked_at >= since)
    }

    /// Does something unless it was forgotten meanwhile.
    pub(super) fn while_current(&self, act: impl FnOnce()) {
        let table = self.flights.table();
        if self.is_current(&table) {
            act();
        }
    }

    /// Tells all who wait. `keep` puts it where the next ones look, unless it was forgotten meanwhile; true when not.
    pub(super) fn land(self, landing: Landing, keep: impl FnOnce()) -> bool {
        let mut table = self.flights.table();
        let is_current = self.is_current(&table);
        if is_current {
            table.remove(&self.key);
            keep();
        }
        drop(table);
        self.tell.send_replace(Some(landing));
        is_current
    }

    fn is_current(&self, table: &HashMap<CacheKey, Arc<Flight>>) -> bool {
        table.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight))
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        let mut table = self.flights.table();
        if self.is_current(&table) {
            table.remove(&self.key);
        }
    }
}
