//! What is let in, as it is configured: which documents, how much of one viewer, and how much at once.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::check::Check;
use super::raw::{RawDocuments, RawLimits, RawOverload};
use super::{DocumentsConfig, LimitsConfig, OverloadConfig};

/// How many requests may be under way at most when nothing else is said.
const MOST_CONCURRENT: usize = 1_024;

/// How much memory the process may be said to take.
const MEMORY_MIB: RangeInclusive<u64> = 128..=16_777_216;

impl Check<'_> {
    pub(super) fn documents(&mut self, documents: RawDocuments) -> DocumentsConfig {
        let required = documents.required.unwrap_or(false);
        if required && documents.manifest.is_none() {
            self.wrong("documents.manifest", "is needed when trusted documents are required");
        }
        DocumentsConfig { manifest: documents.manifest.map(PathBuf::from), required }
    }

    pub(super) fn overload(&mut self, overload: RawOverload) -> OverloadConfig {
        let most_concurrent = overload.max_concurrent.unwrap_or(MOST_CONCURRENT);
        if !(1..=100_000).contains(&most_concurrent) {
            self.wrong("overload.max_concurrent", "must lie between 1 and 100000");
        }
        let memory_mib = overload.max_memory_mib;
        if memory_mib.is_some_and(|memory| !MEMORY_MIB.contains(&memory)) {
            let (least, most) = (MEMORY_MIB.start(), MEMORY_MIB.end());
            self.wrong("overload.max_memory_mib", format!("must lie between {least} and {most}"));
        }
        let notice = overload.drain_notice_ms.unwrap_or(1_000);
        if notice > 8_000 {
            self.wrong("overload.drain_notice_ms", "must lie between 0 and 8000");
        }
        OverloadConfig {
            most_concurrent,
            most_memory: memory_mib.map(|memory| memory.saturating_mul(1024 * 1024)),
            batch_clients: overload.batch_clients.unwrap_or_default().into_iter().collect(),
            notice: Duration::from_millis(notice),
        }
    }
}

/// The limits, as far as they are given.
pub(super) fn limits(limits: &RawLimits) -> LimitsConfig {
    LimitsConfig {
        requests_per_minute: limits.requests_per_minute.unwrap_or(60_000),
        patients_per_hour: limits.patients_per_hour.unwrap_or(2_000),
    }
}
