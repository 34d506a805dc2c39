//! The simulated systems, in a process of their own.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::Failed;
use super::client;
use super::folder::Folder;
use super::process::Process;

/// The four sources of the view, and how many milliseconds late each is where delays are measured.
pub(super) const SOURCES: [(&str, u64); 4] =
    [("lakeside", 20), ("northgate", 80), ("stmary", 30), ("cornerstone", 50)];

/// Delays, in milliseconds.
pub(super) type Delays = BTreeMap<String, u64>;

/// What the systems' process says when it is ready.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Card {
    /// The systems of the view.
    pub(super) systems: Vec<System>,
    /// The issuer of tokens.
    pub(super) issuer: String,
    /// A coordinator's token.
    pub(super) token: String,
    /// Where one of the systems keeps each patient; the first is the one with the longest chart.
    pub(super) patients: Vec<String>,
}

/// One system, as a configuration names it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct System {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// What kind of care it belongs to.
    pub(super) category: String,
    /// Its dialect.
    pub(super) kind: String,
    /// Where it is.
    pub(super) base_url: String,
}

/// The running systems.
pub(super) struct Systems {
    /// Their process.
    pub(super) process: Process,
    /// What they are.
    pub(super) card: Card,
    /// An identifier of each patient whose view is asked for.
    pub(super) identifiers: Vec<Value>,
}

impl Systems {
    /// Starts them, to be asked for the views of so many patients.
    pub(super) async fn start(folder: &Folder, patients: u64, views: u16) -> Result<Self, Failed> {
        let patients = patients.to_string();
        let arguments = ["--patients".as_ref(), patients.as_ref()];
        let (process, card): (_, Card) = Process::start("sandbox", &arguments, folder).await?;
        let mut identifiers = Vec::new();
        for place in card.patients.iter().take(views.into()) {
            identifiers.push(identifier(&serde_json::from_slice(&client::get(place).await?)?)?);
        }
        Ok(Self { process, card, identifiers })
    }

    /// Makes every system as late as [`SOURCES`] says.
    pub(super) async fn delay(&mut self) -> Result<(), Failed> {
        let delays: Delays = SOURCES.map(|(id, late)| (id.to_owned(), late)).into();
        let _: Value = self.process.ask(&delays, Duration::ZERO).await?;
        Ok(())
    }
}

/// The number under which a system keeps a patient.
fn identifier(patient: &Value) -> Result<Value, Failed> {
    let identifiers = patient["identifier"].as_array().map(Vec::as_slice).unwrap_or_default();
    let number = identifiers
        .iter()
        .find(|identifier| identifier["type"]["coding"][0]["code"] == "MR")
        .ok_or_else(|| Failed("a patient has no record number".to_owned()))?;
    Ok(json!({ "system": number["system"], "value": number["value"] }))
}
