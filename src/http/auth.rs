//! Who asks: from the `Authorization` header to a viewer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, header};
use caregraph_connectors::egress::Egress;

use super::issuer::{Issuer, KeyState};
use super::problem::Problem;
use super::verified::{self, Grounds, Known, Verified};
use crate::access::token::{KeySet, Presented, Profile, Refused};
use crate::access::{Policy, PolicyFile, PurposeOfUse, RevocationFile, Viewer};

/// The header by which a request narrows its purpose.
pub(super) const PURPOSE: &str = "x-purpose-of-use";

/// Verifies tokens, each as a token of the issuer that it names.
pub struct Authenticator {
    /// By URL.
    issuers: BTreeMap<String, (Profile, Issuer)>,
    policy: Arc<PolicyFile>,
    revoked: Arc<RevocationFile>,
    verified: Verified,
}

impl Authenticator {
    /// Accepts tokens that fit one of these issuers, for purposes that the policy allows, unless they were revoked.
    pub fn new(
        issuers: Vec<Profile>,
        egress: &Egress,
        policy: Arc<PolicyFile>,
        revoked: Arc<RevocationFile>,
    ) -> Self {
        let trusted = issuers.into_iter().map(|profile| {
            let issuer = Issuer::new(profile.issuer.clone(), egress.clone());
            (profile.issuer.clone(), (profile, issuer))
        });
        Self { issuers: trusted.collect(), policy, revoked, verified: Verified::default() }
    }

    /// How far the keys of each issuer are known.
    pub fn key_states(&self) -> Vec<KeyState> {
        self.issuers.values().map(|(_, issuer)| issuer.key_state()).collect()
    }

    /// The viewer that a request's headers stand for.
    pub(super) async fn viewer(&self, headers: &HeaderMap) -> Result<Viewer, Problem> {
        let token = bearer(headers).ok_or(Problem::Unauthenticated)?;
        let mut viewer = self.holder(token).await?;
        let policy = self.policy.current();
        if let Some(purpose) = headers.get(PURPOSE) {
            viewer.purpose = purpose
                .to_str()
                .ok()
                .and_then(PurposeOfUse::of_code)
                .filter(|purpose| policy.purposes(viewer.role).contains(purpose))
                .ok_or(Problem::Purpose)?;
        }
        Ok(viewer)
    }

    /// Whoever the headers' token was found to be a moment ago, with the policy of now. It opens nothing by itself.
    pub(super) fn acquaintance(&self, headers: &HeaderMap) -> Option<(Viewer, Arc<Policy>)> {
        let known = self.verified.get(&verified::name(bearer(headers)?))?;
        Some((known.viewer, self.policy.current()))
    }

    /// The policy of now.
    pub(super) fn policy(&self) -> Arc<Policy> {
        self.policy.current()
    }

    /// Whoever holds a token, if it is good.
    async fn holder(&self, token: &str) -> Result<Viewer, Problem> {
        let name = verified::name(token);
        if let Some(known) = self.verified.get(&name)
            && let Some((_, issuer)) = self.issuers.get(&known.issuer)
            && let Some(keys) = issuer.keys(&known.key_id).await
            && known.holds(&self.grounds(keys), now())
        {
            return Ok(known.viewer);
        }
        let known = self.verify(token).await?;
        self.verified.keep(name, known.clone());
        Ok(known.viewer)
    }

    async fn verify(&self, token: &str) -> Result<Known, Problem> {
        let presented = Presented::read(token).map_err(refused)?;
        // An issuer that is not ours is asked for nothing, and another issuer's keys are never tried.
        let (profile, issuer) = self
            .issuers
            .get(presented.issuer())
            .ok_or(Refused("its issuer is not one of ours"))
            .map_err(refused)?;
        let keys = issuer.keys(presented.key_id()).await.ok_or(Problem::NoKeys)?;
        let grounds = self.grounds(keys);
        let Grounds { keys, policy, revoked } = &grounds;
        let viewer = presented.verify(keys, profile, policy, revoked).map_err(refused)?;
        let is_other = |(other, _): &(Profile, Issuer)| {
            other.issuer != profile.issuer && other.owns_subject(&viewer.subject)
        };
        if self.issuers.values().any(is_other) {
            return Err(refused(Refused("its subject is written like one of another issuer")));
        }
        let (issuer, key_id) = (presented.issuer().to_owned(), presented.key_id().to_owned());
        Ok(Known { viewer, issuer, key_id, grounds: Arc::new(grounds) })
    }

    fn grounds(&self, keys: Arc<KeySet>) -> Grounds {
        Grounds { keys, policy: self.policy.current(), revoked: self.revoked.current() }
    }

    /// True when a token that was good has been revoked since. It is not verified anew.
    pub(super) fn is_revoked(&self, headers: &HeaderMap) -> bool {
        let presented = bearer(headers).and_then(|token| Presented::read(token).ok());
        presented.is_none_or(|token| token.is_revoked(&self.revoked.current()))
    }
}

/// Notes why a token is refused, in words of ours; the caller gets the one answer.
fn refused(Refused(reason): Refused) -> Problem {
    tracing::debug!(reason, "a token was refused");
    Problem::Unauthenticated
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Seconds since 1970-01-01T00:00Z.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
