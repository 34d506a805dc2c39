//! The shared cache over records of simulated systems, and over a Redis of its own.

#![expect(clippy::print_stdout, reason = "what was measured is shown with `--nocapture`")]

#[path = "../../../tests/it/servers/local.rs"]
mod local;
#[path = "../../../tests/it/servers/redis.rs"]
mod server;

mod codec;
mod dump;
mod faults;
mod intruders;
mod nodes;
mod reads;
mod records;
mod redis;

use crate::store::testing::Folder as Home;
use local::{LONG, free_port, signal};
