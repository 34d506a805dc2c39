//! How the demo's systems tell its gateway that something has changed: as operators set it up at their servers.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::Failed;
use super::running::{Home, secret_of};
use caregraph_sandbox::{Kind, Sandbox, System};

/// What the pharmacy keeps. Its server knows R4's own subscriptions only, and those are for one type each.
const OF_PHARMACY: [&str; 3] = ["AllergyIntolerance", "MedicationDispense", "MedicationRequest"];

const PHARMACY: &str = "cornerstone";

const TOPIC: &str = "http://caregraph.example/SubscriptionTopic/records";

const CONTENT: &str =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content";

/// The secrets of the systems, made for this demo.
pub(super) struct Hooks(BTreeMap<&'static str, String>);

impl Hooks {
    /// Makes a secret for each system that can tell anything.
    pub(super) fn new(sandbox: &Sandbox, home: &Home) -> Result<Self, Failed> {
        let mut secrets = BTreeMap::new();
        for system in telling(sandbox) {
            let mut bytes = [0; 32];
            rand::fill(&mut bytes)
                .map_err(|_| Failed("the machine gives no randomness for secrets".to_owned()))?;
            let secret = URL_SAFE_NO_PAD.encode(bytes);
            home.keep(&secret_of(system.id()), &secret)?;
            secrets.insert(system.id(), secret);
        }
        Ok(Self(secrets))
    }

    /// What the gateway's configuration says of a system.
    pub(super) fn settings(&self, system: &System, home: &Home) -> String {
        if !self.0.contains_key(system.id()) {
            return String::new();
        }
        format!("[connector.events]\nsecret = \"file:{}\"\n", home.secret(system.id()).display())
    }

    /// Subscribes the gateway at each system.
    pub(super) fn subscribe(&self, sandbox: &Sandbox, gateway: SocketAddr) -> Result<(), Failed> {
        for system in telling(sandbox) {
            let Some(secret) = self.0.get(system.id()) else { continue };
            let endpoint = format!("http://{gateway}/hooks/{}", system.id());
            for resource in subscriptions(system, &endpoint, secret) {
                system.subscribe(&resource).map_err(|error| {
                    Failed(format!("{} keeps no subscription: {error}", system.name()))
                })?;
            }
        }
        Ok(())
    }
}

fn telling(sandbox: &Sandbox) -> impl Iterator<Item = &System> {
    sandbox.systems().iter().filter(|system| system.kind() == Kind::FhirR4)
}

fn subscriptions(system: &System, endpoint: &str, secret: &str) -> Vec<Value> {
    let subscription = |criteria: &str| {
        json!({ "resourceType": "Subscription", "status": "requested", "reason": "care coordination",
            "criteria": criteria, "channel": { "type": "rest-hook", "endpoint": endpoint,
                "payload": "application/fhir+json", "header": [format!("Authorization: Bearer {secret}")] } })
    };
    if system.id() == PHARMACY {
        return OF_PHARMACY.map(|kind| subscription(&format!("{kind}?"))).into();
    }
    let mut topic = subscription(TOPIC);
    let content = json!({ "url": CONTENT, "valueCode": "id-only" });
    topic["channel"]["_payload"] = json!({ "extension": [content] });
    vec![topic]
}
