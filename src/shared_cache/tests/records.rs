//! Records to keep: what the simulated systems say of a few people, read through the real connectors.

use std::time::{Duration, SystemTime};

use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::record::Section;
use caregraph_connectors::{Ask, Connector, Io, LocalId, RosterCursor, builtin};
use caregraph_sandbox::{Options, Sandbox};
use tokio::time::Instant;

use crate::gather::{CacheKey, Kept, SourceId, System};

/// What every source of these tests is.
pub(super) const SYSTEM: System = System(1);

/// Everything that a few people have in every system.
pub(super) async fn of_people() -> Vec<(CacheKey, Kept)> {
    let sandbox = Sandbox::start(Options { patients: 6, ..Options::default() }).await.unwrap();
    let (kinds, egress) = (builtin(), Egress::new().unwrap());
    let mut all = Vec::new();
    for system in sandbox.systems() {
        let io = Io {
            base_url: system.base_url().parse().unwrap(),
            credentials: Credentials::None,
            timeout: Duration::from_secs(10),
            egress: egress.clone(),
        };
        let kind = kinds.kind(&system.kind().to_string()).unwrap();
        let connector = (kind.build)(toml::Table::new(), io).unwrap();
        if connector.has_roster() {
            all.extend(of_system(system.id(), connector.as_ref()).await);
        }
    }
    sandbox.stop().await;
    all
}

async fn of_system(id: &str, connector: &dyn Connector) -> Vec<(CacheKey, Kept)> {
    let deadline = Instant::now() + Duration::from_mins(1);
    let page = connector.roster(&RosterCursor::Start, deadline).await.unwrap();
    let mut all = Vec::new();
    for entry in page.people {
        for section in connector.offers() {
            let patients = [entry.id.clone()];
            let ask = Ask { patients: &patients, section: *section, deadline, since: None };
            for (patient, share) in connector.fetch(ask).await {
                let key = key(id, *section, patient);
                all.push((key, Kept::at(share, SystemTime::now())));
            }
        }
    }
    all
}

pub(super) fn key(source: &str, section: Section, patient: LocalId) -> CacheKey {
    CacheKey { source: SourceId::new(source), system: SYSTEM, section, patient }
}

/// All that a copy says, to compare it with another.
pub(super) fn said(kept: &Kept) -> String {
    format!("{:?} {}", kept.fetched_at, serde_json::to_string(&kept.share).unwrap())
}

/// The size of a test: what the environment says, or that of everyday.
#[expect(clippy::disallowed_methods, reason = "the size of a test is no setting of the gateway")]
pub(super) fn size(variable: &str, everyday: u64) -> u64 {
    match std::env::var(variable) {
        Ok(size) => size.parse().unwrap_or_else(|_| panic!("{variable} must be a number")),
        Err(_) => everyday,
    }
}
