//! `caregraph connector`: what a partner does with a connector, without a gateway.

mod check;
mod new;
mod source;
mod trying;

use clap::Subcommand;

use super::Failed;

/// What can be done with a connector.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a manifest, ask its source whom it lists and what it knows of some of them, and say what is wrong.
    Check(check::Options),
    /// Show what is asked for one patient, what comes back, and the records that are made of it.
    Try(trying::Options),
    /// Write the first version of a manifest, from samples of answers or from an OpenAPI description.
    New(new::Options),
}

pub(super) fn run(command: &Command) -> Result<(), Failed> {
    match command {
        Command::Check(options) => check::run(options),
        Command::Try(options) => trying::run(options),
        Command::New(options) => new::run(options),
    }
}
