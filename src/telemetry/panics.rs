//! What is said of a panic: where, and never what. The text of a panic may quote whatever was worked on.

use std::panic::{PanicHookInfo, set_hook};

/// From now on a panic is a line of the log that names a place in the program.
pub(super) fn tell_places_alone() {
    set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    let (file, line) = panic.location().map_or(("?", 0), |place| (place.file(), place.line()));
    tracing::error!(
        file,
        line,
        "the program panicked here; what it worked on has failed, the rest goes on"
    );
}
