//! The command line.

mod audit;
mod bench;
mod check;
mod connector;
mod demo;
mod key;
mod policy;
mod progress;
mod schema;
mod serve;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// One patient from many care systems, as a GraphQL gateway.
#[derive(Debug, Parser)]
#[command(name = "caregraph", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve, as the configuration says.
    Serve {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Start simulated provider systems and the gateway before them, on this machine alone.
    Demo(demo::Options),
    /// Say what is wrong with a configuration or with a manifest, without starting.
    #[group(required = true, multiple = false)]
    Check {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// The manifest of one source, in TOML or JSON.
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
    },
    /// Try a connector without a gateway.
    #[command(subcommand)]
    Connector(connector::Command),
    /// Print the GraphQL schema.
    Schema(schema::Options),
    /// Print, as a JWKS, the public halves of the keys by which the gateway shows sources who it is.
    Key {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Print a token for the running demo.
    Token(token::Options),
    /// Check, search or export the audit log.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Check a policy, approve it, or make a key to approve policies with.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Measure the gateway on this machine, beside the limits of the same run.
    Bench(bench::Options),
}

/// Runs the command line; the exit code is 0, 1 when something failed, 2 when the arguments make no sense.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors: clap knows where each belongs.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let done = match arguments.command {
        Command::Serve { config } => serve::run(&config),
        Command::Demo(options) => demo::run(options),
        Command::Check { config: Some(path), .. } => check::run(&path),
        Command::Check { manifest: Some(path), .. } => check::manifest(&path),
        Command::Check { .. } => Err(Failed("name a --config or a --manifest".to_owned())),
        Command::Connector(command) => connector::run(&command),
        Command::Schema(options) => schema::run(&options),
        Command::Key { config } => key::run(&config),
        Command::Token(options) => token::run(&options),
        Command::Audit(command) => audit::run(&command),
        Command::Policy(command) => policy::run(&command),
        Command::Bench(options) => bench::run(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(what)) => {
            say(&format!("caregraph: {what}"));
            ExitCode::FAILURE
        }
    }
}

/// Why a command failed: what is wrong, where, and what to do.
#[derive(Debug)]
struct Failed(String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            let deeper_text = deeper.to_string();
            if !text.contains(&deeper_text) {
                text = format!("{text}: {deeper_text}");
            }
            cause = deeper.source();
        }
        Self(text)
    }
}

/// Prints a result. Whoever reads only the beginning of it and goes is no reason to fail.
fn print(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Tells the person at the terminal something that is no result.
#[expect(clippy::print_stderr, reason = "messages of commands go to standard error")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// An environment variable of ours.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A runtime for commands that serve.
fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_commands_and_their_options_do_not_contradict_each_other() {
        super::Arguments::command().debug_assert();
    }
}
