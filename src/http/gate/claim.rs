//! Who wants to be let in, as far as that is known before a token is verified.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use moka::sync::Cache;
use tokio::time::Instant;

use super::lane::{self, Lane};
use crate::access::{Policy, Viewer};

/// How often one viewer is believed that it is an emergency.
const A_MINUTE: u32 = 120;
const MINUTE: Duration = Duration::from_mins(1);
/// Of how many viewers that is remembered.
const MOST_VIEWERS: u64 = 10_000;

/// Who shares in the slots: an organisation of one issuer, through one client. A number that means nothing outside of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tenant(pub(super) u64);

impl Tenant {
    /// Everybody whose token was not verified yet. What such a token says of itself is nobody's to be charged with.
    pub(super) const STRANGERS: Self = Self(0);
}

/// Who wants to be let in, and in which lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Claim {
    pub(super) lane: Lane,
    pub(super) tenant: Tenant,
}

/// Makes claims.
pub(super) struct Claims {
    names: RandomState,
    batch_clients: BTreeSet<String>,
    /// Until when each viewer has used up what is believed of them (generic cell rate algorithm).
    emergencies: Cache<u64, Arc<Mutex<Option<Instant>>>>,
}

impl Claims {
    pub(super) fn new(batch_clients: BTreeSet<String>) -> Self {
        let emergencies =
            Cache::builder().max_capacity(MOST_VIEWERS).time_to_idle(MINUTE * 2).build();
        Self { names: RandomState::new(), batch_clients, emergencies }
    }

    /// The claim of somebody whose token is not known yet: what the headers say is believed until it is.
    pub(super) fn of_stranger(headers: &HeaderMap) -> Claim {
        Claim { lane: Lane::asked(headers), tenant: Tenant::STRANGERS }
    }

    /// The claim of somebody who is known. An emergency is believed of those who may have that purpose by the policy,
    /// and not without end.
    pub(super) fn of_viewer(
        &self,
        headers: &HeaderMap,
        viewer: &Viewer,
        policy: &Policy,
        now: Instant,
    ) -> Claim {
        let mut asked = Lane::asked(headers);
        if let Some(purpose) = lane::emergency(headers) {
            let may = policy.purposes(viewer.role).contains(&purpose);
            if !may || !self.believes(viewer, now) {
                asked = Lane::Interactive;
            }
        }
        let client = viewer.client.as_deref().unwrap_or_default();
        let lane = asked.of(viewer, self.batch_clients.contains(client));
        Claim { lane, tenant: self.tenant(viewer) }
    }

    /// A person without organisation and client shares with nobody.
    fn tenant(&self, viewer: &Viewer) -> Tenant {
        let Viewer { issuer, organization, client, subject, .. } = viewer;
        let alone = (organization.is_none() && client.is_none()).then_some(subject);
        // Not the number of the strangers.
        Tenant(self.names.hash_one((issuer, organization, client, alone)).max(1))
    }

    fn believes(&self, viewer: &Viewer, now: Instant) -> bool {
        let name = self.names.hash_one(&viewer.subject);
        let used = self.emergencies.get_with(name, Arc::default);
        let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
        let until = used.map_or(now, |until| until.max(now)) + MINUTE / A_MINUTE;
        if until.duration_since(now) > MINUTE {
            return false;
        }
        *used = Some(until);
        true
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::access::Role;

    fn headers(purpose: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-purpose-of-use", HeaderValue::from_static(purpose));
        headers
    }

    #[test]
    fn an_emergency_is_believed_of_whoever_may_have_one_and_not_without_end() {
        let (claims, policy, now) =
            (Claims::new(BTreeSet::new()), Policy::default_policy(), Instant::now());
        let lane = &|viewer: &Viewer, purpose, now| {
            claims.of_viewer(&headers(purpose), viewer, &policy, now).lane
        };
        let worker = Viewer::somebody(Role::CommunityWorker);
        assert_eq!(lane(&worker, "ETREAT", now), Lane::Interactive);
        let doctor = Viewer { subject: "doctor".to_owned(), ..Viewer::somebody(Role::PrimaryCare) };
        assert_eq!(lane(&doctor, "BTG", now), Lane::Interactive, "nobody's purpose by this policy");
        let believed =
            |now| (0..500).filter(|_| lane(&doctor, "ETREAT", now) == Lane::Emergency).count();
        assert_eq!(believed(now), A_MINUTE as usize);
        assert_eq!(believed(now + MINUTE / 2), A_MINUTE as usize / 2, "it comes back");
        let other = Viewer { subject: "other".to_owned(), ..doctor.clone() };
        assert_eq!(lane(&other, "ETREAT", now), Lane::Emergency, "nobody pays for another");
        assert_eq!(Claims::of_stranger(&headers("ETREAT")).lane, Lane::Emergency);
    }

    #[test]
    fn tenants_are_organisations_by_their_clients() {
        let claims = Claims::new(BTreeSet::from(["nightly".to_owned()]));
        let policy = Policy::default_policy();
        let of = |organization: Option<&str>, client: Option<&str>, subject: &str| {
            let viewer = Viewer {
                organization: organization.map(str::to_owned),
                client: client.map(str::to_owned),
                subject: subject.to_owned(),
                ..Viewer::somebody(Role::Coordinator)
            };
            claims.of_viewer(&HeaderMap::new(), &viewer, &policy, Instant::now())
        };
        let one = of(Some("lakeside"), Some("app"), "a");
        assert_eq!(one, of(Some("lakeside"), Some("app"), "b"));
        assert_ne!(one.tenant, of(Some("northgate"), Some("app"), "a").tenant);
        assert_ne!(one.tenant, of(Some("lakeside"), Some("other"), "a").tenant);
        assert_ne!(of(None, None, "a").tenant, of(None, None, "b").tenant);
        assert_ne!(of(None, None, "a").tenant, Tenant::STRANGERS);
        assert_eq!(of(Some("lakeside"), Some("nightly"), "a").lane, Lane::Batch);
    }

    #[test]
    fn two_organisations_of_one_name_at_two_issuers_are_two_tenants() {
        let (claims, policy) = (Claims::new(BTreeSet::new()), Policy::default_policy());
        let of = |issuer: &str, subject: &str| {
            let viewer = Viewer {
                issuer: issuer.to_owned(),
                client: Some("app".to_owned()),
                subject: subject.to_owned(),
                ..Viewer::of_organization(Role::Coordinator, "lakeside")
            };
            claims.of_viewer(&HeaderMap::new(), &viewer, &policy, Instant::now()).tenant
        };
        let one = of("https://one.example", "a");
        assert_eq!(one, of("https://one.example", "b"));
        assert_ne!(one, of("https://two.example", "a"));
    }
}
