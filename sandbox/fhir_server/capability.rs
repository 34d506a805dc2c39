//! The statement of what a FHIR system offers, written from the same tables that serve it.

use serde_json::{Value, json};

use crate::{day, resource_type::ResourceType, site::Site};

pub(super) fn statement(site: Site, base: &str) -> Value {
    let offered = ResourceType::ALL.into_iter().filter(|kind| kind.offered_by(site));
    let resources: Vec<Value> = offered.map(resource).chain([subscription()]).collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": day::date(day::REFERENCE_DAY),
        "kind": "instance",
        "software": { "name": "caregraph sandbox", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": site.profile().name, "url": base },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server",
            "resource": resources,
            "searchParam": [
                parameter("_id", "token"),
                parameter("_lastUpdated", "date"),
            ],
        }],
    })
}

fn resource(kind: ResourceType) -> Value {
    let form = kind.search_form();
    let mut parameters = vec![parameter("_id", "token"), parameter("_lastUpdated", "date")];
    parameters.extend(form.patient.iter().map(|name| parameter(name, "reference")));
    parameters.extend(form.tokens.iter().map(|(name, _)| parameter(name, "token")));
    parameters.extend(form.dates.iter().map(|(name, _)| parameter(name, "date")));
    if kind == ResourceType::Patient {
        parameters.push(parameter("identifier", "token"));
    }
    let mut resource = json!({
        "type": kind.as_str(),
        "interaction": [{ "code": "read" }, { "code": "search-type" }],
        "versioning": "versioned",
        "searchParam": parameters,
    });
    if kind.names_medication() {
        resource["searchInclude"] = json!([format!("{}:medication", kind.as_str())]);
    }
    resource
}

/// Subscriptions are kept and not searched.
fn subscription() -> Value {
    let interactions = ["create", "read", "delete"].map(|code| json!({ "code": code }));
    json!({ "type": "Subscription", "interaction": interactions })
}

fn parameter(name: &str, kind: &str) -> Value {
    json!({ "name": name, "type": kind })
}
