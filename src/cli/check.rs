//! `caregraph check`: what is wrong with a configuration, or with the manifest of one source.

use std::path::Path;

use super::{Failed, print};
use crate::config::{Config, Mistakes, load, load_manifest};
use caregraph_connectors::builtin;

pub(super) fn run(path: &Path) -> Result<(), Failed> {
    let config = read(path)?;
    print(&format!("{}: no mistakes; {} source(s)", path.display(), config.connectors.len()));
    Ok(())
}

/// Says what is wrong with the manifest of one source.
pub(super) fn manifest(path: &Path) -> Result<(), Failed> {
    let text = text(path)?;
    let source = load_manifest(&text, &builtin()).map_err(|it| unusable(path, &text, &it))?;
    print(&format!("{}: no mistakes; {} ({})", path.display(), source.id, source.kind));
    Ok(())
}

/// Reads a configuration file.
pub(super) fn read(path: &Path) -> Result<Config, Failed> {
    let text = text(path)?;
    load(&text, &builtin()).map_err(|mistakes| unusable(path, &text, &mistakes))
}

pub(super) fn text(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path)
        .map_err(|error| Failed(format!("{} cannot be read: {error}", path.display())))
}

pub(super) fn unusable(path: &Path, text: &str, mistakes: &Mistakes) -> Failed {
    let file = path.display().to_string();
    Failed(format!("{file} cannot be used:\n{}", mistakes.located(text, &file)))
}
