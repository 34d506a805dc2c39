//! Asking a source that lists nobody for one patient.

use std::sync::Arc;

use caregraph_connectors::Problem;
use caregraph_connectors::connector::RosterEntry;
use caregraph_connectors::egress::purposed;
use tokio::time::Instant;

use super::ask::GRACE;
use super::{Fleet, Source};

/// Whom a source knows under this identifier, unless it is to be left alone. Tells the source that somebody is a patient
/// elsewhere: it is for whoever calls this to know that the patient has agreed to that.
pub async fn find(
    fleet: &Fleet,
    source: &Arc<Source>,
    value: &str,
    deadline: Instant,
    purpose: &'static str,
) -> Result<Vec<RosterEntry>, Problem> {
    let deadline = deadline.min(Instant::now() + source.timeout);
    let question = source.guard.reading(source.connector.find(value, deadline));
    // The connector keeps its own deadline; a moment later the question is taken from it.
    let asked = fleet.closing().by(deadline + GRACE, purposed(Some(purpose), question));
    asked.await.unwrap_or(Err(Problem::Timeout))
}
