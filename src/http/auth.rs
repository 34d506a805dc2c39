//! Who asks: from the `Authorization` header to a viewer.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use super::issuer::Issuer;
use super::problem::Problem;
use crate::access::{PolicyFile, PurposeOfUse, Viewer, token};

/// The header by which a request narrows its purpose.
const PURPOSE: &str = "x-purpose-of-use";

/// Verifies tokens of one issuer for one audience.
pub struct Authenticator {
    issuer: Issuer,
    audience: String,
    policy: Arc<PolicyFile>,
}

impl Authenticator {
    /// Accepts tokens of `issuer` that are meant for `audience`, for purposes that the policy allows.
    pub fn new(issuer: Issuer, audience: String, policy: Arc<PolicyFile>) -> Self {
        Self { issuer, audience, policy }
    }

    /// The viewer that a request's headers stand for.
    pub(super) async fn viewer(&self, headers: &HeaderMap) -> Result<Viewer, Problem> {
        let token = bearer(headers).ok_or(Problem::Unauthenticated)?;
        let id = token::key_id(token).map_err(|_| Problem::Unauthenticated)?;
        let keys = self.issuer.keys(&id).await.ok_or(Problem::NoKeys)?;
        let policy = self.policy.current();
        let mut viewer = token::verify(token, &keys, self.issuer.url(), &self.audience, &policy)
            .map_err(|_| Problem::Unauthenticated)?;
        if let Some(purpose) = headers.get(PURPOSE) {
            viewer.purpose = purpose
                .to_str()
                .ok()
                .and_then(PurposeOfUse::of_code)
                .filter(|purpose| {
                    *purpose == viewer.purpose || policy.purposes(viewer.role).contains(purpose)
                })
                .ok_or(Problem::Purpose)?;
        }
        Ok(viewer)
    }
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
