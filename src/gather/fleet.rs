//! The sources that this gateway knows.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use caregraph_connectors::record::Section;
use caregraph_connectors::{Connector, LocalId};

use super::Guard;
use super::cache::{self, Cache, CacheKey, Keeping, System};
use super::closing::Closing;
use super::hearing::Hearing;
use super::shadow::ShadowSlot;
use super::silence::Silence;
use super::watch::Hub;
use crate::identity::PersonIndex;
pub use crate::identity::{SourceId, SourceState as RosterState};

/// One source and our link to it.
pub struct Source {
    /// Its id, as in the configuration.
    pub id: SourceId,
    /// Its name, as people know it.
    pub name: String,
    /// `PRIMARY_CARE`, `SPECIALIST`, `PHARMACY`, `COMMUNITY`, `HOSPITAL`, `BEHAVIORAL_HEALTH`.
    pub category: Category,
    /// The organisation that runs it.
    pub organization: Option<String>,
    /// What it is besides its id.
    pub system: System,
    /// Which version of its connector is in force: 1 for one of the configuration.
    pub version: u32,
    /// It was registered while the gateway runs, and does not stand in the configuration.
    pub is_registered: bool,
    /// It is not in use for now, and is asked nothing.
    pub is_suspended: bool,
    /// The dialect that it speaks.
    pub kind: &'static str,
    /// The longest that one answer of it is waited for.
    pub timeout: Duration,
    /// For how long what it says may be kept.
    pub keeping: Keeping,
    /// The running connector.
    pub connector: Arc<dyn Connector>,
    /// Through whom it is asked.
    pub guard: Guard,
    /// How far its patients have been read.
    pub roster: RosterGauge,
    /// How often what it said before was shown.
    pub copies: cache::Figures,
    /// What is said of it when it is not asked.
    pub silence: Silence,
    /// Whether it tells us of every change.
    pub hearing: Hearing,
    /// The next version of the connector, if one is asked beside it.
    pub shadow: ShadowSlot,
}

/// Tells how far the patients of a source have been read, once there is an index that knows.
#[derive(Default)]
pub struct RosterGauge(OnceLock<PersonIndex>);

impl RosterGauge {
    /// From now on this index is asked.
    pub fn connect(&self, index: PersonIndex) {
        // A gauge that is connected stays so.
        let _ = self.0.set(index);
    }

    /// How far the patients of `source` have been read; `None` when nobody reads them.
    pub fn read(&self, source: &SourceId) -> Option<RosterState> {
        let progress = self.0.get()?.progress();
        progress.into_iter().find(|known| known.source == *source).map(|known| known.state)
    }
}

/// What kind of care a source belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    /// A primary-care practice.
    PrimaryCare,
    /// A specialist.
    Specialist,
    /// A pharmacy.
    Pharmacy,
    /// A community organisation.
    Community,
    /// A hospital.
    Hospital,
    /// A behavioural-health clinic.
    BehavioralHealth,
}

impl Source {
    /// True when the source has patients, and not only a directory.
    pub fn has_patients(&self) -> bool {
        self.connector.offers().iter().any(|section| *section != Section::Services)
    }

    /// Of which system the identifiers are by which it can be asked for one patient, when it lists none.
    pub fn finds_by(&self) -> Option<&str> {
        self.connector.finds_by().filter(|_| !self.connector.has_roster())
    }

    /// The names by which tokens may mean whoever runs it: the organisation's, and the id that an operator chose. The id of a
    /// registered source was chosen by a partner, who could choose the name of somebody else.
    pub fn run_by(&self) -> impl Iterator<Item = &str> {
        let id = (!self.is_registered).then_some(self.id.as_str());
        self.organization.as_deref().into_iter().chain(id)
    }

    /// The names by which other sources may mean whoever runs it: those, and the source's own as people know it, unless a
    /// partner chose it.
    pub fn known_as(&self) -> impl Iterator<Item = &str> {
        self.run_by().chain((!self.is_registered).then_some(self.name.as_str()))
    }

    /// Under what is kept what it says of one patient in one section.
    pub(super) fn key(&self, section: Section, patient: LocalId) -> CacheKey {
        CacheKey { source: self.id.clone(), system: self.system, section, patient }
    }

    /// True when the source may fill that section.
    pub fn offers(&self, section: Section) -> bool {
        self.connector.offers().contains(&section)
    }
}

/// All sources that are in force, in their order, with what is kept of what they said. It never changes: when sources come or
/// go, there is a next edition of it. Cheap to clone.
#[derive(Clone)]
pub struct Fleet {
    sources: Arc<[Arc<Source>]>,
    /// Where the source of an id stands among them.
    places: Arc<HashMap<SourceId, usize>>,
    edition: u64,
    cache: Cache,
    hub: Hub,
    closing: Closing,
}

impl Fleet {
    /// Takes the sources in their order.
    pub fn new(all: Vec<Source>, cache: Cache) -> Self {
        let hub = Hub::new(cache.clone());
        let (sources, places, closing) = (Arc::default(), Arc::default(), Closing::default());
        let nothing = Self { sources, places, edition: 0, cache, hub, closing };
        nothing.with(all.into_iter().map(Arc::new).collect())
    }

    /// The next edition, of these sources. What is kept and who watches stay.
    #[must_use]
    pub fn with(&self, sources: Vec<Arc<Source>>) -> Self {
        for source in &sources {
            self.cache.learn(&source.id, source.system);
        }
        let places = sources.iter().enumerate().map(|(place, it)| (it.id.clone(), place));
        let places = Arc::new(places.collect());
        Self { sources: sources.into(), places, edition: self.edition + 1, ..self.clone() }
    }

    /// A number that grows whenever the sources change.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// All sources.
    pub fn all(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// What is kept of what they said.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// What is kept up to date for those who watch.
    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Whether they are still waited for.
    pub(super) fn closing(&self) -> &Closing {
        &self.closing
    }

    /// From now on no request waits for any of them: it answers with what has arrived.
    pub fn close(&self) {
        self.closing.close();
    }

    /// The source of that id.
    pub fn get(&self, id: &SourceId) -> Option<&Arc<Source>> {
        self.sources.get(*self.places.get(id)?)
    }

    /// The sources that have patients.
    pub fn with_patients(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.sources.iter().filter(|source| source.has_patients())
    }
}
