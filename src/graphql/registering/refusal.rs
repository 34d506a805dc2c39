//! Why something could not be done to a connector, as callers are told.

use async_graphql::Error;

use super::super::error::ErrorCode;
use crate::register::{Objection, RegisterError};

pub(super) fn nobody() -> Error {
    ErrorCode::NotFound.error("There is no such connector, or none of your organisation.")
}

pub(super) fn failed(error: &RegisterError) -> Error {
    match error {
        RegisterError::NoSuch => nobody(),
        RegisterError::Objection(it) => objection(it),
        RegisterError::Overtaken => ErrorCode::Conflict.error(
            "Somebody else changed the connector at the same time; look at it and try again.",
        ),
        RegisterError::Store(_) | RegisterError::Sealed(_) | RegisterError::Unwritable(_) => {
            tracing::error!(%error, "the register of connectors failed");
            ErrorCode::SourceUnavailable
                .error("The register of connectors cannot be read or written now; try again later.")
        }
    }
}

pub(super) fn objection(objection: &Objection) -> Error {
    let code = match objection {
        Objection::NotYours
        | Objection::NotAdmin
        | Objection::OwnWork(_)
        | Objection::OwnOrganization(_) => ErrorCode::Forbidden,
        Objection::NoSuchVersion(_) | Objection::NoShare => ErrorCode::BadUserInput,
        Objection::Taken
        | Objection::Retired
        | Objection::NotTested(_)
        | Objection::InForce(_)
        | Objection::NotInForce
        | Objection::NotShadowed(_)
        | Objection::NoPatients
        | Objection::AnotherSystem { .. }
        | Objection::Distrusted => ErrorCode::Conflict,
    };
    let sentence = objection.to_string();
    let mut letters = sentence.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    code.error(format!("{first}{}.", letters.as_str()))
}
