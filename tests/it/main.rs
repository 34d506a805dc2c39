//! The gateway from outside: real HTTP, before simulated provider systems whose truth is known.

// Marked as tests, which integration tests are anyway, so that lints take them for what they are.
#[cfg(test)]
mod administration;
#[cfg(test)]
mod answer;
#[cfg(test)]
mod attacks;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod audit_event;
#[cfg(test)]
mod audit_log;
#[cfg(test)]
mod backend_services;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod cached;
#[cfg(test)]
mod canaries;
#[cfg(test)]
mod caseload;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod cases_log;
#[cfg(test)]
mod cases_policy;
#[cfg(test)]
mod chart;
#[cfg(test)]
mod collector;
#[cfg(test)]
mod config;
mod consents;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod egress;
#[cfg(test)]
mod emergencies;
#[cfg(test)]
mod equality;
#[cfg(test)]
mod events;
#[cfg(test)]
mod every_path;
#[cfg(test)]
mod exposition;
#[cfg(test)]
mod fault_lab;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod first_manifest;
#[cfg(test)]
mod forged;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod home;
#[cfg(test)]
mod http;
#[cfg(test)]
mod ids;
#[cfg(test)]
mod issuer;
#[cfg(test)]
mod issuers;
#[cfg(test)]
mod json_schema;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod labels;
mod layers;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod mapped;
#[cfg(test)]
mod masking;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod mutual_tls;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod pair;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod people;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod process;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod rates;
#[cfg(test)]
mod redis_kinds;
#[cfg(test)]
mod registering;
#[cfg(test)]
mod relations;
#[cfg(test)]
mod remote;
#[cfg(test)]
mod revalidation;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rosters;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod rsa;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod sdl;
#[cfg(test)]
mod served;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod strict;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod twin_streams;
#[cfg(test)]
mod twins;
#[cfg(test)]
mod two_nodes;
#[cfg(test)]
mod two_nodes_script;
#[cfg(test)]
mod waterfall;
