//! What was to be forgotten while Redis could not be told. Until it is, nothing is read there about it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;

use super::news::Forget;
use crate::gather::CacheKey;

/// More than this is not remembered.
const MOST: usize = 100_000;

#[derive(Default)]
pub(super) struct Owed {
    /// When it was to be forgotten.
    all: Mutex<BTreeMap<Forget, SystemTime>>,
    more: Notify,
}

impl Owed {
    /// Remembers it; false when there is no room.
    pub(super) fn add(&self, forget: Forget, at: SystemTime) -> bool {
        let mut all = self.all();
        let room = all.len() < MOST || all.contains_key(&forget);
        if room {
            all.insert(forget, at);
        }
        room
    }

    /// Someone is to be told again.
    pub(super) fn remind(&self) {
        self.more.notify_one();
    }

    /// It was told.
    pub(super) fn settle(&self, forget: &Forget) {
        self.all().remove(forget);
    }

    /// Everything that is owed, once there is a reminder.
    pub(super) async fn reminded(&self) -> Vec<(Forget, SystemTime)> {
        self.more.notified().await;
        self.all().iter().map(|(forget, at)| (forget.clone(), *at)).collect()
    }

    /// Whether what stands there ought to be gone.
    pub(super) fn covers(&self, key: &CacheKey) -> bool {
        let all = self.all();
        !all.is_empty() && Forget::covering(key).iter().any(|forget| all.contains_key(forget))
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Forget, SystemTime>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use caregraph_connectors::LocalId;
    use caregraph_connectors::record::Section;

    use super::*;
    use crate::gather::{SourceId, System};

    #[tokio::test]
    async fn what_is_owed_covers_its_section_or_all_of_them() {
        let (source, patient) = (SourceId::new("clinic"), LocalId::new("1"));
        let system = System::default();
        let key = |section| {
            let (source, patient) = (source.clone(), patient.clone());
            CacheKey { source, system, section, patient }
        };
        let forget = |section| {
            let (source, patient) = (source.clone(), Some(patient.clone()));
            Forget { source, patient, section }
        };
        let owed = Owed::default();
        let now = SystemTime::now();
        assert!(owed.add(forget(Some(Section::Goals)), now));
        assert!(owed.add(forget(Some(Section::Goals)), now));
        assert!(owed.covers(&key(Section::Goals)) && !owed.covers(&key(Section::Coverage)));
        assert!(owed.add(forget(None), now));
        owed.settle(&forget(Some(Section::Goals)));
        assert!(owed.covers(&key(Section::Goals)) && owed.covers(&key(Section::Coverage)));
        owed.remind();
        assert_eq!(owed.reminded().await.len(), 1);
        owed.settle(&forget(None));
        assert!(!owed.covers(&key(Section::Goals)));
        assert!(owed.add(Forget { patient: None, ..forget(None) }, now));
        assert!(owed.covers(&key(Section::Goals)));
    }
}
