//! What the registered connectors of this node prove themselves with: of each those that run.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use caregraph_connectors::egress::Keys;

use crate::gather::SourceId;

/// What registered connectors prove themselves with, by connector and version.
#[derive(Default)]
pub(super) struct Keyring(Mutex<HashMap<(SourceId, u32), Keys>>);

impl Keyring {
    fn all(&self) -> MutexGuard<'_, HashMap<(SourceId, u32), Keys>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A version runs with these from now on.
    pub(super) fn add(&self, id: &SourceId, version: u32, keys: Keys) {
        self.all().insert((id.clone(), version), keys);
    }

    /// Those of a version that runs.
    pub(super) fn get(&self, id: &SourceId, version: u32) -> Option<Keys> {
        self.all().get(&(id.clone(), version)).cloned()
    }

    /// Lets go of all but these.
    pub(super) fn keep(&self, runs: impl Fn(&SourceId, u32) -> bool) {
        self.all().retain(|(id, version), _| runs(id, *version));
    }
}
