//! The simulated systems, which can be made late.

use std::time::Duration;

use caregraph_sandbox::{Fault, Options, Role, Sandbox, TokenSpec};
use serde_json::json;

use super::super::super::Failed;
use super::super::MOST_VIEWS;
use super::super::lines::{Lines, tell};
use super::super::systems::{Card, Delays, SOURCES, System};

/// Longer than any measurement lasts.
const TOKEN_MINUTES: i64 = 24 * 60;

pub(super) async fn run(patients: u64) -> Result<(), Failed> {
    let mut orders = Lines::of_parent();
    let sandbox = Sandbox::start(Options { patients, ..Options::default() }).await?;
    tell(&card(&sandbox)?)?;
    while let Some(delays) = orders.next::<Delays>().await? {
        for (id, late) in &delays {
            if let Some(system) = sandbox.system(id) {
                system.set_fault(Fault::Delay(Duration::from_millis(*late)));
            }
        }
        tell(&json!({}))?;
    }
    sandbox.stop().await;
    Ok(())
}

fn card(sandbox: &Sandbox) -> Result<Card, Failed> {
    let everybody = 0..sandbox.population().size();
    let patients = everybody.filter_map(|person| place(sandbox, person)).take(MOST_VIEWS.into());
    let patients: Vec<String> = patients.collect();
    if patients.is_empty() {
        return Err(Failed("the sandbox has no patients".to_owned()));
    }
    let systems = SOURCES.iter().filter_map(|(id, _)| sandbox.system(id)).map(|system| System {
        id: system.id().to_owned(),
        name: system.name().to_owned(),
        category: system.category().to_string(),
        kind: system.kind().to_string(),
        base_url: system.base_url().to_owned(),
    });
    let spec = TokenSpec { minutes: TOKEN_MINUTES, ..TokenSpec::new(Role::Coordinator) };
    Ok(Card {
        systems: systems.collect(),
        issuer: sandbox.issuer().url().to_owned(),
        token: sandbox.issuer().token(&spec),
        patients,
    })
}

/// Where the first of the sources that has a person keeps them.
fn place(sandbox: &Sandbox, person: u64) -> Option<String> {
    let truth = sandbox.truth(person);
    SOURCES.iter().find_map(|(source, _)| {
        let base = sandbox.system(source)?.base_url();
        Some(format!("{base}/Patient/{}", truth.record(source)?.id))
    })
}
