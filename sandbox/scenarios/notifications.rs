//! Whoever keeps a subscription is told of every change, in its order, even after having been away.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::StatusCode,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::timeout,
};

use super::{client, sandbox};
use crate::{Change, Fault, Novelty, Sandbox, SubscriptionError};

const TOPIC: &str = "http://caregraph.example/SubscriptionTopic/records";
const BACKPORT: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

/// A message as it arrived: method, path, authorization and body.
type Heard = (String, String, String, Value);

/// A subscriber who notes what comes, and answers with the next of these statuses; at the end with 200.
struct Subscriber {
    address: SocketAddr,
    heard: UnboundedReceiver<Heard>,
    serving: JoinHandle<()>,
}

type Ear = (UnboundedSender<Heard>, std::sync::Arc<std::sync::Mutex<Vec<u16>>>);

impl Subscriber {
    async fn at(address: SocketAddr, mut statuses: Vec<u16>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heard) = unbounded_channel();
        statuses.reverse();
        let state: Ear = (sender, std::sync::Arc::new(statuses.into()));
        let router = Router::new().fallback(hear).with_state(state);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, heard, serving }
    }

    async fn next(&mut self) -> Heard {
        timeout(Duration::from_secs(30), self.heard.recv()).await.expect("it is told").unwrap()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn hear(State((sender, statuses)): State<Ear>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    let token = parts.headers.get("authorization").map(|it| it.to_str().unwrap().to_owned());
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let status = statuses.lock().unwrap().pop().unwrap_or(200);
    sender.send((method, path, token.unwrap_or_default(), body)).unwrap();
    StatusCode::from_u16(status).unwrap()
}

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn subscription(address: SocketAddr, criteria: &str) -> Value {
    json!({ "resourceType": "Subscription", "status": "requested", "criteria": criteria,
        "channel": { "type": "rest-hook", "endpoint": format!("http://{address}/hooks/lakeside"),
            "header": ["Authorization: Bearer SECRET"] } })
}

fn add(sandbox: &Sandbox, what: Novelty) -> String {
    let change = Change::Add { person: 0, what, of: None };
    sandbox.system("lakeside").unwrap().change(&change).unwrap().reference
}

/// What a notification says by this name.
fn said<'v>(bundle: &'v Value, name: &str) -> &'v Value {
    let parameters = bundle["entry"][0]["resource"]["parameter"].as_array().unwrap();
    parameters.iter().find(|it| it["name"] == name).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn r4_is_told_by_a_ping_or_by_the_resource_under_its_name() {
    let sandbox = sandbox(4).await;
    let lakeside = sandbox.system("lakeside").unwrap();
    let mut subscriber = Subscriber::at(anywhere(), Vec::new()).await;
    let mut whole = subscription(subscriber.address, "AllergyIntolerance?");
    whole["channel"]["payload"] = json!("application/fhir+json");
    // As an operator does it.
    let url = format!("{}/Subscription", lakeside.base_url());
    let kept = client::say("POST", &url, &whole.to_string()).await.unwrap();
    assert_eq!((kept.status, &kept.json()["status"]), (201, &json!("active")));
    assert!(!kept.json().to_string().contains("SECRET"));
    lakeside.subscribe(&subscription(subscriber.address, "Condition")).unwrap();
    let allergy = add(&sandbox, Novelty::Allergy);
    let (method, path, token, body) = subscriber.next().await;
    assert_eq!((method.as_str(), path), ("PUT", format!("/hooks/lakeside/{allergy}")));
    assert_eq!(token, "Bearer SECRET");
    assert_eq!(body["patient"]["reference"].as_str().unwrap(), patient_reference(&sandbox));
    add(&sandbox, Novelty::Medication);
    add(&sandbox, Novelty::Condition);
    let (method, path, _, body) = subscriber.next().await;
    assert_eq!((method.as_str(), path.as_str(), body), ("POST", "/hooks/lakeside", Value::Null));
    let gone = Change::Remove { reference: allergy.clone() };
    lakeside.change(&gone).unwrap();
    let (method, path, _, _) = subscriber.next().await;
    assert_eq!((method.as_str(), path), ("DELETE", format!("/hooks/lakeside/{allergy}")));
    // Without its subscription nobody is told.
    let one = format!("{url}/1");
    assert_eq!(client::say("DELETE", &one, "").await.unwrap().status, 204);
    assert_eq!(client::get(&one, &[]).await.unwrap().status, 404);
    add(&sandbox, Novelty::Allergy);
    add(&sandbox, Novelty::Condition);
    assert_eq!(subscriber.next().await.0, "POST");
    sandbox.stop().await;
}

fn patient_reference(sandbox: &Sandbox) -> String {
    format!("Patient/{}", super::patient(sandbox, 0, "lakeside"))
}

