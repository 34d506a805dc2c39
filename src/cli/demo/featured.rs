//! The patient with whom a demo begins: the first of the population, known to every clinical system.

use std::time::Duration;

use super::super::Failed;
use crate::identity::{Everything, Found, PersonIndex};
use crate::view::id::GlobalId;
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_sandbox::Sandbox;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

/// An identifier of the featured patient, as their practice prints it on its letters.
pub(super) async fn identifier(sandbox: &Sandbox) -> Result<(String, String), Failed> {
    let missing = || Failed("the sandbox has no featured patient".to_owned());
    let truth = sandbox.truth(0);
    let practice = sandbox.system("lakeside").ok_or_else(missing)?;
    let record = truth.record("lakeside").ok_or_else(missing)?;
    let url = Url::parse(&format!("{}/Patient/{}", practice.base_url(), record.id))?;
    let patience = Instant::now() + Duration::from_secs(10);
    let json = Egress::new()?.get_json(url, &Credentials::None, patience).await;
    let patient: Value = serde_json::from_slice(&json.map_err(|problem| {
        Failed(format!(
            "{} could not be asked for the featured patient: {problem}",
            practice.name()
        ))
    })?)?;
    let identifiers = patient["identifier"].as_array().ok_or_else(missing)?;
    let record_number =
        identifiers.iter().find(|identifier| identifier["type"]["coding"][0]["code"] == "MR");
    let chosen = record_number.or(identifiers.first()).ok_or_else(missing)?;
    match (chosen["system"].as_str(), chosen["value"].as_str()) {
        (Some(system), Some(value)) => Ok((system.to_owned(), value.to_owned())),
        _ => Err(missing()),
    }
}

/// Our id of the patient who bears the identifier.
pub(super) async fn patient(
    index: &PersonIndex,
    (system, value): &(String, String),
) -> Option<String> {
    match index.find(system, value, &Everything).await {
        Ok(Found::One(identity)) => Some(GlobalId::Patient(identity.id).encode().0),
        _ => None,
    }
}
