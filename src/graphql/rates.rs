//! How much one viewer may ask: requests by the minute, and distinct patients by the hour.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_graphql::ServerError;
use moka::sync::Cache;

use super::error::ErrorCode;
use crate::access::Viewer;
use crate::identity::PersonId;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// Of how many viewers it is remembered what they asked.
const MOST_VIEWERS: u64 = 20_000;

/// The limits; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests of one viewer in a minute.
    pub requests_per_minute: u32,
    /// Distinct patients whom one viewer opens in an hour.
    pub patients_per_hour: u32,
}

/// What each viewer has asked of late.
pub(crate) struct Rates {
    limits: RateLimits,
    viewers: Cache<Key, Arc<Mutex<Used>>>,
}

/// Who it is, whatever the role and the purpose. Subjects tell people of two issuers apart: all but the first issuer's
/// have the issuer's URL before them, and a token of another that looks so is refused.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key(String);

#[derive(Default)]
struct Used {
    /// When the requests so far will be forgotten (generic cell rate algorithm).
    requests_until: Option<Instant>,
    /// The patients of the last hour, and when each was opened first.
    patients: HashMap<PersonId, Instant>,
}

impl Rates {
    pub(crate) fn new(limits: RateLimits) -> Self {
        // Whoever asks nothing for an hour has nothing left to remember.
        let viewers =
            Cache::builder().max_capacity(MOST_VIEWERS).time_to_idle(HOUR + MINUTE).build();
        Self { limits, viewers }
    }

    /// Counts one request. The error is how long to wait.
    pub(crate) fn request(&self, viewer: &Viewer, now: Instant) -> Result<(), Duration> {
        let Some(pause) = MINUTE.checked_div(self.limits.requests_per_minute) else {
            return Ok(());
        };
        let used = self.used(viewer);
        let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
        let until = used.requests_until.map_or(now, |until| until.max(now)) + pause;
        let ahead = until.duration_since(now);
        if ahead > MINUTE {
            return Err(ahead.saturating_sub(MINUTE));
        }
        used.requests_until = Some(until);
        Ok(())
    }

    /// Counts the patients whom a viewer opens. Those of the last hour cost nothing; `unknown` says that somebody was
    /// asked for who is not there, which nobody may find out who has no patients left. False when it is too many.
    pub(crate) fn patients(
        &self,
        viewer: &Viewer,
        opened: impl IntoIterator<Item = PersonId>,
        unknown: bool,
        now: Instant,
    ) -> bool {
        let limit = self.limits.patients_per_hour as usize;
        if limit == 0 {
            return true;
        }
        let used = self.used(viewer);
        let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
        let patients = &mut used.patients;
        patients.retain(|_, since| now.saturating_duration_since(*since) < HOUR);
        for person in opened {
            if patients.contains_key(&person) {
                continue;
            }
            if patients.len() >= limit {
                return false;
            }
            patients.insert(person, now);
        }
        !unknown || patients.len() < limit
    }

    fn used(&self, viewer: &Viewer) -> Arc<Mutex<Used>> {
        self.viewers.get_with(Key(viewer.subject.clone()), Arc::default)
    }
}

/// Too many requests: the same words for everybody.
pub(super) fn too_many_requests() -> ServerError {
    ErrorCode::RateLimited.of_request("You have sent too many requests; wait a little.")
}

/// Too many patients: the same words whoever the patient is, or is not.
pub(super) fn too_many_patients() -> async_graphql::Error {
    ErrorCode::RateLimited.error(
        "You have opened as many patients within an hour as you may; those can still be read.",
    )
}

#[cfg(test)]
#[path = "rates_tests.rs"]
mod tests;
