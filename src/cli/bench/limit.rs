//! What is measured: the gateway, and beside it the two limits, each in a process of its own.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::Failed;
use super::config::Copies;
use super::figures::Pace;
use super::folder::Folder;
use super::load::Load;
use super::process::Process;
use super::recording::Fetch;
use super::systems::{System, Systems};
use super::{client, config, view};

/// Where a server listens.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ready {
    /// Its address.
    pub(super) address: SocketAddr,
}

/// A gateway over some systems, with an index that is complete.
pub(super) struct Gateway {
    /// Its process.
    pub(super) process: Process,
    /// The question for the view.
    pub(super) load: Load,
}

impl Gateway {
    /// Starts it.
    pub(super) async fn start(
        systems: &Systems,
        sources: &[System],
        folder: &Folder,
        copies: Copies,
    ) -> Result<Self, Failed> {
        let text = config::text(sources, &systems.card.issuer, &folder.fresh("db"), copies);
        let file = folder.write("toml", text.as_bytes())?;
        let arguments = ["--config".as_ref(), file.as_ref()];
        let (process, ready): (_, Ready) = Process::start("gateway", &arguments, folder).await?;
        let url = format!("http://{}/graphql", ready.address);
        let token = systems.card.token.clone();
        let who = client::ask(&url, &token, view::who(&systems.identifier)).await?;
        let body = view::chart(&view::id(&serde_json::from_slice(&who)?)?);
        Ok(Self { process, load: Load { url, token, body, sources: sources.len() } })
    }

    /// The view, once; an error when it is not what it should be.
    pub(super) async fn view(&self) -> Result<Bytes, Failed> {
        let load = &self.load;
        let answer = client::ask(&load.url, &load.token, load.body.clone()).await?;
        view::check(&serde_json::from_slice(&answer)?)?;
        Ok(answer)
    }
}

/// What the fetch-only client is told to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FetchOrder {
    /// The requests of one view, which are made all at once.
    pub(super) fetches: Vec<Fetch>,
    /// How many views are on their way at once.
    pub(super) connections: u16,
    /// For how long.
    pub(super) time: Duration,
}

/// The limit below the gateway: a client that fetches the same bodies and reads none.
pub(super) struct FetchOnly {
    /// Its process.
    pub(super) process: Process,
}

impl FetchOnly {
    /// Starts it.
    pub(super) async fn start(folder: &Folder) -> Result<Self, Failed> {
        let (process, _): (_, Value) = Process::start("fetch", &[], folder).await?;
        Ok(Self { process })
    }

    /// Fetches views for so long, so many at once.
    pub(super) async fn drive(
        &mut self,
        fetches: &[Fetch],
        connections: u16,
        time: Duration,
    ) -> Result<Pace, Failed> {
        let order = FetchOrder { fetches: fetches.to_vec(), connections, time };
        self.process.ask(&order, time).await
    }
}

/// The limit above the gateway: a server that has the finished bytes in memory.
pub(super) struct FromMemory {
    /// Its process.
    pub(super) process: Process,
    /// The same question.
    pub(super) load: Load,
}

impl FromMemory {
    /// Starts it with the answer that the gateway gave.
    pub(super) async fn start(gateway: &Gateway, folder: &Folder) -> Result<Self, Failed> {
        let file = folder.write("json", &gateway.view().await?)?;
        let arguments = ["--file".as_ref(), file.as_ref()];
        let (process, ready): (_, Ready) = Process::start("bytes", &arguments, folder).await?;
        let url = format!("http://{}/graphql", ready.address);
        Ok(Self { process, load: Load { url, ..gateway.load.clone() } })
    }
}
