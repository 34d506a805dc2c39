//! FHIR R4 over REST.
//!
//! Reading order: [`types`] lists the resource types, [`search`] asks a server for all of one of them page by page
//! ([`page`], [`resource`]), [`subject`] checks whose each resource is, `map/` turns it into a record. The wire's own structs never leave this folder.

mod map;
mod medication;
mod notification;
mod page;
mod resource;
mod revalidation;
mod roster;
mod search;
mod section;
mod statement;
mod status;
mod subject;
mod types;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use self::search::Manners;
use crate::connector::{Answer, Ask, Connector, Problem, RosterCursor, RosterPage};
use crate::egress::{Credentials, Egress};
use crate::notice::{Message, Notice};
use crate::parts::Revalidate;
use crate::record::Section;
use crate::registry::{BuildError, Io, Kind};
use crate::settings;

/// The kind `fhir-r4`.
pub const KIND: Kind = Kind {
    name: "fhir-r4",
    about: "a FHIR R4 server",
    example: "page_size = 200\nmax_pages = 100\npatients_per_request = 25\nrevalidate = \"etag\"\nresources = [\"Patient\", \"Condition\"]\n",
    settings: &["page_size", "max_pages", "patients_per_request", "revalidate", "resources"],
    check: |table| settings::mistakes(read(table.clone())),
    build,
};

/// What can be set for this kind alone.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// How many resources a page is asked to hold.
    page_size: u32,
    /// How many pages of one search are followed.
    max_pages: u32,
    /// How many patients one search may name; 1 for servers that cannot take a list.
    patients_per_request: usize,
    /// By what the server is asked whether a search that it answered before still brings the same.
    revalidate: Revalidate,
    /// The resource types that the server offers; others are never asked for. Empty: all that we know.
    resources: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let revalidate = Revalidate::default();
        let (page_size, max_pages, patients_per_request) = (200, 100, 25);
        Self { page_size, max_pages, patients_per_request, revalidate, resources: Vec::new() }
    }
}

/// How to reach one server.
#[derive(Debug)]
struct Server {
    /// Ends in a slash.
    base: Url,
    credentials: Credentials,
    egress: Egress,
    settings: Settings,
}

/// A FHIR R4 server as a source.
#[derive(Debug)]
struct Fhir {
    server: Server,
    offers: Vec<Section>,
    manners: HashMap<&'static str, Manners>,
}

fn build(settings: toml::Table, io: Io) -> Result<Arc<dyn Connector>, BuildError> {
    let settings = read(settings)?;
    let mut base = io.base_url;
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    let offered = |kind: &str| {
        settings.resources.is_empty() || settings.resources.iter().any(|known| known == kind)
    };
    let types = || types::TYPES.iter().filter(|kind| offered(kind.name));
    let offers =
        types::sections().filter(|section| types().any(|kind| kind.section == *section)).collect();
    let manners = types::names()
        .filter(|kind| offered(kind))
        .map(|kind| (kind, Manners::default()))
        .collect();
    let server = Server { base, credentials: io.credentials, egress: io.egress, settings };
    Ok(Arc::new(Fhir { server, offers, manners }))
}

fn read(table: toml::Table) -> Result<Settings, BuildError> {
    let settings: Settings = settings::read(table, KIND.settings)?;
    check(&settings)?;
    Ok(settings)
}

fn check(settings: &Settings) -> Result<(), BuildError> {
    let wrong = |what: &str| Err(BuildError::Settings(what.to_owned()));
    if !(1..=1000).contains(&settings.page_size) {
        return wrong("page_size must lie between 1 and 1000");
    }
    if !(1..=10_000).contains(&settings.max_pages) {
        return wrong("max_pages must lie between 1 and 10000");
    }
    if !(1..=100).contains(&settings.patients_per_request) {
        return wrong("patients_per_request must lie between 1 and 100");
    }
    match settings.resources.iter().find(|name| types::names().all(|known| known != *name)) {
        Some(name) => Err(BuildError::Settings(format!(
            "resources names {name:?}, which is not one of {}",
            types::names().collect::<Vec<_>>().join(", ")
        ))),
        None => Ok(()),
    }
}

#[async_trait]
impl Connector for Fhir {
    fn offers(&self) -> &[Section] {
        &self.offers
    }

    fn patients_per_ask(&self) -> usize {
        self.server.settings.patients_per_request
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        self.section(ask).await
    }

    fn notice(&self, message: &Message<'_>) -> Option<Notice> {
        Some(notification::read(message))
    }

    fn has_roster(&self) -> bool {
        true
    }

    async fn roster(&self, from: &RosterCursor, deadline: Instant) -> Result<RosterPage, Problem> {
        self.server.roster(from, deadline).await
    }
}
