//! What the measurement tells: a table for people, the same as JSON for programs.

use std::fmt;

use serde::Serialize;

use super::access::AccessShare;
use super::figures::{Figures, Pace};

/// Everything that was measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// How many processors all processes share.
    pub(super) cores: usize,
    /// How long each measurement lasted.
    pub(super) seconds: u64,
    /// How many people live in the systems.
    pub(super) patients: u64,
    /// Of how many of them the view was asked for.
    pub(super) views: usize,
    /// How many requests to sources all these views take.
    pub(super) fetches: usize,
    /// One for each number of connections.
    pub(super) rounds: Vec<Round>,
    /// With late sources.
    pub(super) slowness: Slowness,
}

/// The gateway beside its limits.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Round {
    /// How many requests were on their way at once.
    pub(super) connections: u16,
    /// The gateway.
    pub(super) gateway: Figures,
    /// What access control costs an answer.
    pub(super) access: AccessShare,
    /// Its work as a share of all that an answer costs the processor. While all processors are busy, it is the same share
    /// of how long an answer takes.
    access_of_cpu: f64,
    /// The gateway when it has copies of all that sources said.
    pub(super) warm: Figures,
    /// The client that fetches the same bodies and reads none.
    pub(super) fetch_only: Figures,
    /// The server that has the finished bytes in memory.
    pub(super) from_memory: Figures,
    /// How many times the fetch-only limit an answer costs the processor.
    cpu_times_fetch_only: f64,
    /// How many times the finished bytes an answer from copies costs the processor.
    warm_cpu_times_bytes: f64,
}

/// The gateway beside its slowest source.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Slowness {
    /// Each source alone.
    pub(super) sources: Vec<Late>,
    /// All sources at once, fetched and not read.
    pub(super) fetch_only: Pace,
    /// The gateway.
    pub(super) gateway: Pace,
    /// How much longer than its slowest source the gateway takes, in milliseconds.
    over_the_slowest_ms: f64,
}

/// A source that answers late.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Late {
    /// Which one.
    pub(super) id: &'static str,
    /// How late it was made.
    pub(super) delay_ms: u64,
    /// Half of its own shares of a view took no longer.
    pub(super) p50_ms: f64,
}

impl Round {
    /// What was measured with so many connections.
    pub(super) fn new(
        connections: u16,
        gateway: Figures,
        access: AccessShare,
        warm: Figures,
        fetch_only: Figures,
        from_memory: Figures,
    ) -> Self {
        let cpu_times_fetch_only = gateway.cpu_us / fetch_only.cpu_us;
        let warm_cpu_times_bytes = warm.cpu_us / from_memory.cpu_us;
        let access_of_cpu = access.work_us() / gateway.cpu_us;
        Self {
            connections,
            gateway,
            access,
            access_of_cpu,
            warm,
            fetch_only,
            from_memory,
            cpu_times_fetch_only,
            warm_cpu_times_bytes,
        }
    }
}

impl Slowness {
    /// What was measured with late sources.
    pub(super) fn new(sources: Vec<Late>, fetch_only: Pace, gateway: Pace) -> Self {
        let slowest = sources.iter().map(|late| late.p50_ms).fold(0.0, f64::max);
        Self { over_the_slowest_ms: gateway.p50_ms - slowest, sources, fetch_only, gateway }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "The four-source views of {} of {} patients, in turn: {} requests to sources for all of them.\n\
             {} cores in all, shared by sources, load and what is measured; {} s a measurement.",
            self.views, self.patients, self.fetches, self.cores, self.seconds,
        )?;
        if cfg!(debug_assertions) {
            writeln!(f, "This is no release build: its figures tell little about one.")?;
        }
        for round in &self.rounds {
            write!(f, "\n{round}")?;
        }
        write!(f, "\n{}", self.slowness)
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:24}{:>11}{:>10}{:>10}{:>15}{:>15}{:>11}{:>11}",
            format!("{} connection(s)", self.connections),
            "answers/s",
            "p50 ms",
            "p99 ms",
            "CPU µs/answer",
            "with all µs",
            "peak MiB",
            "body KiB",
        )?;
        row(f, "caregraph", &self.gateway)?;
        row(f, "caregraph, from copies", &self.warm)?;
        row(f, "limit: fetch only", &self.fetch_only)?;
        row(f, "limit: bytes from memory", &self.from_memory)?;
        writeln!(
            f,
            "CPU per answer: {:.2} times the fetch-only limit (aim: at most 2)",
            self.cpu_times_fetch_only
        )?;
        writeln!(
            f,
            "CPU per answer from copies: {:.2} times the finished bytes (aim: at most 4)",
            self.warm_cpu_times_bytes
        )?;
        let AccessShare { decision_us, gate_us, audit_us, store_us, waiting_us } = self.access;
        writeln!(
            f,
            "Access control an answer: decision {decision_us:.0} µs, gate {gate_us:.0} µs, audit {audit_us:.0} µs, \
             store {store_us:.0} µs: {:.1} % of its CPU (aim: at most 10 %); {:.2} ms of waiting",
            self.access_of_cpu * 100.0,
            waiting_us / 1e3,
        )
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, figures: &Figures) -> fmt::Result {
    let pace = &figures.pace;
    write!(
        f,
        "{name:24}{:>11.1}{:>10.2}{:>10.2}{:>15.0}{:>15.0}{:>11.1}{:>11.1}",
        pace.per_second,
        pace.p50_ms,
        pace.p99_ms,
        figures.cpu_us,
        figures.cpu_all_us,
        f64::from(figures.peak_kib) / 1_024.0,
        f64::from(pace.bytes) / 1_024.0,
    )?;
    spoiled(f, pace)?;
    writeln!(f)
}

fn spoiled(f: &mut fmt::Formatter<'_>, pace: &Pace) -> fmt::Result {
    match pace.spoiled {
        0 => Ok(()),
        some => write!(f, "   {some} of {} answers were not whole", pace.answers),
    }
}

impl fmt::Display for Slowness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:24}{:>10}{:>10}", "Late sources, 1 connection", "p50 ms", "p99 ms")?;
        for late in &self.sources {
            let name = format!("{} (+{} ms)", late.id, late.delay_ms);
            writeln!(f, "{name:26}{:>8.2}", late.p50_ms)?;
        }
        for (name, pace) in [("limit: fetch only", &self.fetch_only), ("caregraph", &self.gateway)]
        {
            write!(f, "{name:26}{:>8.2}{:>10.2}", pace.p50_ms, pace.p99_ms)?;
            spoiled(f, pace)?;
            writeln!(f)?;
        }
        write!(
            f,
            "Over the slowest source by {:.2} ms (aim: less than 1 ms)",
            self.over_the_slowest_ms
        )
    }
}
