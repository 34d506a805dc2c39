//! Subscriptions, over WebSocket and over server-sent events.

mod access;
pub(crate) mod client;
mod demo;
mod events;
mod glass;
mod hidden;
mod lab;
mod live;
mod protocol;
mod sse;

use serde_json::Value;

/// Conditions and how each source stands in them.
pub(crate) const CONDITIONS: &str = "subscription($id: ID!, $after: String) { patientView(id: $id, after: $after) {
    complete changed cursor pending { name } patient { id conditions(first: 100) {
        completeness { state sources { source { name } state pending } } nodes { id code { text } } } } } }";

/// The same, with how each condition stands and which records say so.
fn with_records() -> String {
    CONDITIONS
        .replace("nodes { id code", "nodes { id status provenance { records { reference } } code")
}

/// The list of conditions in an event.
fn conditions(event: &Value) -> &Value {
    &event["data"]["patientView"]["patient"]["conditions"]
}

/// True for an event in which every source has answered or failed.
pub(crate) fn is_complete(event: &Value) -> bool {
    event["data"]["patientView"]["complete"] == true
}
