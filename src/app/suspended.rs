//! A source that is not in use for now: it is still known whose patients it has, so that it is told that what it knows of
//! them is missing.

use async_trait::async_trait;
use caregraph_connectors::connector::RosterEntry;
use caregraph_connectors::record::Section;
use caregraph_connectors::{Answer, Ask, Connector, Problem, Share};
use tokio::time::Instant;

/// Stands in for a connector, and asks nobody.
pub(super) struct Suspended {
    sections: Vec<Section>,
    has_roster: bool,
    finds_by: Option<String>,
}

impl Suspended {
    pub(super) fn new(connector: &dyn Connector) -> Self {
        Self {
            sections: connector.offers().to_vec(),
            has_roster: connector.has_roster(),
            finds_by: connector.finds_by().map(str::to_owned),
        }
    }
}

#[async_trait]
impl Connector for Suspended {
    fn offers(&self) -> &[Section] {
        &self.sections
    }

    fn has_roster(&self) -> bool {
        self.has_roster
    }

    fn finds_by(&self) -> Option<&str> {
        self.finds_by.as_deref()
    }

    async fn find(&self, _: &str, _: Instant) -> Result<Vec<RosterEntry>, Problem> {
        Err(Problem::Suspended)
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        Share::failed(Problem::Suspended).for_each(ask.patients)
    }
}
