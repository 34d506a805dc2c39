//! Community services, from the copies that are kept of directories.

use std::sync::Arc;
use std::time::SystemTime;

use super::completeness::{Completeness, instant};
use super::connection::{Connection, Entry, item};
use super::gate::{Id, object};
use super::id::{GlobalId, RecordHash, record_hash};
use super::provenance::{Freshness, Provenance, SourceRecord};
use super::source::Source;
use crate::gather::{self, Fleet, Outcome, SourceId, SourceState};
use caregraph_connectors::hsds::Catalogue;
use caregraph_connectors::record::{FuzzyDate, ServiceRecord, Text};

/// A service of a community organisation.
#[derive(Clone)]
pub(crate) struct CommunityService {
    service: Arc<ServiceRecord>,
    source: Arc<gather::Source>,
    read_at: SystemTime,
    freshness: Freshness,
}

object! {
    /// A service of a community organisation: food, housing, transport, counselling.
    impl CommunityService in ["Node"] {
        /// Opaque and stable.
        id: Id, Public => |it, _field| GlobalId::Service(it.source.id.clone(), it.service.id.clone()).encode();
        /// Its name.
        name: String, Public => |it, _field| it.service.name;
        /// Other names.
        alternate_name: Option<String>, Public => |it, _field| it.service.alternate_name;
        /// The organisation that runs it.
        organization: Option<String>, Public => |it, _field| it.service.organization;
        /// What it is.
        description: Option<String>, Public => |it, _field| it.service.description;
        /// active, inactive, defunct, temporarily closed.
        status: Option<String>, Public => |it, _field| it.service.status;
        /// Web page.
        url: Option<String>, Public => |it, _field| it.service.url;
        /// E-mail address.
        email: Option<String>, Public => |it, _field| it.service.email;
        /// Who may use it.
        eligibility: Option<String>, Public => |it, _field| it.service.eligibility;
        /// Youngest age, in years.
        minimum_age: Option<f64>, Public => |it, _field| it.service.minimum_age;
        /// Oldest age, in years.
        maximum_age: Option<f64>, Public => |it, _field| it.service.maximum_age;
        /// How to apply.
        application: Option<String>, Public => |it, _field| it.service.application;
        /// How long one waits.
        wait_time: Option<String>, Public => |it, _field| it.service.wait_time;
        /// What it costs.
        cost: Option<String>, Public => |it, _field| it.service.cost;
        /// A notice that matters now.
        alert: Option<String>, Public => |it, _field| it.service.alert;
        /// What one must bring.
        documents: Vec<String>, Public => |it, _field| it.service.documents;
        /// Languages spoken.
        languages: Vec<String>, Public => |it, _field| it.service.languages;
        /// Interpreting.
        interpretation: Option<String>, Public => |it, _field| it.service.interpretation;
        /// Telephone numbers.
        phones: Vec<String>, Public => |it, _field| it.service.phones;
        /// Opening hours, one line a schedule.
        schedules: Vec<String>, Public => |it, _field| it.service.schedules;
        /// Areas served.
        areas: Vec<String>, Public => |it, _field| it.service.areas;
        /// Where it is offered.
        locations: Vec<ServiceLocation>, Public => |it, _field| it.locations();
        /// Terms of the directory's taxonomies.
        categories: Vec<String>, Public => |it, _field| it.service.categories;
        /// When somebody last vouched for the entry.
        assured: Option<FuzzyDate>, Public => |it, _field| it.service.assured;
        /// Where it comes from.
        provenance: Provenance, Public => |it, _field| it.provenance();
    }
}
item!(CommunityService, without_thing);

object! {
    /// A place where a service is offered.
    struct ServiceLocation {
        /// Name of the place.
        name: Option<String>, Inherit;
        /// Address in one line.
        address: Option<String>, Inherit;
        /// City.
        city: Option<String>, Inherit;
        /// Postal code.
        postal_code: Option<String>, Inherit;
        /// Latitude in degrees (WGS 84).
        latitude: Option<f64>, Inherit;
        /// Longitude in degrees (WGS 84).
        longitude: Option<f64>, Inherit;
    }
}

