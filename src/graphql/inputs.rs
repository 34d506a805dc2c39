//! What comes in with a mutation, checked.

use async_graphql::Error;
use caregraph_connectors::record::{FuzzyDate, Precision};

use super::error::ErrorCode;

/// The longest text, in bytes.
pub(super) const LONGEST: usize = 1_000;

/// A mistake of the caller's.
pub(super) fn bad(message: &str) -> Error {
    ErrorCode::BadUserInput.error(message)
}

/// A text that must say something.
pub(super) fn sentence(field: &str, text: &str, what: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return Err(bad(&format!("{field:?} must say {what}, in at most {LONGEST} bytes.")));
    }
    Ok(text.to_owned())
}

/// A name, when one is given.
pub(super) fn name(field: &str, name: Option<String>) -> Result<Option<String>, Error> {
    let name = name.map(|name| sentence(field, &name, "a name"));
    name.transpose()
}

/// From when until when, in milliseconds since 1970-01-01T00:00Z.
pub(super) fn period(
    from: Option<String>,
    until: Option<String>,
) -> Result<(Option<i64>, Option<i64>), Error> {
    let (from, until) = (instant("from", from)?, instant("until", until)?);
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        return Err(bad("\"until\" must be later than \"from\"."));
    }
    Ok((from, until))
}

fn instant(field: &str, text: Option<String>) -> Result<Option<i64>, Error> {
    let Some(text) = text else { return Ok(None) };
    let instant = FuzzyDate::parse(&text).filter(|date| date.precision() == Precision::Instant);
    let wrong = || bad(&format!("{field:?} must be an instant such as 2027-01-31T12:00:00Z."));
    instant.map(|date| Some(date.starts_ms())).ok_or_else(wrong)
}
