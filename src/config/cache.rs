//! What is kept of sources' answers, as it is configured.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use caregraph_connectors::record::Section;
use toml::Table;

use super::CacheConfig;
use super::check::Check;
use super::raw::{self, RawCache, RawKeeping, RawWindows};
use crate::access::Role;
use crate::gather::{Keeping, Windows};

/// Whoever treats or coordinates may have the sources asked anew.
const LIVE_READS: [Role; 4] =
    [Role::Coordinator, Role::PrimaryCare, Role::Specialist, Role::Pharmacist];

/// The memory that is taken when nothing else is said, and the most that can be.
const MEMORY_MIB: u64 = 256;
const MOST_MEMORY_MIB: u64 = 1024 * 1024;

/// One part of so many is for what was merged of the copies.
const MERGED_SHARE: u64 = 4;

/// Windows by section.
type BySection = BTreeMap<Section, Windows>;

impl Check<'_> {
    /// What is kept.
    pub(super) fn cache(&mut self, cache: RawCache) -> CacheConfig {
        let memory_mib = cache.memory_mib.unwrap_or(MEMORY_MIB);
        if !(1..=MOST_MEMORY_MIB).contains(&memory_mib) {
            self.wrong("cache.memory_mib", format!("must lie between 1 and {MOST_MEMORY_MIB}"));
        }
        let live_reads = match cache.live_reads {
            None => LIVE_READS.into(),
            Some(names) => self.roles_named("cache.live_reads", names),
        };
        let windows = self.sections("cache.sections", cache.sections, &BySection::new());
        let memory = memory_mib.saturating_mul(1024 * 1024);
        let is_on = cache.enabled.unwrap_or(true);
        let merged = if is_on { memory / MERGED_SHARE } else { 0 };
        let windows = is_on.then_some(windows);
        CacheConfig { memory: memory - merged, merged, live_reads, windows }
    }

    /// What is kept of one source, before what is kept of all.
    pub(super) fn keeping(
        &mut self,
        path: &str,
        keeping: Option<Table>,
        of_all: Option<&BySection>,
    ) -> Keeping {
        let path = format!("{path}.cache");
        let keeping = keeping.unwrap_or_default();
        self.unknown_keys(&path, &keeping, &raw::keys::<RawKeeping>());
        let keeping: RawKeeping = self.values(&path, &keeping);
        let nothing = BySection::new();
        let known = of_all.unwrap_or(&nothing);
        let windows = self.sections(&format!("{path}.sections"), keeping.sections, known);
        match of_all {
            Some(_) if keeping.enabled.unwrap_or(true) => Keeping::with(windows),
            _ => Keeping::NOTHING,
        }
    }

    /// The roles of these names.
    pub(super) fn roles_named(&mut self, path: &str, names: Vec<String>) -> BTreeSet<Role> {
        let mut roles = BTreeSet::new();
        for name in names {
            if let Some(role) = Role::ALL.iter().find(|role| role.name() == name) {
                roles.insert(*role);
            } else {
                let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                let known = known.join(", ");
                self.wrong(path, format!("there is no role {name:?}; known are {known}"));
            }
        }
        roles
    }

    fn sections(
        &mut self,
        path: &str,
        sections: Option<BTreeMap<String, Table>>,
        known: &BySection,
    ) -> BySection {
        let mut windows = known.clone();
        for (name, table) in sections.unwrap_or_default() {
            let path = format!("{path}.{name}");
            let about_patients = |section: &&Section| **section != Section::Services;
            let mut all = Section::ALL.iter().filter(about_patients);
            let Some(section) = all.clone().find(|section| section.name() == name) else {
                let names: Vec<&str> = all.by_ref().map(|section| section.name()).collect();
                self.wrong(
                    path,
                    format!("there is no section {name:?}; known are {}", names.join(", ")),
                );
                continue;
            };
            self.unknown_keys(&path, &table, &raw::keys::<RawWindows>());
            let raw: RawWindows = self.values(&path, &table);
            let before = known.get(section).copied().unwrap_or_else(|| Windows::of(*section));
            windows.insert(*section, self.windows(&path, &raw, before));
        }
        windows
    }

    fn windows(&mut self, path: &str, raw: &RawWindows, before: Windows) -> Windows {
        let seconds = |given: Option<u64>, before| given.map_or(before, Duration::from_secs);
        let windows = Windows {
            fresh: seconds(raw.fresh_s, before.fresh),
            while_revalidating: seconds(raw.stale_while_revalidate_s, before.while_revalidating),
            if_error: seconds(raw.stale_if_error_s, before.if_error),
            negative: seconds(raw.negative_s, before.negative),
        };
        if windows.if_error > Windows::LONGEST {
            let longest = Windows::LONGEST.as_secs();
            self.wrong(format!("{path}.stale_if_error_s"), format!("must be at most {longest}"));
        }
        if windows.negative > Windows::LONGEST_NEGATIVE {
            let longest = Windows::LONGEST_NEGATIVE.as_secs();
            self.wrong(format!("{path}.negative_s"), format!("must be at most {longest}"));
        }
        let (fresh, revalidate) = (windows.fresh, windows.while_revalidating);
        if fresh > revalidate || revalidate > windows.if_error {
            let said = |of: Duration| of.as_secs();
            self.wrong(
                path,
                format!(
                    "fresh_s ({}) must not be more than stale_while_revalidate_s ({}), nor that more than \
                     stale_if_error_s ({}); those that you leave out have their defaults",
                    said(fresh),
                    said(revalidate),
                    said(windows.if_error),
                ),
            );
        }
        windows
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
