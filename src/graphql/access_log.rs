//! The audit log, as it is read through the graph.

use std::collections::BTreeMap;

use async_graphql::registry::Registry;
use async_graphql::{Error, ID, InputType, InputValueError, InputValueResult, Value};

use super::call::Call;
use super::error::ErrorCode;
use super::gateway::Gateway;
use super::lookup::broken;
use super::trail::unrecorded;
use crate::access::{AccessMask, FieldClass, Role};
use crate::audit::{Entry, Event, Find, instant};
use crate::identity::PersonId;
use crate::view::access_log::{AccessLogEntry, LogPage, LogPages, PatientAccess, list};
use crate::view::connection::Connection;
use crate::view::gate::{Instant, Output};
use crate::view::id::GlobalId;

/// An instant that is given, RFC 3339.
pub(super) struct DateTime(i64);

impl InputType for DateTime {
    type RawValueType = Self;

    fn type_name() -> std::borrow::Cow<'static, str> {
        <Instant as Output>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Instant as Output>::register(registry);
        <Instant as Output>::type_ref()
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let Some(Value::String(text)) = &value else {
            return Err(InputValueError::expected_type(value.unwrap_or_default()));
        };
        let wrong = || InputValueError::custom("must be an instant such as 2027-01-31T12:00:00Z");
        instant::read(text).map(Self).ok_or_else(wrong)
    }

    fn to_value(&self) -> Value {
        Value::Null
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// What an auditor looks for.
pub(super) struct Wanted {
    pub(super) patient: Option<ID>,
    pub(super) viewer: Option<String>,
    pub(super) from: Option<DateTime>,
    pub(super) until: Option<DateTime>,
    pub(super) page: LogPage,
}

impl Gateway {
    /// What an auditor looks for, the newest first.
    pub(super) async fn access_log(
        &self,
        call: &Call,
        mask: &AccessMask,
        wanted: Wanted,
    ) -> Result<Connection<AccessLogEntry>, Error> {
        let Wanted { patient, viewer, from, until, page } = wanted;
        let person = patient.map(|id| match GlobalId::decode(&id.0) {
            Some(GlobalId::Patient(person)) => Ok(person),
            _ => Err(ErrorCode::BadUserInput.error("\"patient\" must be the id of a patient.")),
        });
        let person = person.transpose()?;
        call.trail.shows_other(Event::LogRead, person, FieldClass::AccessLog);
        // Whether somebody is a patient here is not to be found out by trying subjects.
        let bound = Role::ALL.iter().filter(|role| role.is_bound_to_a_patient());
        let find = Find {
            not_in_roles: bound.filter(|_| viewer.is_some()).map(|role| role.name()).collect(),
            people: match person {
                Some(person) => Some(self.aliases(person).await?),
                None => None,
            },
            viewer,
            from_ms: from.map(|from| from.0),
            until_ms: until.map(|until| until.0),
            ..self::find(&page)?
        };
        let found = self.audit.find(&find).await.map_err(|error| unrecorded(&error))?;
        let people = found.iter().filter_map(|(_, entry)| entry.person).collect();
        let names = self.pseudonyms(people).await?;
        Ok(list(&page, found, |place, entry| {
            let patient = entry.person.and_then(|person| names.get(&person).cloned());
            AccessLogEntry::of(place, entry, mask, patient, self.viewer_name(entry))
        }))
    }

    /// The pages of a patient's own log that a query asks for.
    pub(super) async fn log_pages(
        &self,
        call: &Call,
        person: PersonId,
        mask: &AccessMask,
        pages: Vec<LogPage>,
    ) -> Result<LogPages, Error> {
        let mut read = LogPages::new();
        if pages.is_empty() {
            return Ok(read);
        }
        let people = self.aliases(person).await?;
        let names = call.viewer.role == Role::Patient || !mask.hides_records();
        for page in pages {
            let find = Find { people: Some(people.clone()), ..find(&page)? };
            let found = self.audit.find(&find).await.map_err(|error| unrecorded(&error))?;
            let list = list(&page, found, |_, entry| PatientAccess::of(entry, names));
            read.push((page, list));
        }
        Ok(read)
    }

    async fn aliases(&self, person: PersonId) -> Result<Vec<PersonId>, Error> {
        self.index.aliases(person).await.map_err(|error| broken(&error))
    }

    /// By which names auditors know these patients: one for each person, whichever id they had.
    pub(super) async fn pseudonyms(
        &self,
        people: Vec<PersonId>,
    ) -> Result<BTreeMap<PersonId, String>, Error> {
        let today = self.resolve(&people).await?;
        let names = people.into_iter().zip(today).map(|(person, today)| {
            let id = today.map_or(person, |identity| identity.id);
            (person, self.audit.pseudonym(id.as_uuid().as_bytes()))
        });
        Ok(names.collect())
    }

    /// A patient's own subject may be their name.
    fn viewer_name(&self, entry: &Entry) -> String {
        let is_professional =
            Role::named(&entry.body.role).is_some_and(|role| !role.is_bound_to_a_patient());
        if is_professional || entry.viewer.is_empty() {
            return entry.viewer.clone();
        }
        self.audit.pseudonym(entry.viewer.as_bytes())
    }
}

fn find(page: &LogPage) -> Result<Find, Error> {
    let after = page
        .place()
        .map_err(|_| ErrorCode::BadUserInput.error("\"after\" is not a cursor of this list."))?;
    Ok(Find { after, limit: page.first + 1, ..Find::default() })
}
