//! What tests of this folder have in common.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use caregraph_connectors::record::Section;
use caregraph_connectors::{Answer, Ask, Connector};

use crate::gather::{
    Category, Guard, Keeping, Knobs, RosterGauge, Silence, Source, SourceId, System, cache,
};

struct Silent;

#[async_trait]
impl Connector for Silent {
    fn offers(&self) -> &[Section] {
        &[]
    }

    async fn fetch(&self, _: Ask<'_>) -> Answer {
        Answer::new()
    }
}

/// A source that says nothing by itself, and of which nothing is kept.
pub(super) fn source(id: &str) -> Arc<Source> {
    source_keeping(id, Keeping::NOTHING)
}

/// The same, of which something may be kept.
pub(super) fn source_keeping(id: &str, keeping: Keeping) -> Arc<Source> {
    Arc::new(Source {
        id: SourceId::new(id),
        name: id.to_owned(),
        category: Category::PrimaryCare,
        organization: None,
        system: System::default(),
        version: 1,
        is_registered: false,
        is_suspended: false,
        kind: "fhir-r4",
        timeout: Duration::from_secs(1),
        keeping,
        connector: Arc::new(Silent),
        guard: Guard::new(Knobs::default()),
        roster: RosterGauge::default(),
        copies: cache::Figures::default(),
        silence: Silence::default(),
        hearing: crate::gather::Hearing::default(),
        shadow: crate::gather::ShadowSlot::default(),
    })
}
