//! Who is told when something has landed under a key, or was forgotten. One listens for all who watch the same.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::CacheKey;

/// How often what happened under a key since somebody began to listen. Whoever is late hears that it happened, and
/// misses nothing but how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::gather) struct Heard {
    landed: u64,
    /// How often it was forgotten.
    pub(in crate::gather) forgotten: u64,
}

/// Those who listen, by their keys.
#[derive(Default)]
pub(super) struct Ears(Mutex<HashMap<CacheKey, watch::Sender<Heard>>>);

impl Ears {
    fn table(&self) -> MutexGuard<'_, HashMap<CacheKey, watch::Sender<Heard>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens to a key from now on, in place of whoever did before.
    pub(super) fn listen(&self, key: &CacheKey) -> watch::Receiver<Heard> {
        let (tell, ear) = watch::channel(Heard::default());
        self.table().insert(key.clone(), tell);
        ear
    }

    /// Nobody listens to the key any more.
    pub(super) fn close(&self, key: &CacheKey) {
        self.table().remove(key);
    }

    /// Something landed under a key, be it a failure.
    pub(super) fn landed(&self, key: &CacheKey) {
        if let Some(ear) = self.table().get(key) {
            ear.send_modify(|heard| heard.landed += 1);
        }
    }

    /// What stood under these keys was forgotten.
    pub(super) fn forgotten(&self, keys: &[CacheKey]) {
        let table = self.table();
        for ear in keys.iter().filter_map(|key| table.get(key)) {
            ear.send_modify(|heard| heard.forgotten += 1);
        }
    }

    /// What stood under the keys that are meant was forgotten.
    pub(super) fn forgotten_where(&self, is_meant: impl Fn(&CacheKey) -> bool) {
        for (_, ear) in self.table().iter().filter(|(key, _)| is_meant(key)) {
            ear.send_modify(|heard| heard.forgotten += 1);
        }
    }
}
