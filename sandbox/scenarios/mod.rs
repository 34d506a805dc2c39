//! What the sandbox promises, tried over real HTTP.

mod changes;
mod charts;
mod client;
mod directory;
mod faults;
mod featured;
mod filters;
mod identities;
mod notifications;
mod partners;
mod searches;
mod tokens;
mod truths;

use crate::{Fault, Options, Sandbox};
use client::Answer;

/// A sandbox of some people, without faults.
async fn sandbox(patients: u64) -> Sandbox {
    Sandbox::start(Options { patients, ..Options::default() }).await.unwrap()
}

/// Asks a system; the path begins after its base address.
async fn ask(sandbox: &Sandbox, system: &str, path: &str) -> Answer {
    let base = sandbox.system(system).unwrap().base_url();
    client::get(&format!("{base}{path}"), &[]).await.unwrap()
}

fn set_fault(sandbox: &Sandbox, system: &str, fault: Fault) {
    sandbox.system(system).unwrap().set_fault(fault);
}

/// The patient id of a person in a system.
fn patient(sandbox: &Sandbox, person: u64, system: &str) -> String {
    sandbox.truth(person).record(system).unwrap().id.clone()
}