#[tokio::test]
async fn topics_are_told_with_numbers_after_a_handshake() {
    let sandbox = sandbox(4).await;
    let lakeside = sandbox.system("lakeside").unwrap();
    for (content, focus, entries) in
        [("id-only", true, 1), ("full-resource", true, 2), ("empty", false, 1)]
    {
        let mut subscriber = Subscriber::at(anywhere(), Vec::new()).await;
        let mut resource = subscription(subscriber.address, TOPIC);
        resource["channel"]["_payload"] = json!({ "extension":
            [{ "url": format!("{BACKPORT}backport-payload-content"), "valueCode": content }] });
        let id = lakeside.subscribe(&resource).unwrap();
        let (_, _, _, bundle) = subscriber.next().await;
        assert_eq!(said(&bundle, "type")["valueCode"], "handshake");
        assert_eq!(said(&bundle, "events-since-subscription-start")["valueString"], "0");
        for number in 1..=2 {
            let reference = add(&sandbox, Novelty::Condition);
            let (_, path, token, bundle) = subscriber.next().await;
            assert_eq!((path.as_str(), token.as_str()), ("/hooks/lakeside", "Bearer SECRET"));
            let own = format!("{}/Subscription/{id}", lakeside.base_url());
            assert_eq!(said(&bundle, "subscription")["valueReference"]["reference"], own);
            let told = said(&bundle, "notification-event").to_string();
            assert!(told.contains(&format!("\"{number}\"")), "{told}");
            assert_eq!(told.contains(&reference), focus, "{told}");
            assert_eq!(told.contains(&patient_reference(&sandbox)), focus, "{told}");
            assert_eq!(bundle["entry"].as_array().unwrap().len(), entries);
        }
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn whoever_was_away_is_told_all_in_order_and_whoever_refuses_nothing_more() {
    let sandbox = sandbox(4).await;
    let lakeside = sandbox.system("lakeside").unwrap();
    let away = std::net::TcpListener::bind(anywhere()).unwrap().local_addr().unwrap();
    lakeside.subscribe(&subscription(away, TOPIC)).unwrap();
    for _ in 0..3 {
        add(&sandbox, Novelty::Condition);
    }
    let mut back = Subscriber::at(away, vec![503, 429]).await;
    let mut told = Vec::new();
    while told.last() != Some(&"3".to_owned()) {
        let (_, _, _, bundle) = back.next().await;
        let number = &said(&bundle, "events-since-subscription-start")["valueString"];
        told.push(number.as_str().unwrap().to_owned());
    }
    assert_eq!(told, ["0", "0", "0", "1", "2", "3"]);
    // A dead system tells nobody, until it lives again.
    lakeside.set_fault(Fault::Dead);
    add(&sandbox, Novelty::Condition);
    assert!(back.heard.is_empty());
    lakeside.set_fault(Fault::None);
    assert!(back.next().await.3.to_string().contains("\"4\""));
    let mut refusing = Subscriber::at(anywhere(), vec![401]).await;
    let id = lakeside.subscribe(&subscription(refusing.address, TOPIC)).unwrap();
    refusing.next().await;
    let url = format!("{}/Subscription/{id}", lakeside.base_url());
    let state = async || client::get(&url, &[]).await.unwrap().json()["status"].clone();
    let given_up = async {
        while state().await != "error" {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), given_up).await.expect("it is given up");
    add(&sandbox, Novelty::Condition);
    assert!(back.next().await.3.to_string().contains("\"5\""));
    assert!(refusing.heard.is_empty());
    sandbox.stop().await;
}

#[tokio::test]
async fn heartbeats_come_when_nothing_happens() {
    let sandbox = sandbox(4).await;
    let mut subscriber = Subscriber::at(anywhere(), Vec::new()).await;
    let mut resource = subscription(subscriber.address, TOPIC);
    resource["channel"]["extension"] =
        json!([{ "url": format!("{BACKPORT}backport-heartbeat-period"), "valueUnsignedInt": 1 }]);
    sandbox.system("lakeside").unwrap().subscribe(&resource).unwrap();
    let kinds = [subscriber.next().await, subscriber.next().await, subscriber.next().await];
    let kinds = kinds.map(|(_, _, _, bundle)| said(&bundle, "type")["valueCode"].clone());
    assert_eq!(kinds, ["handshake", "heartbeat", "heartbeat"]);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_directory_and_what_is_not_understood_are_refused() {
    let sandbox = sandbox(2).await;
    let resource = subscription(anywhere(), TOPIC);
    let commons = sandbox.system("commons").unwrap();
    assert_eq!(commons.subscribe(&resource), Err(SubscriptionError::NoRecords));
    let url = format!("{}/Subscription", sandbox.system("lakeside").unwrap().base_url());
    for (body, status) in [("{", 400), ("{}", 422)] {
        assert_eq!(client::say("POST", &url, body).await.unwrap().status, status, "{body}");
    }
    sandbox.stop().await;
}
