//! `caregraph bench`: how fast the gateway is, beside the limits that were measured in the same run.
//!
//! The views of some patients out of four simulated systems are asked for in turn, again and again. Every part that is
//! measured is a process of its own ([`part`]), so that its processor time is its own; this process is the load and reads
//! the figures. No figure fails the command: it tells, and people judge.
//!
//! Reading order: [`plan`] says what is measured, [`limit`] beside what, [`report`] how it is told.

mod access;
mod client;
mod config;
mod figures;
mod folder;
mod limit;
mod lines;
mod load;
mod part;
mod plan;
mod process;
mod recording;
mod report;
mod status;
mod systems;
mod view;

use clap::{Args, Subcommand};

use super::{Failed, print, runtime};

/// Of so many patients views can be asked for.
const MOST_VIEWS: u16 = 100;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(super) struct Options {
    /// How long each measurement lasts, after a warm-up.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many requests are on their way at once, each on a connection of its own; one round for each number.
    #[arg(long, default_values_t = [64, 1], value_delimiter = ',', value_name = "N,…", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    connections: Vec<u16>,
    /// How many people live in the simulated systems.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    patients: u64,
    /// Of how many of them the view is asked for, in turn; the first is the one with the longest chart.
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_VIEWS)))]
    views: u16,
    /// Print one line of JSON instead of tables.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One process of a running measurement.
    #[command(subcommand, hide = true)]
    Part(part::Part),
}

pub(super) fn run(options: Options) -> Result<(), Failed> {
    if let Some(Command::Part(part)) = options.command {
        return part::run(part);
    }
    let json = options.json;
    let report = runtime()?.block_on(plan::run(&options))?;
    print(&if json { serde_json::to_string(&report)? } else { report.to_string() });
    Ok(())
}
