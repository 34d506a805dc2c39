//! What a request comes back with, as bytes.

use std::time::Duration;

use async_graphql::{PathSegment, Response, ServerError, Value};
use serde_json::json;

use super::error::{ErrorCode, with_code};
use super::trail::UNRECORDED;

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was executed; errors, if any, are beside the data.
    Executed,
    /// It was refused before anything was executed.
    Refused,
    /// It could not be recorded, so what was found is not shown.
    Unrecorded,
    /// It was refused because its viewer has asked too much of late.
    Limited,
}

/// A GraphQL response.
#[derive(Debug)]
pub struct Reply {
    /// How far the request came.
    pub verdict: Verdict,
    /// The response, JSON.
    pub body: Vec<u8>,
    /// Whether something stands in `errors`.
    pub has_errors: bool,
    /// When it makes sense to ask again.
    pub retry_after: Option<Duration>,
    /// How long it took us: without the time in which sources were waited for.
    pub own: Duration,
}

impl Reply {
    /// A request that was refused.
    pub(crate) fn refused(error: ServerError) -> Self {
        Self::of(Response::from_errors(vec![error]), None)
    }

    /// A request that could not be recorded.
    pub(crate) fn unrecorded() -> Self {
        let error = ErrorCode::SourceUnavailable.of_request(UNRECORDED);
        Self { verdict: Verdict::Unrecorded, ..Self::refused(error) }
    }

    /// A request of somebody who has asked too much.
    pub(crate) fn limited(error: ServerError, retry_after: Option<Duration>) -> Self {
        Self { verdict: Verdict::Limited, retry_after, ..Self::refused(error) }
    }

    /// What the library answered, with what we say beside it. What the gate wrote goes through untouched.
    pub(crate) fn of(response: Response, extensions: Option<serde_json::Value>) -> Self {
        let refused = response.data == Value::Null
            && response.errors.iter().all(|error| error.path.is_empty());
        let verdict =
            if refused && response.is_err() { Verdict::Refused } else { Verdict::Executed };
        let has_errors = response.is_err();
        let mut body = Vec::with_capacity(4 * 1024 + length(&response.data));
        body.push(b'{');
        if !response.errors.is_empty() {
            body.extend_from_slice(b"\"errors\":");
            let mut errors = response.errors;
            // The library finds the mistakes of a document in the order of hash tables.
            errors.sort_by(|a, b| (&a.locations, &a.message).cmp(&(&b.locations, &b.message)));
            let errors: Vec<serde_json::Value> = errors.into_iter().map(error).collect();
            append(&mut body, &errors);
        }
        if verdict == Verdict::Executed {
            if body.len() > 1 {
                body.push(b',');
            }
            body.extend_from_slice(b"\"data\":");
            write(&response.data, &mut body);
        }
        if let Some(extensions) = extensions {
            body.extend_from_slice(b",\"extensions\":");
            append(&mut body, &extensions);
        }
        body.push(b'}');
        Self { verdict, body, has_errors, retry_after: None, own: Duration::ZERO }
    }
}

fn error(error: ServerError) -> serde_json::Value {
    let error = with_code(error);
    let mut shown = json!({ "message": error.message });
    if !error.locations.is_empty() {
        shown["locations"] = error
            .locations
            .iter()
            .map(|at| json!({ "line": at.line, "column": at.column }))
            .collect();
    }
    if !error.path.is_empty() {
        let path = error.path.into_iter().map(|segment| match segment {
            PathSegment::Field(name) => json!(name),
            PathSegment::Index(place) => json!(place),
        });
        shown["path"] = path.collect();
    }
    shown["extensions"] = json!(error.extensions);
    shown
}

/// How long what the gate wrote is.
fn length(value: &Value) -> usize {
    match value {
        Value::Binary(json) => json.len(),
        Value::Object(fields) => fields.values().map(length).sum(),
        Value::List(items) => items.iter().map(length).sum(),
        _ => 0,
    }
}

/// Writes a value. What is binary is JSON that the gate wrote.
fn write(value: &Value, body: &mut Vec<u8>) {
    match value {
        Value::Binary(json) => body.extend_from_slice(json),
        Value::Object(fields) => {
            body.push(b'{');
            for (place, (name, value)) in fields.iter().enumerate() {
                if place > 0 {
                    body.push(b',');
                }
                append(body, name.as_str());
                body.push(b':');
                write(value, body);
            }
            body.push(b'}');
        }
        Value::List(items) => {
            body.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    body.push(b',');
                }
                write(item, body);
            }
            body.push(b']');
        }
        leaf => append(body, leaf),
    }
}

fn append<T: serde::Serialize + ?Sized>(body: &mut Vec<u8>, value: &T) {
    // Writing JSON to memory fails only for maps with keys that are no strings, of which there are none here.
    let _ = serde_json::to_writer(body, value);
}
