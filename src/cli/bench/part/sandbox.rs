//! The simulated systems, which can be made late.

use std::time::Duration;

use caregraph_sandbox::{Fault, Options, Role, Sandbox, TokenSpec};
use serde_json::json;

use super::super::super::Failed;
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
    let missing = || Failed("the sandbox has no featured patient".to_owned());
    let (practice, _) = SOURCES[0];
    let truth = sandbox.truth(0);
    let record = truth.record(practice).ok_or_else(missing)?;
    let base = sandbox.system(practice).ok_or_else(missing)?.base_url();
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
        patient: format!("{base}/Patient/{}", record.id),
    })
}
