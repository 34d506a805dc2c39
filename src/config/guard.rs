//! How a source is treated when it is slow, fails or has much to do.

use std::time::Duration;

use super::check::Check;
use crate::gather::Knobs;

/// The settings as they are written, each of which may be absent.
pub(super) struct RawGuard {
    pub(super) max_concurrent: Option<usize>,
    pub(super) retries: Option<u32>,
    pub(super) hedge: Option<bool>,
    pub(super) longest_rest_ms: Option<u64>,
}

impl Check<'_> {
    /// The settings of the source at `path`. One that is sensitive is asked no more than is needed, unless the file says so.
    pub(super) fn guard(&mut self, path: &str, raw: &RawGuard, is_sensitive: bool) -> Knobs {
        let usual = Knobs::default();
        let knobs = Knobs {
            max_concurrent: raw.max_concurrent.unwrap_or(usual.max_concurrent),
            retries: raw.retries.unwrap_or(usual.retries),
            hedge: raw.hedge.unwrap_or(usual.hedge && !is_sensitive),
            longest_rest: raw.longest_rest_ms.map_or(usual.longest_rest, Duration::from_millis),
        };
        if !(1..=10_000).contains(&knobs.max_concurrent) {
            self.wrong(format!("{path}.max_concurrent"), "must lie between 1 and 10000");
        }
        if knobs.retries > 3 {
            self.wrong(format!("{path}.retries"), "must lie between 0 and 3");
        }
        if !matches!(knobs.longest_rest.as_millis(), 0 | 1_000..=60_000) {
            let what = "must be 0, or lie between 1000 and 60000";
            self.wrong(format!("{path}.longest_rest_ms"), what);
        }
        knobs
    }
}
