//! Where a FHIR server says that tokens are given (SMART App Launch, `.well-known/smart-configuration`).

use std::sync::PoisonError;

use hyper::header::{ACCEPT, HeaderValue};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use super::Shown;
use super::grant::{Endpoint, FOUND_FOR, Failure, Grant};
use crate::egress::question::Question;
use crate::egress::{Egress, REPLY_CAP};

#[derive(Deserialize)]
struct Configuration {
    token_endpoint: String,
}

impl Grant {
    /// Where tokens are given, and how that was written: an assertion names it by the letter.
    pub(super) async fn url(&self, egress: &Egress) -> Result<(Url, String), Failure> {
        let (base, found) = match &self.endpoint {
            Endpoint::Given(url, written) => return Ok((url.clone(), written.clone())),
            Endpoint::Discovered { base, found } => (base, found),
        };
        let known = found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((url, written, since)) = known
            && since.elapsed() < FOUND_FOR
        {
            return Ok((url, written));
        }
        let (url, written) = discover(base, egress).await?;
        let now = Some((url.clone(), written.clone(), Instant::now()));
        *found.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Ok((url, written))
    }

    /// Forgets what was discovered.
    pub(super) fn forget(&self) {
        if let Endpoint::Discovered { found, .. } = &self.endpoint {
            *found.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

async fn discover(base: &Url, egress: &Egress) -> Result<(Url, String), Failure> {
    let mut at = base.clone();
    let path = format!("{}/.well-known/smart-configuration", base.path().trim_end_matches('/'));
    at.set_path(&path);
    at.set_query(None);
    let mut question = Question::get(at, REPLY_CAP);
    question.headers.push((ACCEPT, HeaderValue::from_static("application/json")));
    let reply =
        egress.send(&question, Shown::Nothing).await.map_err(|problem| Failure::of(&problem))?;
    let json = reply.into_ok().map_err(|problem| Failure::of(&problem))?;
    let unclear = "its smart-configuration names no token_endpoint; give token_url";
    let told: Configuration =
        serde_json::from_slice(&json).map_err(|_| Failure::unknown(unclear))?;
    let url = Url::parse(&told.token_endpoint).map_err(|_| Failure::unknown(unclear))?;
    // Whoever answers there is given what proves that we are we: not because somebody says so.
    let reach = egress.reach();
    if !reach.is_meant(&url, base) || reach.check(&url).is_err() {
        let what = "its smart-configuration names a token_endpoint elsewhere; give token_url, or name the host in [egress] \
                    allow_hosts";
        return Err(Failure::unknown(what));
    }
    Ok((url, told.token_endpoint))
}
