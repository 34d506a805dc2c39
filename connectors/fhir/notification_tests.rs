use serde_json::json;

use super::*;
use crate::notice::{Count, Occasion};

fn heard(body: &Value) -> Notice {
    read(&Message { path: "", body: body.to_string().as_bytes() })
}

fn change(patient: &str, section: Section) -> Change {
    Change { patient: Some(LocalId::new(patient)), section: Some(section) }
}

fn anybody(section: Section) -> Change {
    Change { patient: None, section: Some(section) }
}

fn status(kind: &str, in_all: &str, events: &Value) -> Value {
    json!({ "resourceType": "SubscriptionStatus", "status": "active", "type": kind,
        "subscription": { "reference": "Subscription/s" }, "eventsSinceSubscriptionStart": in_all,
        "notificationEvent": events })
}

fn bundle(entries: &[Value]) -> Value {
    let entries: Vec<Value> = entries.iter().map(|it| json!({ "resource": it })).collect();
    json!({ "resourceType": "Bundle", "type": "subscription-notification", "entry": entries })
}

fn event(number: &str, focus: &str) -> Value {
    json!({ "eventNumber": number, "focus": { "reference": focus } })
}

#[test]
fn a_ping_and_what_cannot_be_read_mean_anything() {
    for body in ["", " \n", "<Observation/>", "{", "7", "{}", r#"{"resourceType":"Bundle"}"#] {
        let notice = read(&Message { path: "", body: body.as_bytes() });
        assert_eq!(notice, Notice::of_anything(), "{body:?}");
    }
}

#[test]
fn a_resource_names_whose_it_is_and_what() {
    for (resource, expected) in [
        (
            json!({ "resourceType": "Observation", "subject": { "reference": "Patient/1" } }),
            change("1", Section::Observations),
        ),
        (
            json!({ "resourceType": "AllergyIntolerance", "patient": { "reference": "http://x/fhir/Patient/1/_history/3" } }),
            change("1", Section::Allergies),
        ),
        (
            json!({ "resourceType": "Coverage", "beneficiary": { "reference": "Patient/1" } }),
            change("1", Section::Coverage),
        ),
        (
            json!({ "resourceType": "Appointment", "participant": [
                { "actor": { "reference": "Practitioner/9" } }, { "actor": { "reference": "Patient/1" } }] }),
            change("1", Section::Appointments),
        ),
        (
            json!({ "resourceType": "Observation", "subject": { "reference": "Group/1" } }),
            anybody(Section::Observations),
        ),
        (
            json!({ "resourceType": "Goal", "subject": { "identifier": { "value": "1" } } }),
            anybody(Section::Goals),
        ),
        (json!({ "resourceType": "Medication", "id": "1" }), anybody(Section::Medications)),
        (json!({ "resourceType": "Practitioner", "id": "1" }), Change::ANYTHING),
        (
            json!({ "resourceType": "Provenance", "patient": { "reference": "Patient/1" } }),
            Change { patient: Some(LocalId::new("1")), section: None },
        ),
    ] {
        let notice = heard(&resource);
        assert_eq!(
            (notice.changes.as_slice(), notice.roster),
            ([expected].as_slice(), false),
            "{resource}"
        );
    }
    let patient = heard(&json!({ "resourceType": "Patient", "id": "1" }));
    assert_eq!((patient.changes, patient.roster), (vec![change("1", Section::Demographics)], true));
}

#[test]
fn what_was_put_or_deleted_is_told_by_its_address() {
    let notice = |path| read(&Message { path, body: b"" });
    assert_eq!(notice("Observation/9").changes, [anybody(Section::Observations)]);
    assert_eq!(notice("Patient/9").changes, [change("9", Section::Demographics)]);
    assert_eq!(notice("nonsense"), Notice::of_anything());
}

