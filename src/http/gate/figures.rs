//! What is counted at the gate.

use super::Lane;
use crate::telemetry::{Counter, Histogram};

/// What happened at the gate since the start. Each number only grows.
#[derive(Debug, Default)]
pub struct GateFigures {
    lanes: [LaneFigures; Lane::ALL.len()],
    /// Requests that asked for the lane of emergencies and did not get it.
    pub disbelieved: Counter,
    /// How long those who were let in had to wait.
    pub wait: Histogram,
}

/// What happened in one lane.
#[derive(Debug, Default)]
pub struct LaneFigures {
    /// Requests that were let in.
    pub accepted: Counter,
    /// Requests that had to wait, whether they were let in or not.
    pub queued: Counter,
    /// Requests that were turned away.
    pub shed: Counter,
}

impl GateFigures {
    /// What happened in a lane.
    pub fn lane(&self, lane: Lane) -> &LaneFigures {
        let [emergency, interactive, subscription, batch] = &self.lanes;
        match lane {
            Lane::Emergency => emergency,
            Lane::Interactive => interactive,
            Lane::Subscription => subscription,
            Lane::Batch => batch,
        }
    }
}

/// How the gate stands at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateStanding {
    /// How many requests are under way.
    pub under_way: usize,
    /// How many may be.
    pub limit: usize,
    /// How many wait.
    pub waiting: usize,
}
