//! Entries as `AuditEvent` resources of FHIR R4, in the shape of IHE's Basic Audit Log Patterns.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::entry::{Body, Entry, Event, Outcome};
use super::instant;
use super::store::Place;

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ENTITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
const REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const AGENT_TYPE: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes";
const BALP_ENTITY: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";

/// One entry as an `AuditEvent`.
pub fn event(place: &Place, entry: &Entry) -> Value {
    let body = &entry.body;
    let (kind, subtype, action) = kind(body.event);
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": format!("{}-{}", place.1, place.2),
        "type": kind,
        "subtype": [subtype],
        "action": action,
        "recorded": instant::write(entry.at_ms),
        "outcomeDesc": body.outcome.name(),
        "agent": agents(entry),
        "source": {
            "observer": { "display": "caregraph" },
            "type": [coding(SOURCE_TYPE, "4", "Application Server")],
        },
    });
    if let Some(outcome) = outcome(body.outcome) {
        event["outcome"] = outcome.into();
    }
    if !body.purpose.is_empty() {
        event["purposeOfEvent"] = json!([purpose(&body.purpose)]);
    }
    let entities = entities(entry);
    if !entities.is_empty() {
        event["entity"] = entities.into();
    }
    event
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

/// Type, subtype and action of an event.
fn kind(event: Event) -> (Value, Value, &'static str) {
    let rest = || coding(EVENT_TYPE, "rest", "RESTful Operation");
    let interaction = |code: &str| coding(INTERACTION, code, code);
    let application = || coding(DICOM, "110100", "Application Activity");
    match event {
        Event::Read | Event::Explained => (rest(), interaction("read"), "R"),
        Event::Refreshed | Event::ConnectorTested | Event::LookedUp => {
            (rest(), interaction("operation"), "E")
        }
        Event::Search => (rest(), interaction("search-type"), "E"),
        Event::ConsentRecorded | Event::RelationRecorded | Event::ConnectorRegistered => {
            (rest(), interaction("create"), "C")
        }
        Event::ConsentRevoked
        | Event::ConnectorChanged
        | Event::ConnectorApproved
        | Event::ConnectorShadowed
        | Event::ConnectorStopped
        | Event::RelationEnded
        | Event::BreakGlassReviewed
        | Event::Unlinked => (rest(), interaction("update"), "U"),
        Event::BreakGlass => (
            coding(DICOM, "110113", "Security Alert"),
            coding(DICOM, "110127", "Emergency Override Started"),
            "E",
        ),
        Event::LogRead => {
            (coding(DICOM, "110101", "Audit Log Used"), interaction("search-type"), "R")
        }
        Event::PolicyChanged => (
            coding(DICOM, "110113", "Security Alert"),
            coding(DICOM, "110129", "Security Configuration"),
            "U",
        ),
        Event::Start => (application(), coding(DICOM, "110120", "Application Start"), "E"),
        Event::Stop => (application(), coding(DICOM, "110121", "Application Stop"), "E"),
    }
}

/// The code of success or failure; none for what has only been attempted.
fn outcome(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Done => Some("0"),
        Outcome::NotFound => Some("4"),
        Outcome::Denied | Outcome::Failed => Some("8"),
        Outcome::Attempted => None,
    }
}

fn purpose(code: &str) -> Value {
    json!({ "coding": [{ "system": REASON, "code": code }] })
}

/// The viewer, their client, and the gateway.
fn agents(entry: &Entry) -> Vec<Value> {
    let body = &entry.body;
    let is_viewer = !entry.viewer.is_empty();
    let mut agents = Vec::new();
    if is_viewer {
        let mut viewer = json!({
            "type": { "coding": [coding(AGENT_TYPE, "UserOauthAgent", "User OAuth Agent participant")] },
            "role": [{ "text": body.role }],
            "who": { "identifier": { "value": entry.viewer } },
            "requestor": true,
        });
        if !body.purpose.is_empty() {
            viewer["purposeOfUse"] = json!([purpose(&body.purpose)]);
        }
        agents.push(viewer);
    }
    if let Some(organization) = &body.organization {
        agents.push(json!({
            "role": [{ "text": "organization" }],
            "who": { "identifier": { "value": organization } },
            "requestor": false,
        }));
    }
    if let Some(client) = &body.client {
        agents.push(json!({
            "type": { "coding": [coding(DICOM, "110153", "Source Role ID")] },
            "who": { "identifier": { "value": client } },
            "requestor": false,
        }));
    }
    agents.push(json!({
        "type": { "coding": [coding(DICOM, "110152", "Destination Role ID")] },
        "who": { "display": "caregraph" },
        "requestor": !is_viewer,
    }));
    agents
}

/// Whose data, which policy, by which document, in which request.
fn entities(entry: &Entry) -> Vec<Value> {
    let body = &entry.body;
    let mut entities = Vec::new();
    if let Some(person) = entry.person {
        let mut patient = json!({
            "what": { "identifier": {
                "system": "urn:ietf:rfc:3986",
                "value": format!("urn:uuid:{}", person.as_uuid()),
            } },
            "type": coding(ENTITY_TYPE, "1", "Person"),
            "role": coding(ENTITY_ROLE, "1", "Patient"),
        });
        let details = details(body);
        if !details.is_empty() {
            patient["detail"] = details.into();
        }
        entities.push(patient);
    }
    if matches!(body.event, Event::PolicyChanged | Event::Start) && !body.policy.is_empty() {
        entities.push(json!({
            "what": { "identifier": { "value": body.policy } },
            "type": coding(ENTITY_TYPE, "2", "System Object"),
            "role": coding(ENTITY_ROLE, "13", "Security Resource"),
            "description": "The policy",
            "detail": details(body),
        }));
    }
    if !body.document.is_empty() {
        entities.push(json!({
            "type": coding(ENTITY_TYPE, "2", "System Object"),
            "role": coding(ENTITY_ROLE, "24", "Query"),
            "description": "SHA-256 of the GraphQL document, which is not kept itself",
            "query": STANDARD.encode(format!("sha256:{}", body.document)),
        }));
    }
    if !body.request.is_empty() {
        entities.push(json!({
            "what": { "identifier": { "value": body.request } },
            "type": { "system": BALP_ENTITY, "code": "XrequestId" },
        }));
    }
    entities
}

fn details(body: &Body) -> Vec<Value> {
    let sources = body.sources.iter().map(|source| format!("{}={}", source.0, source.1));
    let lists = [
        ("classes", body.classes.join(" ")),
        ("labels", body.labels.join(" ")),
        ("redactions", body.redactions.join(" ")),
        ("sources", sources.collect::<Vec<_>>().join(" ")),
        ("decision", body.decision.clone()),
        ("policy", body.policy.clone()),
        ("policy-before", body.policy_before.clone()),
        ("approvers", body.approvers.join(", ")),
        ("operation", body.operation.clone().unwrap_or_default()),
        ("object", body.object.clone().unwrap_or_default()),
    ];
    let lists = lists.into_iter().filter(|(_, value)| !value.is_empty());
    lists.map(|(name, value)| json!({ "type": name, "valueString": value })).collect()
}
