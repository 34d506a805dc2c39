//! `caregraph connector check`: what is wrong with a connector, without a gateway.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use caregraph_connectors::builtin;
use caregraph_connectors::reach::{EgressPolicy, Network};
use clap::Args;
use tokio::runtime::Runtime;

use super::super::{Failed, check, print};
use crate::app;
use crate::config::{load_registered, secret};
use crate::register::{Finding, Report};

/// What is checked.
#[derive(Debug, Args)]
pub(in super::super) struct Options {
    /// The manifest, in TOML or JSON.
    manifest: PathBuf,
    /// The secret that the manifest calls "given", as `env:NAME` or `file:PATH`.
    #[arg(long, value_name = "REFERENCE")]
    credential: Option<String>,
    /// The source is a program on this machine.
    #[arg(long)]
    local: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    let credential = options.credential.as_deref().map(secret).transpose().map_err(Failed)?;
    let egress = Arc::new(if options.local { on_this_machine() } else { EgressPolicy::default() });
    let path = options.manifest.as_path();
    let text = check::text(path)?;
    let source = load_registered(&text, &builtin(), &egress, credential)
        .map_err(|it| check::unusable(path, &text, &it))?;
    let report = Runtime::new()?.block_on(app::try_out(source, &builtin()));
    if options.json {
        print(&serde_json::to_string_pretty(&report)?);
    } else {
        print(&told(path, &report));
    }
    let failures = report.findings.iter().filter(|finding| !finding.passed).count();
    match failures {
        0 => Ok(()),
        1 => Err(Failed("one check failed".to_owned())),
        _ => Err(Failed(format!("{failures} checks failed"))),
    }
}

/// Programs on this machine, at whatever port they have.
fn on_this_machine() -> EgressPolicy {
    let loopback = ["127.0.0.0/8", "::1"].into_iter().flat_map(Network::parse).collect();
    EgressPolicy {
        allow_private: loopback,
        allow_ports: vec![1..=u16::MAX],
        ..EgressPolicy::default()
    }
}

/// The report for people: a line for each check, and what to change below those that failed.
fn told(path: &Path, report: &Report) -> String {
    let line = |Finding { check, passed, message, remedy }: &Finding| {
        let mark = if *passed { "ok  " } else { "FAIL" };
        let remedy = remedy.as_ref().map(|it| format!("\n     {it}")).unwrap_or_default();
        format!("{mark} {check}: {message}{remedy}")
    };
    let lines: Vec<String> = report.findings.iter().map(line).collect();
    format!("{}\n{}", path.display(), lines.join("\n"))
}