impl CommunityService {
    fn hash(&self) -> RecordHash {
        record_hash(&self.source.id, &self.reference())
    }

    fn reference(&self) -> Text {
        Text::from(format!("service/{}", self.service.id))
    }

    fn locations(&self) -> Vec<ServiceLocation> {
        let locations = self.service.locations.iter().map(|location| ServiceLocation {
            name: location.name.clone(),
            address: location.address.clone(),
            city: location.city.clone(),
            postal_code: location.postal_code.clone(),
            latitude: location.latitude,
            longitude: location.longitude,
        });
        locations.collect()
    }

    fn provenance(&self) -> Provenance {
        let record = SourceRecord {
            source: Source(self.source.clone()),
            reference: self.reference(),
            recorded_at: self.service.updated.clone(),
            fetched_at: instant(self.read_at),
            freshness: self.freshness,
        };
        Provenance { records: vec![record], conflicts: Vec::new() }
    }
}

/// The services that match `text` in every directory, best matches first.
pub(crate) fn search(fleet: &Fleet, text: &str) -> Connection<CommunityService> {
    let (mut entries, mut outcomes) = (Vec::new(), Vec::new());
    for (source, catalogue) in directories(fleet) {
        for (place, hit) in catalogue.search(text).into_iter().enumerate() {
            let Some(node) = CommunityService::of(source, &catalogue, hit.service) else {
                continue;
            };
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            entries.push(Entry { place: (place, node.hash()), node });
        }
        outcomes.push(outcome(source, &catalogue));
    }
    Connection::new(entries, Completeness::of(&outcomes))
}

/// One service of one directory.
pub(crate) fn find(fleet: &Fleet, source: &SourceId, id: &str) -> Option<CommunityService> {
    let source = fleet.get(source)?;
    let catalogue = source.connector.directory()?.catalogue();
    CommunityService::of(source, &catalogue, catalogue.service(id)?.clone())
}

fn directories(fleet: &Fleet) -> impl Iterator<Item = (&Arc<gather::Source>, Arc<Catalogue>)> {
    fleet
        .all()
        .iter()
        .filter_map(|source| Some((source, source.connector.directory()?.catalogue())))
}

impl CommunityService {
    fn of(
        source: &Arc<gather::Source>,
        catalogue: &Catalogue,
        service: Arc<ServiceRecord>,
    ) -> Option<Self> {
        let freshness =
            if catalogue.failure().is_some() { Freshness::Stale } else { Freshness::Cached };
        Some(Self {
            service,
            source: source.clone(),
            read_at: catalogue.read_at()?.into(),
            freshness,
        })
    }
}

fn outcome(source: &Arc<gather::Source>, catalogue: &Catalogue) -> Outcome {
    let says = |what: String| Some(format!("{}: {what}", source.name));
    let (state, message) = match (catalogue.read_at(), catalogue.flaw(), catalogue.failure()) {
        (None, _, Some(failure)) => {
            (SourceState::Error, says(format!("it could not be read. {failure}")))
        }
        (None, _, None) => (SourceState::Error, says("it has not been read yet.".to_owned())),
        (Some(_), Some(flaw), _) => (SourceState::Error, says(flaw.to_string())),
        (Some(_), None, _) if catalogue.unreadable() > 0 => (
            SourceState::Error,
            says(format!("{} of its entries could not be read.", catalogue.unreadable())),
        ),
        (Some(_), None, Some(failure)) => (
            SourceState::Stale,
            says(format!(
                "shown as it was read before, since it could not be read again. {failure}"
            )),
        ),
        (Some(_), None, None) => (SourceState::Cached, None),
    };
    Outcome {
        source: source.clone(),
        state,
        message: message.map(Into::into),
        fetched_at: catalogue.read_at().map(Into::into),
        latency: None,
        timing: None,
        withdrawn: 0,
    }
}
