//! What every resolver works with: the sources that are in force, and what stays whichever they are.

use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use super::costs::Costs;
use super::plans::Plans;
use super::pulse::Pulses;
use super::rates::Rates;
use super::streams::Cursors;
use crate::audit::AuditLog;
use crate::gather::Fleet;
use crate::identity::PersonIndex;
use crate::ledger::Ledger;
use crate::view::{Labelling, Merged};

/// What stays, whichever sources there are.
pub(crate) struct House {
    /// Who is who.
    pub(crate) index: PersonIndex,
    /// What patients decided, who stands in which relation to them, and who broke the glass.
    pub(crate) ledger: Ledger,
    /// Who saw what.
    pub(crate) audit: AuditLog,
    /// How much each viewer has asked.
    pub(crate) rates: Rates,
    /// How to answer what was asked before.
    pub(crate) plans: Plans,
    /// Views that were merged before.
    pub(crate) merged: Merged,
    /// What access control has cost.
    pub(crate) costs: Costs,
    /// How requests go.
    pub(crate) pulses: Pulses,
    /// Names of what streams have shown.
    pub(crate) cursors: Cursors,
}

/// What every resolver of one operation works with. It never changes: an operation ends with the sources with which it
/// began, whatever happens to them meanwhile.
pub(crate) struct Gateway {
    /// The sources.
    pub(crate) fleet: Fleet,
    /// How sensitive records are.
    pub(crate) labelling: Labelling,
    house: Arc<House>,
}

impl Gateway {
    /// A gateway over these sources.
    pub(super) fn new(fleet: Fleet, labelling: Labelling, house: Arc<House>) -> Self {
        Self { fleet, labelling, house }
    }
}

impl Deref for Gateway {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

/// The gateway with which operations begin now.
pub(super) struct Current(RwLock<Arc<Gateway>>);

impl Current {
    pub(super) fn new(gateway: Gateway) -> Self {
        Self(RwLock::new(Arc::new(gateway)))
    }

    pub(super) fn get(&self) -> Arc<Gateway> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on operations begin with these sources.
    pub(super) fn replace(&self, fleet: Fleet, labelling: Labelling) {
        let house = self.get().house.clone();
        let gateway = Arc::new(Gateway::new(fleet, labelling, house));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = gateway;
    }
}
