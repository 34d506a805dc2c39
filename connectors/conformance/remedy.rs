//! What to change because of a problem.

use super::report::{Finding, Topic};
use crate::connector::Problem;

/// In one sentence.
pub(super) fn remedy(problem: &Problem) -> &'static str {
    match problem {
        Problem::Timeout => "Answer sooner, or allow more time with `timeout_ms`.",
        Problem::Unreachable => {
            "See that `base_url` is right, that the server runs, and that its certificate is valid for that name."
        }
        Problem::Unauthorized => {
            "Give credentials that the server takes, in the way in which it takes them (`auth`)."
        }
        Problem::Busy { .. } => {
            "Allow as many requests as the connector makes, or lower `max_concurrent`."
        }
        Problem::Status(204) => {
            "Answer with an empty list; or, where 204 means that there is nothing, write none_when = [204]."
        }
        Problem::Status(300..=399) => {
            "Write base_url and path as they are after the redirect, since none is followed; one to a page to sign in means that the credentials were not taken (`auth`)."
        }
        Problem::Status(404 | 405) => {
            "See that `base_url` and the paths are those of the server; where it says so of somebody of whom it knows nothing, write none_when = [404]."
        }
        Problem::Status(400..=499) => {
            "See that path, query and body are such as the server takes; `caregraph connector try` shows the request."
        }
        Problem::Status(_) => "Mend the server; `caregraph connector try` shows the request.",
        Problem::Garbled => {
            "Answer in the form that the manifest says, and packed as its Content-Encoding says; `caregraph connector try` shows what came."
        }
        Problem::TooMuch => "Answer in pages, and in no more of them than are read.",
        Problem::Unreadable(_) => "See which rule does not fit: it is told below, as `rules`.",
        Problem::WrongPatient(_) => {
            "Answer with records of the patient who was asked about alone, and pick as the subject whose they are."
        }
        Problem::Incomplete => "Give the whole list, or say where its next page is.",
        Problem::NotSupported => "Leave out the section, or describe where it is.",
        Problem::Unchanged => "Say that nothing has changed only to who asked that.",
        Problem::Suspended | Problem::NotAsked { .. } => "Try again later.",
    }
}

/// A part of the path stands in `base_url` and once more in what is asked for.
pub(super) fn doubled(path: &str, check: &str) -> Finding {
    let message = format!(
        "The source has no such path; `{path}` stands there twice, from base_url and from what is asked for."
    );
    let remedy = "Leave it out of one of them.";
    Finding::failed(Topic::Shape, check, message, remedy).at("base_url")
}
