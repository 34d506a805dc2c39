//! What is measured, in which order.

use std::time::Duration;

use serde_json::Value;

use super::super::Failed;
use super::Options;
use super::access::AccessMeter;
use super::config::Copies;
use super::figures::{Figures, Meter, Pace};
use super::folder::Folder;
use super::limit::{FetchOnly, FromMemory, Gateway};
use super::load::Load;
use super::process::Process;
use super::recording::{self, Fetch};
use super::report::{Late, Report, Round, Slowness};
use super::status::show;
use super::systems::{SOURCES, Systems};

/// Every measurement comes after a warm-up of this part of its time.
const WARM_UP: u32 = 3;

/// Measures everything.
pub(super) async fn run(options: &Options) -> Result<Report, Failed> {
    let folder = Folder::new()?;
    show("starting the simulated systems");
    let systems = Systems::start(&folder, options.patients, options.views).await?;
    show("taking down what the gateway asks its sources for each view");
    let fetches = recording::of_views(&systems, &folder).await?;
    let time = Duration::from_secs(options.seconds);
    let mut bench = Bench { folder, systems, fetches, time };
    let mut rounds = Vec::new();
    for connections in &options.connections {
        rounds.push(bench.round(*connections).await?);
    }
    let slowness = bench.slowness().await?;
    show("");
    Ok(Report {
        cores: std::thread::available_parallelism()?.get(),
        seconds: options.seconds,
        patients: options.patients,
        views: bench.fetches.len(),
        fetches: bench.fetches.iter().map(Vec::len).sum(),
        rounds,
        slowness,
    })
}

/// What all measurements share.
struct Bench {
    folder: Folder,
    systems: Systems,
    /// The requests of each view.
    fetches: Vec<Vec<Fetch>>,
    time: Duration,
}

impl Bench {
    /// The gateway and both limits under one load, each in a fresh process.
    async fn round(&self, connections: u16) -> Result<Round, Failed> {
        let note = |what: &str| show(&format!("{connections} connection(s): {what}"));
        note("the gateway");
        let mut gateway = self.gateway(&self.systems.identifiers, Copies::None).await?;
        let sources = [&self.systems.process];
        let access = AccessMeter::start(&mut gateway.process).await?;
        let of_gateway = self.load(&gateway.process, &sources, &gateway.load, connections).await?;
        let access = access.stop(&mut gateway.process).await?;
        let memory = FromMemory::start(&gateway, &self.folder).await?;
        drop(gateway);
        note("the gateway with copies of all that it needs");
        let warm = self.gateway(&self.systems.identifiers, Copies::Kept).await?;
        let of_warm = self.load(&warm.process, &sources, &warm.load, connections).await?;
        drop(warm);
        note("the finished bytes from memory");
        let from_memory = self.load(&memory.process, &[], &memory.load, connections).await?;
        drop(memory);
        note("fetching alone");
        let fetch_only = self.fetch_only(connections).await?;
        Ok(Round::new(connections, of_gateway, access, of_warm, fetch_only, from_memory))
    }

    async fn gateway(&self, people: &[Value], copies: Copies) -> Result<Gateway, Failed> {
        let sources = &self.systems.card.systems;
        Gateway::start(&self.systems, sources, people, &self.folder, copies).await
    }

    async fn load(
        &self,
        subject: &Process,
        others: &[&Process],
        load: &Load,
        connections: u16,
    ) -> Result<Figures, Failed> {
        load.drive(connections, self.time / WARM_UP).await?;
        let meter = Meter::start(subject, others)?;
        let pace = load.drive(connections, self.time).await?;
        meter.stop(subject, pace)
    }

    async fn fetch_only(&self, connections: u16) -> Result<Figures, Failed> {
        let mut client = FetchOnly::start(&self.folder).await?;
        client.drive(&self.fetches, connections, self.time / WARM_UP).await?;
        let meter = Meter::start(&client.process, &[&self.systems.process])?;
        let pace = client.drive(&self.fetches, connections, self.time).await?;
        meter.stop(&client.process, pace)
    }

    /// The gateway beside its slowest source, when all sources are late, for the first view.
    async fn slowness(&mut self) -> Result<Slowness, Failed> {
        self.systems.delay().await?;
        let mut client = FetchOnly::start(&self.folder).await?;
        let first = self.fetches.first().cloned().unwrap_or_default();
        let mut sources = Vec::new();
        for (id, delay_ms) in SOURCES {
            show(&format!("late sources: {id} alone"));
            let own = first.iter().filter(|fetch| fetch.source == id).cloned().collect();
            let pace = self.calmly(&mut client, own).await?;
            sources.push(Late { id, delay_ms, p50_ms: pace.p50_ms });
        }
        show("late sources: fetching alone");
        let fetch_only = self.calmly(&mut client, first).await?;
        show("late sources: the gateway");
        let gateway = self.gateway(&self.systems.identifiers[..1], Copies::None).await?;
        gateway.load.drive(1, self.time / WARM_UP).await?;
        let gateway = gateway.load.drive(1, self.time).await?;
        Ok(Slowness::new(sources, fetch_only, gateway))
    }

    /// One view after the other.
    async fn calmly(&self, client: &mut FetchOnly, view: Vec<Fetch>) -> Result<Pace, Failed> {
        client.drive(std::slice::from_ref(&view), 1, self.time / WARM_UP).await?;
        client.drive(&[view], 1, self.time).await
    }
}
