//! The fault lab: the rows of the fault matrix, over real sockets. `scripts/faults` prints them all as one table.
//!
//! Each test breaks something, asserts the bound of its row, and tells what it measured in one line that begins with
//! `fault:`. Bounds are counts and states; where one is a time, three times as much is allowed, for busy machines.

mod bodies;
mod clocks;
mod consent;
mod crowd;
mod descriptors;
mod drift;
mod finished;
mod lab;
mod leaving;
mod load;
mod memory;
mod outages;
mod overload;
mod panics;
mod policies;
mod reach;
mod redis;
mod returning;
pub(crate) mod stampede;
mod stopping;
mod stores;
mod tails;

use std::fmt::Display;

/// Tells what a row expected and what was measured.
fn tell(row: &str, expected: impl Display, measured: impl Display) {
    crate::proof::remark(&format!("fault: {row} | expected {expected} | measured {measured}"));
}
