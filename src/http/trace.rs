//! Where in a trace a request stands, as its client says.

use axum::http::{HeaderMap, HeaderName};

use crate::telemetry::trace::TraceContext;

/// The header by which a client says so (W3C Trace Context). `tracestate` and `baggage` are free text of the client's and
/// are not looked at: they could say anything, to whoever we would hand them on.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The header by which a client asks when which source was asked.
const WATERFALL: HeaderName = HeaderName::from_static("x-care-trace");

/// Where the client stands; nothing when it does not say so well-formed, and exactly once.
pub(super) fn caller(headers: &HeaderMap) -> Option<TraceContext> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() { None } else { TraceContext::parse(value) }
}

/// Whether the client wants to know when which source was asked.
pub(super) fn wants_waterfall(headers: &HeaderMap) -> bool {
    headers.get(WATERFALL).is_some_and(|value| value == "1")
}
