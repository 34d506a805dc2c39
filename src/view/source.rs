//! Sources, as the graph shows them.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::registry::Registry;

use super::connector::Connector;
use super::gate::{Id, Output, Shape, TypeKind, Writer, add_type, choice, object};
use super::id::GlobalId;
use crate::gather::{self, Category};
use caregraph_connectors::record::Section;

/// A source, as the graph shows it.
#[derive(Clone, Debug)]
pub(crate) struct Source(pub(crate) Arc<gather::Source>);

object! {
    /// A provider system that holds data.
    impl Source in ["Node"] {
        /// Opaque and stable.
        id: Id, Public => |it, _field| GlobalId::Source(it.0.id.clone()).encode();
        /// Its name, as people know it.
        name: String, Public => |it, _field| it.0.name;
        /// What kind of care it belongs to.
        category: SourceCategory, Public => |it, _field| SourceCategory::from(it.0.category);
        /// The organisation that runs it.
        organization: Option<String>, Public => |it, _field| it.0.organization;
        /// How far its patients have been indexed; null for a source without patients.
        roster: Option<Roster>, Public => |it, _field| it.0.roster.read(&it.0.id).map(Roster::from);
        /// Of which system the identifiers are by which it can be asked for one patient, with `linkByIdentifier`; null
        /// for a source that lists its patients.
        identifier_system: Option<String>, Public => |it, _field| it.0.finds_by().map(str::to_owned);
        /// Our link to it.
        connector: Connector, Public => |it, _field| Connector::of(&it.0);
    }
}

object! {
    /// How far the patients of a source have been indexed.
    struct Roster {
        /// How far.
        state: RosterState, Public;
        /// How many have been read; for operators, because a number that grows tells of whoever came.
        people: Option<i32>, ConnectorSetup;
        /// How many there are, if the source says so.
        total: Option<i32>, ConnectorSetup;
        /// One sentence, when there is something to say.
        message: Option<String>, Public;
    }
}

choice! {
    /// How far the patients of a source have been indexed.
    enum RosterState {
        /// Nothing has been read yet.
        Waiting = "WAITING",
        /// They are being read for the first time.
        Reading = "READING",
        /// All have been read; changes are followed.
        Ready = "READY",
        /// They could not be read; it is being tried again.
        Failed = "FAILED",
    }
}

impl From<gather::RosterState> for Roster {
    fn from(state: gather::RosterState) -> Self {
        let count = |count: u64| Some(i32::try_from(count).unwrap_or(i32::MAX));
        let (state, people, total, message) = match state {
            gather::RosterState::Waiting => (RosterState::Waiting, None, None, None),
            gather::RosterState::Reading { read, total } => {
                (RosterState::Reading, count(read), total.and_then(count), None)
            }
            gather::RosterState::Ready { people, .. } => {
                (RosterState::Ready, count(people), count(people), None)
            }
            gather::RosterState::Failed { problem, .. } => {
                (RosterState::Failed, None, None, Some(problem.to_string()))
            }
        };
        Self { state, people, total, message }
    }
}

choice! {
    /// What kind of care a source belongs to.
    enum SourceCategory {
        /// A primary-care practice.
        PrimaryCare = "PRIMARY_CARE",
        /// A specialist.
        Specialist = "SPECIALIST",
        /// A pharmacy.
        Pharmacy = "PHARMACY",
        /// A community organisation or directory.
        Community = "COMMUNITY",
        /// A hospital.
        Hospital = "HOSPITAL",
        /// A behavioural-health clinic.
        BehavioralHealth = "BEHAVIORAL_HEALTH",
    }
}

choice! {
    /// How a source stands in an answer.
    enum SourceState {
        /// It answered, in full.
        Ok = "OK",
        /// Shown from a copy that is still fresh.
        Cached = "CACHED",
        /// Shown from an old copy, because the source could not be asked.
        Stale = "STALE",
        /// It did not answer in time.
        Timeout = "TIMEOUT",
        /// It failed, or what it sent could not be used in full.
        Error = "ERROR",
        /// It is not asked for a while, because it kept failing.
        CircuitOpen = "CIRCUIT_OPEN",
        /// It refuses our credentials.
        Unauthorized = "UNAUTHORIZED",
        /// It has no record that is known to be this patient's. A source that lists its patients has none that fits; one that
        /// does not (`Source.identifierSystem`) has not been linked to this one, so it may know them: the message says so.
        NotLinked = "NOT_LINKED",
        /// It does not offer this section.
        NotSupported = "NOT_SUPPORTED",
    }
}

impl From<Category> for SourceCategory {
    fn from(category: Category) -> Self {
        match category {
            Category::PrimaryCare => Self::PrimaryCare,
            Category::Specialist => Self::Specialist,
            Category::Pharmacy => Self::Pharmacy,
            Category::Community => Self::Community,
            Category::Hospital => Self::Hospital,
            Category::BehavioralHealth => Self::BehavioralHealth,
        }
    }
}

/// The sections as an enum of the schema.
impl Output for Section {
    fn type_name() -> Cow<'static, str> {
        "Section".into()
    }

    fn register(registry: &mut Registry) {
        let values = Self::ALL.iter().map(|section| (section.name(), section.about())).collect();
        let about = "One topic of the patient view, or the directory of services.";
        add_type(registry, "Section", TypeKind::Enum(about, values));
    }

    fn write(&self, _: &Shape, out: &mut Writer) {
        out.string(self.name());
    }
}

impl From<gather::SourceState> for SourceState {
    fn from(state: gather::SourceState) -> Self {
        match state {
            gather::SourceState::Ok => Self::Ok,
            gather::SourceState::Cached => Self::Cached,
            gather::SourceState::Stale => Self::Stale,
            // What is told besides, is that it is still waited for.
            gather::SourceState::Timeout | gather::SourceState::Pending => Self::Timeout,
            gather::SourceState::Error => Self::Error,
            gather::SourceState::CircuitOpen => Self::CircuitOpen,
            gather::SourceState::Unauthorized => Self::Unauthorized,
            gather::SourceState::NotLinked => Self::NotLinked,
            gather::SourceState::NotSupported => Self::NotSupported,
        }
    }
}
