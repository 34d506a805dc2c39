//! When a source was last forgotten as a whole: its copies stand under names that only whoever knows the patients can find,
//! so they are not taken away, but not believed any more.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use caregraph_connectors::record::Section;

use super::marks::SKEW;
use super::seal::About;
use super::tier::Inner;
use crate::gather::{CacheKey, Generation, Kept, SourceId};

/// No copy is believed for longer anyway.
const REMEMBERED: Duration = Duration::from_hours(24);

impl Inner {
    /// What the source was asked for until then is forgotten; false when Redis cannot be told.
    pub(super) async fn raise(
        &self,
        source: &SourceId,
        section: Option<Section>,
        at: SystemTime,
    ) -> bool {
        let Ok(since) = at.duration_since(UNIX_EPOCH) else { return false };
        for section in section.as_ref().map_or(Section::ALL, std::slice::from_ref) {
            let plain = postcard::to_allocvec(&since).unwrap_or_default();
            let sealed = self.keys.seal(&about(source, *section), Generation::default(), plain);
            let Some(sealed) = sealed else { return false };
            let mut set = redis::cmd("SET");
            set.arg(self.names.floor(source, *section)).arg(sealed);
            set.arg("PX").arg(u64::try_from(REMEMBERED.as_millis()).unwrap_or(u64::MAX));
            if self.link.ask::<String>(&set).await.is_none() {
                return false;
            }
        }
        true
    }

    /// Whether a copy was asked for after its source was forgotten. A floor that cannot be read lets nothing pass.
    pub(super) fn is_above(&self, key: &CacheKey, kept: &Kept, floor: &[u8]) -> bool {
        let about = about(&key.source, key.section);
        let opened = self.keys.open(&about, Generation::default(), floor).ok();
        let since = opened.and_then(|it| postcard::from_bytes::<Duration>(&it).ok());
        let at = since.and_then(|since| UNIX_EPOCH.checked_add(since + SKEW));
        let is_above = at.is_some_and(|at| kept.asked_at > at);
        if !is_above {
            self.tally.forgotten.one();
        }
        is_above
    }
}

fn about(source: &SourceId, section: Section) -> About {
    About::new(&["floor", source.as_str(), section.name()])
}
