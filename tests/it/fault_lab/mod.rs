//! The fault lab: each row of the fault matrix that concerns asking a source, over real sockets.
//!
//! Each test breaks something, asserts the bound of its row, and tells what it measured in one line that begins with
//! `fault:`. Bounds are counts and states; where one is a time, three times as much is allowed, for busy machines.

mod bodies;
mod lab;
mod load;
mod outages;
mod tails;

use std::fmt::Display;

/// Tells what a row expected and what was measured.
fn tell(row: &str, expected: impl Display, measured: impl Display) {
    crate::proof::remark(&format!("fault: {row} | expected {expected} | measured {measured}"));
}
