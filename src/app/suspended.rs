//! A source that is not in use for now: it is still known whose patients it has, so that it is told that what it knows of
//! them is missing.

use async_trait::async_trait;
use caregraph_connectors::record::Section;
use caregraph_connectors::{Answer, Ask, Connector, Problem, Share};

/// Stands in for a connector, and asks nobody.
pub(super) struct Suspended {
    sections: Vec<Section>,
    has_roster: bool,
}

impl Suspended {
    pub(super) fn new(connector: &dyn Connector) -> Self {
        Self { sections: connector.offers().to_vec(), has_roster: connector.has_roster() }
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

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        Share::failed(Problem::Suspended).for_each(ask.patients)
    }
}
