//! The gateway, as `caregraph serve` starts it; it says that it is ready when its index is complete.

use std::path::Path;

use super::super::super::{Failed, check, environment, progress, runtime, serve};
use super::super::access::{AccessCosts, CostsOrder};
use super::super::limit::Ready;
use super::super::lines::{Lines, tell};
use crate::app::App;
use crate::graphql::Engine;
use crate::http::{Drain, GraphiqlConfig};
use crate::telemetry;
use caregraph_connectors::builtin;

pub(super) fn run(config: &Path) -> Result<(), Failed> {
    let config = check::read(config)?;
    telemetry::start(environment("CAREGRAPH_LOG").as_deref());
    runtime()?.block_on(async {
        let mut orders = Lines::of_parent();
        let listener = serve::listen(config.listen).await?;
        let address = listener.local_addr()?;
        let app = App::build(config, &builtin(), GraphiqlConfig::default()).await?;
        app.start();
        progress::first_index(&app.index).await;
        tell(&Ready { address })?;
        let engine = app.engine.clone();
        tokio::select! {
            served = serve::until_told(app, listener, Drain::default()) => served,
            told = tell_costs(&mut orders, &engine) => told,
        }
    })
}

/// Tells what access control has cost so far, whenever it is asked.
async fn tell_costs(orders: &mut Lines, engine: &Engine) -> Result<(), Failed> {
    while orders.next::<CostsOrder>().await?.is_some() {
        tell(&AccessCosts::so_far(engine))?;
    }
    Ok(())
}