#[test]
fn a_status_tells_by_ids_by_resources_or_by_neither() {
    let observation = json!({ "resourceType": "Observation", "id": "9", "subject": { "reference": "Patient/1" } });
    let practitioner = json!({ "resourceType": "Practitioner", "id": "4" });
    let events = json!([event("3", "Observation/9")]);
    let full =
        heard(&bundle(&[status("event-notification", "3", &events), observation, practitioner]));
    assert_eq!(full.changes, [change("1", Section::Observations)], "what came along is no event");
    let (subscription, numbers) = ("Subscription/s".to_owned(), vec![3]);
    let count = Count { subscription, occasion: Occasion::Events, in_all: Some(3), numbers };
    assert_eq!(full.count, Some(count));
    let ids = heard(&bundle(&[status("event-notification", "3", &events)]));
    assert_eq!(ids.changes, [anybody(Section::Observations)]);
    let mut with = event("3", "Observation/9");
    with["additionalContext"] =
        json!([{ "reference": "Encounter/3" }, { "reference": "Patient/1" }]);
    let with = heard(&bundle(&[status("event-notification", "3", &json!([with]))]));
    assert_eq!(with.changes, [change("1", Section::Observations)]);
    let empty =
        heard(&bundle(&[status("event-notification", "3", &json!([{ "eventNumber": "3" }]))]));
    assert_eq!(empty.changes, [Change::ANYTHING]);
    assert_eq!(empty.count.unwrap().numbers, [3]);
}

#[test]
fn parameters_say_the_same() {
    let part = |name: &str, of: &str, value: Value| json!({ "name": name, of: value });
    let reference = |text: &str| json!({ "reference": text });
    let parameters = json!({ "resourceType": "Parameters", "parameter": [
        part("subscription", "valueReference", reference("Subscription/s")),
        part("status", "valueCode", json!("active")),
        part("type", "valueCode", json!("event-notification")),
        part("events-since-subscription-start", "valueString", json!("12")),
        { "name": "notification-event", "part": [
            part("event-number", "valueString", json!("12")),
            part("focus", "valueReference", reference("Condition/5")),
            part("additional-context", "valueReference", reference("Patient/1")),
        ] },
    ] });
    let notice = heard(&bundle(&[parameters]));
    assert_eq!(notice.changes, [change("1", Section::Conditions)]);
    let count = notice.count.unwrap();
    assert_eq!((count.in_all, count.numbers.as_slice()), (Some(12), [12].as_slice()));
    assert_eq!(count.subscription, "Subscription/s");
}

#[test]
fn a_handshake_and_a_heartbeat_change_nothing_but_what_is_no_more_sent_may_be_anything() {
    for kind in ["handshake", "heartbeat"] {
        let notice = heard(&bundle(&[status(kind, "4", &json!([]))]));
        assert_eq!((notice.changes.as_slice(), notice.roster), ([].as_slice(), false), "{kind}");
        assert_eq!(notice.count.unwrap().in_all, Some(4));
    }
    for (kind, state) in [("heartbeat", "error"), ("heartbeat", "off"), ("query-status", "active")]
    {
        let mut status = status(kind, "4", &json!([]));
        status["status"] = json!(state);
        assert_eq!(heard(&bundle(&[status])).changes, [Change::ANYTHING], "{kind} {state}");
    }
}

#[test]
fn a_bundle_without_a_status_is_read_entry_by_entry() {
    let gone = json!({ "request": { "method": "DELETE", "url": "Goal/1" } });
    let goal = json!({ "resource": { "resourceType": "Condition", "subject": { "reference": "Patient/1" } } });
    let body = json!({ "resourceType": "Bundle", "type": "history", "entry": [gone, goal] });
    let mut expected = vec![anybody(Section::Goals), change("1", Section::Conditions)];
    expected.sort_unstable();
    assert_eq!(heard(&body).changes, expected);
}

#[test]
fn too_many_changes_are_anything() {
    let event = |number: usize| event(&number.to_string(), &format!("Patient/{number}"));
    let events: Vec<Value> = (1..=201).map(event).collect();
    let notice = heard(&bundle(&[status("event-notification", "201", &json!(events))]));
    assert_eq!(notice.changes, [Change::ANYTHING]);
    assert_eq!(notice.count.unwrap().numbers.len(), 201);
}

#[test]
fn no_text_makes_it_panic() {
    let whole =
        bundle(&[status("event-notification", "3", &json!([event("3", "Patient/1")]))]).to_string();
    for end in 0..whole.len() {
        read(&Message { path: "", body: &whole.as_bytes()[..end] });
    }
    for body in [
        "[]",
        "null",
        r#"{"resourceType":7}"#,
        r#"{"resourceType":"Bundle","entry":7}"#,
        r#"{"resourceType":"Bundle","entry":[7,{"resource":[]}]}"#,
    ] {
        assert_eq!(
            read(&Message { path: "", body: body.as_bytes() }).changes,
            [Change::ANYTHING],
            "{body}"
        );
    }
}
