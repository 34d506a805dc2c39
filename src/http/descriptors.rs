//! How much may be open at once. The system lets a process have so many descriptors; whoever takes the last one for a
//! connection has none left to ask a source with, or to write the audit log.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many a process may have when nothing limits it.
const PLENTY: u64 = 65_536;

/// How many are open whatever happens: databases, logs, listeners.
const OURS: usize = 32;

/// How many connections to sources one request may need.
const OF_A_REQUEST: usize = 8;

/// Allows this process as many descriptors as the system lets it.
pub fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    if limit.current != limit.maximum && setrlimit(Resource::Nofile, raised).is_err() {
        tracing::warn!("the number of files that may be open could not be raised");
    }
}

/// How many connections are taken: half of what may be open.
pub(super) fn most_connections() -> usize {
    (descriptors() / 2).max(OURS / 2)
}

/// How many requests may be under way without running out of connections to sources.
pub fn most_requests() -> usize {
    ((descriptors() / 2).saturating_sub(OURS) / OF_A_REQUEST).max(4)
}

fn descriptors() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(PLENTY).min(PLENTY);
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_requests_fit_into_what_may_be_open() {
        assert!(most_connections() >= 16 && most_requests() >= 4);
        assert!(descriptors() < 128 || most_connections() + OURS <= descriptors());
    }
}
