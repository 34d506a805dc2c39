//! What is measured: the gateway, and beside it the two limits, each in a process of its own.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::Failed;
use super::config::Copies;
use super::figures::Pace;
use super::folder::Folder;
use super::load::{Load, Question};
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
    /// The questions for the views.
    pub(super) load: Load,
}

impl Gateway {
    /// Starts it, to be asked for the views of the patients who bear these identifiers.
    pub(super) async fn start(
        systems: &Systems,
        sources: &[System],
        people: &[Value],
        folder: &Folder,
        copies: Copies,
    ) -> Result<Self, Failed> {
        let text = config::text(sources, &systems.card.issuer, &folder.fresh("db"), copies);
        let file = folder.write("toml", text.as_bytes())?;
        let arguments = ["--config".as_ref(), file.as_ref()];
        let (process, ready): (_, Ready) = Process::start("gateway", &arguments, folder).await?;
        let url = format!("http://{}/graphql", ready.address);
        let token = systems.card.token.clone();
        let mut gateway = Self { process, load: Load::new(url, token) };
        gateway.load.questions = gateway.questions(people).await?.into();
        Ok(gateway)
    }

    async fn questions(&self, people: &[Value]) -> Result<Vec<Question>, Failed> {
        let mut questions = Vec::new();
        for (place, identifier) in people.iter().enumerate() {
            let who = self.ask(view::who(identifier)).await?;
            let body = view::chart(&view::id(&serde_json::from_slice(&who)?)?);
            let answer = self.ask(body.clone()).await?;
            view::check(&serde_json::from_slice(&answer)?, place == 0)?;
            questions.push(Question { body, sources: view::well(&answer) });
        }
        Ok(questions)
    }

    /// The answer to a question.
    pub(super) async fn ask(&self, body: Bytes) -> Result<Bytes, Failed> {
        client::ask(&self.load.url, &self.load.token, body).await
    }
}

/// What the fetch-only client is told to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FetchOrder {
    /// The requests of each view. Those of one view are made all at once, one view after the other.
    pub(super) views: Vec<Vec<Fetch>>,
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
        views: &[Vec<Fetch>],
        connections: u16,
        time: Duration,
    ) -> Result<Pace, Failed> {
        let order = FetchOrder { views: views.to_vec(), connections, time };
        self.process.ask(&order, time).await
    }
}

/// The limit above the gateway: a server that has the finished bytes in memory.
pub(super) struct FromMemory {
    /// Its process.
    pub(super) process: Process,
    /// The same questions.
    pub(super) load: Load,
}

impl FromMemory {
    /// Starts it with the answers that the gateway gave.
    pub(super) async fn start(gateway: &Gateway, folder: &Folder) -> Result<Self, Failed> {
        let mut files = Vec::new();
        for question in gateway.load.questions.iter() {
            files.push(folder.write("json", &gateway.ask(question.body.clone()).await?)?);
        }
        let arguments: Vec<&OsStr> = files.iter().map(AsRef::as_ref).collect();
        let (process, ready): (_, Ready) = Process::start("bytes", &arguments, folder).await?;
        let url = format!("http://{}/graphql", ready.address);
        // It answers in turn, whatever it is asked: of many at once, some get another's answer.
        let any = |question: &Question| Question { body: question.body.clone(), sources: 0 };
        let questions = gateway.load.questions.iter().map(any).collect();
        Ok(Self { process, load: Load { url, questions, ..gateway.load.clone() } })
    }
}
