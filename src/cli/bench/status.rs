//! What is being measured, on a terminal. Off a terminal nothing is written.

use std::io::{IsTerminal as _, Write as _};

/// Shows one line in place of the one before.
pub(super) fn show(text: &str) {
    let mut terminal = std::io::stderr().lock();
    if terminal.is_terminal() {
        // A terminal that is gone is no reason to stop.
        let _ = write!(terminal, "\r\x1b[2K{text}");
        let _ = terminal.flush();
    }
}
