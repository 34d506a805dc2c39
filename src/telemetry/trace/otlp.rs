//! Spans as OTLP has them, in its JSON form (OTLP 1.x, `ExportTraceServiceRequest`).

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use super::span::{Ended, Side, Value};

/// What is posted for these spans.
pub(super) fn request(spans: &[Ended]) -> Vec<u8> {
    let spans: Vec<Json> = spans.iter().map(span).collect();
    let json = json!({ "resourceSpans": [{
        "resource": { "attributes": [
            attribute("service.name", &Value::Word("caregraph")),
            attribute("service.version", &Value::Word(env!("CARGO_PKG_VERSION"))),
        ] },
        "scopeSpans": [{ "scope": { "name": "caregraph" }, "spans": spans }],
    }] });
    json.to_string().into_bytes()
}

fn span(span: &Ended) -> Json {
    let kind = match span.side {
        Side::Internal => 1,
        Side::Server => 2,
        Side::Client => 3,
    };
    let attributes = span.attributes.iter().map(|(key, value)| attribute(key, value));
    let mut json = json!({
        "traceId": format!("{:032x}", span.context.trace),
        "spanId": format!("{:016x}", span.context.span),
        "name": span.name,
        "kind": kind,
        "startTimeUnixNano": nanoseconds(span.from),
        "endTimeUnixNano": nanoseconds(span.until),
        "attributes": attributes.collect::<Vec<_>>(),
        "status": { "code": if span.has_failed { 2 } else { 0 } },
    });
    if let Some(parent) = span.parent {
        json["parentSpanId"] = json!(format!("{parent:016x}"));
    }
    json
}

fn attribute(key: &str, value: &Value) -> Json {
    let value = match value {
        Value::Word(word) => json!({ "stringValue": word }),
        Value::Configured(name) => json!({ "stringValue": &**name }),
        // Numbers of 64 bits are texts in OTLP's JSON.
        Value::Number(number) => json!({ "intValue": number.to_string() }),
    };
    json!({ "key": key, "value": value })
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}
