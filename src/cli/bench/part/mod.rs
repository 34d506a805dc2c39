//! The processes of a measurement. Each tells its parent that it is ready, does what it is told, and ends when its
//! parent does: when its standard input closes.

mod bytes;
mod fetch;
mod gateway;
mod sandbox;

use std::path::PathBuf;

use clap::Subcommand;

use super::super::{Failed, runtime};

#[derive(Debug, Subcommand)]
pub(super) enum Part {
    /// The simulated systems.
    Sandbox {
        /// How many people live in them.
        #[arg(long)]
        patients: u64,
    },
    /// The gateway.
    Gateway {
        /// Its configuration.
        #[arg(long)]
        config: PathBuf,
    },
    /// The client that fetches and does nothing else.
    Fetch,
    /// The server that answers from memory.
    Bytes {
        /// What it answers, in turn.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

pub(super) fn run(part: Part) -> Result<(), Failed> {
    match part {
        Part::Gateway { config } => gateway::run(&config),
        Part::Sandbox { patients } => runtime()?.block_on(sandbox::run(patients)),
        Part::Fetch => runtime()?.block_on(fetch::run()),
        Part::Bytes { files } => runtime()?.block_on(bytes::run(&files)),
    }
}
