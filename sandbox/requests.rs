//! Counters of what a system was asked.

use std::{
    collections::BTreeMap,
    sync::{
        RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// How often a system was asked, by kind of path.
///
/// The kinds are the path without ids: `metadata`, `Condition?` (a search), `Condition/` (a read), `services?` (a list),
/// `services/` (a detail), `members/fills?` (a list below a detail), and `other`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    paths: BTreeMap<String, u64>,
    unchanged: u64,
}

impl Requests {
    /// All requests, refused ones too.
    pub fn total(&self) -> u64 {
        self.paths.values().sum()
    }

    /// The requests of one kind of path, such as `Condition?`.
    pub fn of(&self, path: &str) -> u64 {
        self.paths.get(path).copied().unwrap_or(0)
    }

    /// How many of them were answered with "nothing has changed".
    pub fn unchanged(&self) -> u64 {
        self.unchanged
    }

    /// Every kind of path that was asked for.
    pub fn paths(&self) -> impl Iterator<Item = (&str, u64)> {
        self.paths.iter().map(|(path, count)| (path.as_str(), *count))
    }
}

/// The counters while the system runs.
#[derive(Default)]
pub(crate) struct RequestCounters {
    paths: RwLock<BTreeMap<String, AtomicU64>>,
    unchanged: AtomicU64,
}

impl RequestCounters {
    /// Counts one request; `path` begins after the interface's own path.
    pub(crate) fn count(&self, path: &str, known: &[&str]) {
        let kind = kind_of(path, known);
        if let Some(counter) =
            self.paths.read().expect("no holder of the lock panics").get(kind.as_str())
        {
            counter.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut paths = self.paths.write().expect("no holder of the lock panics");
        paths.entry(kind).or_default().fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one that was answered with "nothing has changed".
    pub(crate) fn count_unchanged(&self) {
        self.unchanged.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Requests {
        let paths = self.paths.read().expect("no holder of the lock panics");
        Requests {
            paths: paths
                .iter()
                .map(|(path, count)| (path.clone(), count.load(Ordering::Relaxed)))
                .collect(),
            unchanged: self.unchanged.load(Ordering::Relaxed),
        }
    }
}

/// Names outside `known` are not kept, so that strangers cannot grow the table.
fn kind_of(path: &str, known: &[&str]) -> String {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next(), parts.next()) {
        (Some("metadata"), None, None) => "metadata".to_owned(),
        (Some(name), None | Some("_search"), None) if known.contains(&name) => format!("{name}?"),
        (Some(name), Some(_), None) if known.contains(&name) => format!("{name}/"),
        (Some(name), Some(_), Some(part)) if known.contains(&name) && known.contains(&part) => {
            format!("{name}/{part}?")
        }
        _ => "other".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_counted_by_kind_and_never_by_id() {
        let counters = RequestCounters::default();
        for path in [
            "/metadata",
            "/Condition",
            "/Condition/_search",
            "/Condition/1",
            "/Condition/2",
            "/Condition/2/Note",
            "/Condition/2/Condition",
            "/Nothing",
            "/",
        ] {
            counters.count(path, &["Condition"]);
        }
        let requests = counters.snapshot();
        assert_eq!(requests.total(), 9);
        assert_eq!(requests.of("metadata"), 1);
        assert_eq!(requests.of("Condition?"), 2);
        assert_eq!(requests.of("Condition/"), 2);
        assert_eq!(requests.of("Condition/Condition?"), 1);
        assert_eq!(requests.of("other"), 3);
        assert_eq!(requests.paths().count(), 5);
    }
}
