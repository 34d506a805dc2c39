//! What every resolver works with: the sources that are in force, and what stays whichever they are.

use std::ops::Deref;
use std::sync::Arc;

use super::costs::Costs;
use super::plans::Plans;
use super::pulse::Pulses;
use super::rates::Rates;
use super::streams::Cursors;
use crate::audit::AuditLog;
use crate::gather::Fleet;
use crate::identity::PersonIndex;
use crate::ledger::Ledger;
use crate::register::{Register, Workshop};
use crate::view::{InForce, Labelling, Merged, Sources};

/// What stays, whichever sources there are.
pub(crate) struct House {
    /// Who is who.
    pub(crate) index: PersonIndex,
    /// What patients decided, who stands in which relation to them, and who broke the glass.
    pub(crate) ledger: Ledger,
    /// The connectors that are registered.
    pub(crate) register: Arc<Register>,
    /// Reads, tries and runs them.
    pub(crate) workshop: Arc<dyn Workshop>,
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
    pub(crate) labelling: Arc<Labelling>,
    house: Arc<House>,
}

impl Gateway {
    /// A gateway over the sources that are in force now.
    pub(super) fn now(sources: &InForce, house: &Arc<House>) -> Arc<Self> {
        let Sources { fleet, labelling } = sources.get();
        Arc::new(Self { fleet, labelling, house: house.clone() })
    }
}

impl Deref for Gateway {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}
