//! What is let in, as it is configured: which documents, and how much of one viewer.

use std::path::PathBuf;

use super::check::Check;
use super::raw::{RawDocuments, RawLimits};
use super::{DocumentsConfig, LimitsConfig};

impl Check<'_> {
    pub(super) fn documents(&mut self, documents: RawDocuments) -> DocumentsConfig {
        let required = documents.required.unwrap_or(false);
        if required && documents.manifest.is_none() {
            self.wrong("documents.manifest", "is needed when trusted documents are required");
        }
        DocumentsConfig { manifest: documents.manifest.map(PathBuf::from), required }
    }
}

/// The limits, as far as they are given.
pub(super) fn limits(limits: &RawLimits) -> LimitsConfig {
    LimitsConfig {
        requests_per_minute: limits.requests_per_minute.unwrap_or(60_000),
        patients_per_hour: limits.patients_per_hour.unwrap_or(2_000),
    }
}
