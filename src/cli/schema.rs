//! `caregraph schema`: the public contracts.

use caregraph_connectors::{record, remote};
use clap::Args;

use super::{Failed, print};
use crate::access::{self, Policy};
use crate::config;
use crate::graphql::Engine;

#[derive(Debug, Args)]
#[group(multiple = false)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of a command line, of which there is one at most"
)]
pub(super) struct Options {
    /// Print the JSON Schema of the configuration file instead.
    #[arg(long)]
    config: bool,
    /// Print who may see which field instead.
    #[arg(long)]
    matrix: bool,
    /// Print the JSON Schema of a record instead, as sources are translated to.
    #[arg(long)]
    record: bool,
    /// Print the JSON Schema of a manifest of the kind `mapped-http` instead.
    #[arg(long)]
    manifest: bool,
    /// Print the JSON Schema of the messages of the kind `remote` instead.
    #[arg(long)]
    remote: bool,
}

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    let text = if options.config {
        serde_json::to_string_pretty(&config::schema())?
    } else if options.matrix {
        access::matrix(&Policy::default_policy(), &Engine::classes()?)
    } else if options.record {
        serde_json::to_string_pretty(&record::schema::of_record())?
    } else if options.manifest {
        serde_json::to_string_pretty(&config::manifest_schema())?
    } else if options.remote {
        serde_json::to_string_pretty(&remote::of_messages())?
    } else {
        Engine::sdl()
    };
    print(text.trim_end());
    Ok(())
}
