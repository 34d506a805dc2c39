//! Servers of others, which a test starts for itself on loopback and ends with it: Redis, PostgreSQL, a slow way to them,
//! TLS.

pub(crate) mod certificates;
mod postgres;
mod redis;
mod slow;

pub(crate) use postgres::Postgres;
pub(crate) use redis::Redis;
pub(crate) use slow::Slow;

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

/// Long enough for the slowest machine; nothing waits so long unless it fails.
const LONG: Duration = Duration::from_mins(1);

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
