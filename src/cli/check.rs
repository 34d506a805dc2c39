//! `caregraph check`: what is wrong with a configuration.

use std::path::Path;

use super::{Failed, print};
use crate::config::{Config, load};
use caregraph_connectors::builtin;

pub(super) fn run(path: &Path) -> Result<(), Failed> {
    let config = read(path)?;
    print(&format!("{}: no mistakes; {} source(s)", path.display(), config.connectors.len()));
    Ok(())
}

/// Reads a configuration file.
pub(super) fn read(path: &Path) -> Result<Config, Failed> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failed(format!("{} cannot be read: {error}", path.display())))?;
    load(&text, &builtin())
        .map_err(|mistakes| Failed(format!("{} cannot be used:\n{mistakes}", path.display())))
}
