//! Who holds a stream open: whoever brought the token, for as long as it is good.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::HeaderMap;
use tokio::sync::Mutex;

use super::auth::Authenticator;
use super::problem::Problem;
use crate::access::Viewer;
use crate::graphql::Pass;

/// Whoever brought the token in these headers.
pub(super) struct Bearer {
    authenticator: Arc<Authenticator>,
    headers: HeaderMap,
    /// Nobody for good once the token was found bad.
    known: Mutex<Option<Viewer>>,
}

impl Bearer {
    /// Verifies the token for the first time.
    pub(super) async fn of(
        authenticator: Arc<Authenticator>,
        headers: HeaderMap,
    ) -> Result<Self, Problem> {
        let known = Mutex::new(Some(authenticator.viewer(&headers).await?));
        Ok(Self { authenticator, headers, known })
    }
}

#[async_trait]
impl Pass for Bearer {
    async fn viewer(&self) -> Option<Viewer> {
        let mut known = self.known.lock().await;
        if known.is_some() {
            match self.authenticator.viewer(&self.headers).await {
                Ok(viewer) => *known = Some(viewer),
                // That its issuer cannot be asked says nothing against a token that was good.
                Err(Problem::NoKeys) if !self.authenticator.is_revoked(&self.headers) => {}
                Err(_) => *known = None,
            }
        }
        known.clone()
    }
}
