//! Who asks: from the `Authorization` header to a viewer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use caregraph_connectors::egress::Egress;

use super::issuer::Issuer;
use super::problem::Problem;
use crate::access::token::{Presented, Profile, Refused};
use crate::access::{PolicyFile, PurposeOfUse, RevocationFile, Viewer};

/// The header by which a request narrows its purpose.
pub(super) const PURPOSE: &str = "x-purpose-of-use";

/// Verifies tokens, each as a token of the issuer that it names.
pub struct Authenticator {
    /// By URL.
    issuers: BTreeMap<String, (Profile, Issuer)>,
    policy: Arc<PolicyFile>,
    revoked: Arc<RevocationFile>,
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
        Self { issuers: trusted.collect(), policy, revoked }
    }

    /// The viewer that a request's headers stand for.
    pub(super) async fn viewer(&self, headers: &HeaderMap) -> Result<Viewer, Problem> {
        let token = bearer(headers).ok_or(Problem::Unauthenticated)?;
        let presented = Presented::read(token).map_err(refused)?;
        // An issuer that is not ours is asked for nothing, and another issuer's keys are never tried.
        let (profile, issuer) = self
            .issuers
            .get(presented.issuer())
            .ok_or(Refused("its issuer is not one of ours"))
            .map_err(refused)?;
        let keys = issuer.keys(presented.key_id()).await.ok_or(Problem::NoKeys)?;
        let policy = self.policy.current();
        let mut viewer =
            presented.verify(&keys, profile, &policy, &self.revoked.current()).map_err(refused)?;
        let is_other = |(other, _): &(Profile, Issuer)| {
            other.issuer != profile.issuer && other.owns_subject(&viewer.subject)
        };
        if self.issuers.values().any(is_other) {
            return Err(refused(Refused("its subject is written like one of another issuer")));
        }
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
