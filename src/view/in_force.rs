//! The sources that are in force, and how sensitive what they say is. Both change together, or not at all.

use std::sync::{Arc, PoisonError, RwLock};

use super::labelling::Labelling;
use crate::gather::Fleet;

/// Sources, and how sensitive what they say is. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) fleet: Fleet,
    pub(crate) labelling: Arc<Labelling>,
}

/// The sources that are in force now.
pub(crate) struct InForce(RwLock<Sources>);

impl InForce {
    pub(crate) fn new(sources: Sources) -> Self {
        Self(RwLock::new(sources))
    }

    pub(crate) fn get(&self) -> Sources {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on these are in force. Whoever took others before ends with those.
    pub(crate) fn replace(&self, sources: Sources) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = sources;
    }
}
