//! Who holds a stream open: whoever brought the token, for as long as it is good.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::HeaderMap;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::auth::Authenticator;
use super::problem::Problem;
use crate::access::Viewer;
use crate::graphql::Pass;

/// How long a token that was verified is only looked up among the revoked ones.
const VERIFIED_FOR: Duration = Duration::from_secs(10);

/// Whoever brought the token in these headers.
pub(super) struct Bearer {
    authenticator: Arc<Authenticator>,
    headers: HeaderMap,
    known: Mutex<Known>,
}

struct Known {
    viewer: Option<Viewer>,
    verified: Instant,
}

impl Bearer {
    /// Verifies the token for the first time.
    pub(super) async fn of(
        authenticator: Arc<Authenticator>,
        headers: HeaderMap,
    ) -> Result<Self, Problem> {
        let viewer = Some(authenticator.viewer(&headers).await?);
        let known = Mutex::new(Known { viewer, verified: Instant::now() });
        Ok(Self { authenticator, headers, known })
    }
}

#[async_trait]
impl Pass for Bearer {
    async fn viewer(&self) -> Option<Viewer> {
        let mut known = self.known.lock().await;
        if known.viewer.is_none() || self.authenticator.is_revoked(&self.headers) {
            known.viewer = None;
        } else if known.verified.elapsed() > VERIFIED_FOR {
            match self.authenticator.viewer(&self.headers).await {
                Ok(viewer) => known.viewer = Some(viewer),
                // That its issuer cannot be asked says nothing against a token that was good.
                Err(Problem::NoKeys) => {}
                Err(_) => known.viewer = None,
            }
            known.verified = Instant::now();
        }
        known.viewer.clone()
    }
}
