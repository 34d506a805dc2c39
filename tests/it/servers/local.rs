//! What every server of a test needs. Tests within the crate take this file too.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

/// Long enough for the slowest machine; nothing waits so long unless it fails.
pub(super) const LONG: Duration = Duration::from_mins(1);

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("a listener has an address").port()
}

/// Sends a signal to a process that the test started.
pub(crate) fn signal(process: u32, name: &str) {
    let kill = format!("kill -{name} {process}");
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell runs").success());
}
