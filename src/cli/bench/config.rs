//! The gateway's configuration: written as a person would write it, with the four sources and nothing else.

use std::fmt::Write as _;
use std::path::Path;

use super::systems::System;

/// Whether the gateway may keep what its sources said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Copies {
    /// For as long as it does by default.
    Kept,
    /// Every answer comes from the sources.
    None,
}

/// A configuration over these systems.
pub(super) fn text(systems: &[System], issuer: &str, store: &Path, copies: Copies) -> String {
    let mut text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n\n[store]\nurl = \"sqlite://{}\"\n\n[auth]\nissuer = \"{issuer}\"\n\n[access]\nrelationship = \"not-required\"\n\n\
         [limits]\nrequests_per_minute = 0\npatients_per_hour = 0\n\n[cache]\nenabled = {}\n",
        store.display(),
        copies == Copies::Kept,
    );
    for system in systems {
        let _ = write!(
            text,
            "\n[[connector]]\nid = \"{}\"\nname = {:?}\ncategory = \"{}\"\nkind = \"{}\"\nbase_url = \"{}\"\n",
            system.id, system.name, system.category, system.kind, system.base_url,
        );
    }
    text
}
