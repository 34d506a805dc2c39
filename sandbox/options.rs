//! How a sandbox is to be started.

use crate::fault::Faults;

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many people live in the population; at least one, the featured patient.
    pub patients: u64,
    /// Another seed is another population.
    pub seed: u64,
    /// The faults that the systems start with.
    pub faults: Faults,
    /// Where the systems listen.
    pub ports: Ports,
}

impl Default for Options {
    /// A hundred people, seed 1, no faults, free ports.
    fn default() -> Self {
        Self { patients: 100, seed: 1, faults: Faults::default(), ports: Ports::Ephemeral }
    }
}

/// The ports on loopback that the systems and the issuer listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// Whatever is free.
    Ephemeral,
    /// This one and those that follow, in the order of the systems; then the issuer, the place where records
    /// are changed, and the systems of partners.
    From(u16),
}

impl Ports {
    /// The port of the system at this place; 0 asks the machine for a free one.
    pub(crate) fn at(self, place: u16) -> Option<u16> {
        match self {
            Self::Ephemeral => Some(0),
            Self::From(first) => first.checked_add(place),
        }
    }
}
