//! The shared cache over records of simulated systems, and over a Redis of its own.

#![expect(clippy::print_stdout, reason = "what was measured is shown with `--nocapture`")]

mod codec;
mod dump;
mod faults;
mod intruders;
mod nodes;
mod reads;
mod records;
mod redis;
