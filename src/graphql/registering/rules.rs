//! Whose a connector is, and which version of it is meant.

use async_graphql::Error;

use super::super::call::Call;
use super::super::error::ErrorCode;
use super::super::inputs::bad;
use crate::access::Role;
use crate::register::{Declared, Mistake, Registration};

/// To whom a connector is to belong.
pub(super) fn owner(call: &Call, declared: &Declared) -> Result<String, Error> {
    let forbidden = |what: &str| Err(ErrorCode::Forbidden.error(what));
    let own = call.viewer.organization.clone();
    if call.viewer.role == Role::Admin {
        let nobody = || bad("The manifest must name the organization that runs the source.");
        return declared.organization.clone().or(own).ok_or_else(nobody);
    }
    match (own, &declared.organization) {
        (None, _) => {
            forbidden("Your token names no organisation, so that no connector can be yours.")
        }
        (Some(own), Some(named)) if *named != own => forbidden(
            "The manifest names another organisation than your token; name your own, or none.",
        ),
        (Some(own), _) => Ok(own),
    }
}

/// An update must be of the same system, since its patients are known by the ids that it gave them.
pub(super) fn of_another_system(
    registration: &Registration,
    declared: &Declared,
) -> Option<Mistake> {
    let wrong = |path: &str, what: &str| {
        let message = format!("{what}; retire this connector and register another one");
        Some(Mistake { path: path.to_owned(), place: None, message })
    };
    if declared.id != registration.id.as_str() {
        return wrong("id", "is not the id of the connector that is updated");
    }
    let (path, what) = declared.differs_from(&registration.approved()?.declared)?;
    wrong(path, what)
}

pub(super) fn chosen(registration: &Registration, version: Option<i32>) -> Result<u32, Error> {
    let newest = registration.newest().map_or(1, |version| version.number);
    let Some(version) = version else { return Ok(newest) };
    let number = u32::try_from(version).ok().filter(|it| registration.version(*it).is_some());
    number.ok_or_else(|| bad("\"version\" names no version of the connector."))
}

/// The version that somebody approves. Where there are several, it must be said which of them was looked at: the newest may be
/// newer than that.
pub(super) fn looked_at(registration: &Registration, version: Option<i32>) -> Result<u32, Error> {
    if version.is_none() && registration.versions.len() > 1 {
        return Err(bad(
            "\"version\" must be named, since the connector has several; name the one that you looked at.",
        ));
    }
    chosen(registration, version)
}

/// Partners know of those of their own organisation alone.
pub(super) fn may_know(call: &Call, registration: &Registration) -> bool {
    call.viewer.role != Role::Partner
        || call.viewer.organization.as_ref() == Some(&registration.organization)
}
