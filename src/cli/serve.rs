//! `caregraph serve`: the gateway, until it is told to stop.

use std::net::SocketAddr;
use std::path::Path;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failed, check, environment, runtime, say};
use crate::app::App;
use crate::config::Config;
use crate::http::{Drain, GraphiqlConfig, raise_descriptors, serve};
use crate::telemetry;
use caregraph_connectors::builtin;

pub(super) fn run(path: &Path) -> Result<(), Failed> {
    let config = check::read(path)?;
    telemetry::start(environment("CAREGRAPH_LOG").as_deref());
    raise_descriptors();
    let drain = Drain::with_notice(config.overload.notice);
    runtime()?.block_on(async {
        let listener = listen(config.listen).await?;
        let address = listener.local_addr()?;
        let app = start(config).await?;
        say(&format!(
            "caregraph: serving at http://{address}/graphql; GraphiQL at http://{address}/graphiql"
        ));
        until_told(app, listener, drain).await
    })
}

/// Takes the address.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Failed> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failed(format!("cannot listen on {address}: {error}")))
}

async fn start(config: Config) -> Result<App, Failed> {
    let app = App::build(config, &builtin(), GraphiqlConfig::default()).await?;
    app.start();
    Ok(app)
}

/// Serves until SIGTERM or an interrupt, then finishes what runs.
pub(super) async fn until_told(
    app: App,
    listener: TcpListener,
    drain: Drain,
) -> Result<(), Failed> {
    let told = drain.clone();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        told.start();
    });
    let (presses, fleet) = (drain.clone(), app.fleet());
    tokio::spawn(async move {
        presses.presses().await;
        fleet.close();
    });
    serve(listener, app.routes.clone(), app.health.clone(), drain).await?;
    app.stop().await;
    Ok(())
}
