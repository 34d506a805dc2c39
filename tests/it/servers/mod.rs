//! Servers of others, which a test starts for itself on loopback and ends with it: Redis, PostgreSQL, a slow way to them,
//! TLS.

pub(crate) mod certificates;
pub(crate) mod guarded_door;
mod local;
pub(crate) mod locked_door;
pub(crate) mod partner;
mod postgres;
mod redis;
mod slow;
pub(crate) mod two_doors;
mod walk_in;

pub(crate) use local::{free_port, signal};
pub(crate) use partner::Partner;
pub(crate) use postgres::Postgres;
pub(crate) use redis::Redis;
pub(crate) use slow::Slow;
pub(crate) use walk_in::WalkIn;

use crate::home::Home;
use local::LONG;
