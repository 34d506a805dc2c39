//! caregraph: one patient from many care systems, as a GraphQL gateway.
//!
//! Arrows only point down: `http` → `graphql` → `view` → `gather` → the connectors crate, with `access` and
//! `identity` as leaves beside them and `app` as the one place that knows every layer.

pub mod access;
pub mod app;
pub mod audit;
pub mod cli;
pub mod config;
pub mod events;

pub mod gather;
pub mod graphql;
pub mod http;
pub mod identity;
pub mod ledger;
pub mod metrics;
pub mod register;
pub mod shared_cache;
pub mod store;
pub mod telemetry;
pub(crate) mod view;
