//! What every server of a test needs. Tests within the crate take this file too.

use std::net::TcpListener;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Long enough for the slowest machine; nothing waits so long unless it fails.
pub(super) const LONG: Duration = Duration::from_mins(1);

/// Ports below those that the system gives to whoever does not care (from 32768 on): nobody is given one of these between
/// being told of it and listening there.
const PORTS: std::ops::Range<u16> = 10_240..32_000;

/// A port that nobody listens on, and that no other test is told of.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let turn =
            std::process::id().wrapping_mul(97).wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        let place = u16::try_from(turn % u32::from(PORTS.end - PORTS.start)).expect("it is less");
        let port = PORTS.start + place;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Sends a signal to a process that the test started.
pub(crate) fn signal(process: u32, name: &str) {
    let kill = format!("kill -{name} {process}");
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell runs").success());
}
