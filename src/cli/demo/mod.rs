//! `caregraph demo`: simulated provider systems and the gateway before them, on this machine alone.

mod config;
mod featured;
mod hooks;
mod partners;
mod running;
mod words;

use std::net::SocketAddr;

use clap::Args;

use super::{Failed, environment, print, progress, runtime, say, serve};
use crate::app::App;
use crate::http::{Drain, GraphiqlConfig};
use crate::telemetry;
use caregraph_connectors::builtin;
use caregraph_sandbox::{Faults, Ports, Sandbox};

pub(super) use running::Running;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where the gateway listens; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// How many people live in the demo.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    patients: u64,
    /// Another seed is another population.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Faults of the systems, e.g. cornerstone=delay:300ms,stmary=hang,lakeside=errors:0.3,harbor=garbage.
    #[arg(long, value_name = "SYSTEM=FAULT,…", value_parser = faults)]
    faults: Option<Faults>,
    /// Print one line of JSON with the addresses and tokens instead of words.
    #[arg(long)]
    json: bool,
    /// Print the truth of what was scattered about the first N people as JSON, and end.
    #[arg(long, value_name = "N")]
    truth: Option<u64>,
}

fn faults(text: &str) -> Result<Faults, String> {
    text.parse().map_err(|error: caregraph_sandbox::FaultError| error.to_string())
}

pub(super) fn run(options: Options) -> Result<(), Failed> {
    if !options.listen.ip().is_loopback() {
        return Err(Failed(format!(
            "{} is not an address of this machine alone; the demo gives tokens to whoever asks",
            options.listen
        )));
    }
    telemetry::start(Some(environment("CAREGRAPH_LOG").as_deref().unwrap_or("warn")));
    runtime()?.block_on(demonstrate(options))
}

async fn demonstrate(options: Options) -> Result<(), Failed> {
    let listener = serve::listen(options.listen).await?;
    let address = listener.local_addr()?;
    let simulated = caregraph_sandbox::Options {
        patients: options.patients,
        seed: options.seed,
        faults: options.faults.unwrap_or_default(),
        ports: Ports::Ephemeral,
    };
    // Today's date, so that what happened six days ago did.
    let today = time::OffsetDateTime::now_utc().date();
    let sandbox = Sandbox::start_on(simulated, today).await?;
    if let Some(people) = options.truth {
        let truths: Vec<_> =
            sandbox.truths().take(usize::try_from(people).unwrap_or(usize::MAX)).collect();
        print(&serde_json::to_string_pretty(&truths)?);
        sandbox.stop().await;
        return Ok(());
    }
    let home = running::Home::new()?;
    let hooks = hooks::Hooks::new(&sandbox, &home)?;
    let partners = partners::prepare(&sandbox, &home)?;
    let config = config::of(&sandbox, address, &home, &hooks)?;
    let featured = featured::identifier(&sandbox).await?;
    let graphiql = GraphiqlConfig { identifier: Some(featured.clone()) };
    let app = App::build(config, &builtin(), graphiql).await?;
    app.start();
    hooks.subscribe(&sandbox, address)?;
    let routes = tokio::spawn(announce(
        options.json,
        app.index.clone(),
        sandbox,
        address,
        featured,
        partners,
        home.path().to_owned(),
    ));
    let served = serve::until_told(app, listener, Drain::default()).await;
    routes.abort();
    drop(home);
    served
}

/// Waits until the demo can be used, and says how. Keeps the sandbox alive until the demo ends.
async fn announce(
    json: bool,
    index: crate::identity::PersonIndex,
    sandbox: Sandbox,
    address: SocketAddr,
    featured: (String, String),
    partners: Vec<partners::Partner>,
    home: std::path::PathBuf,
) {
    progress::first_index(&index).await;
    let patient = featured::patient(&index, &featured).await;
    match &patient {
        Some(patient) => sandbox.issuer().set_default_patient(patient),
        None => say("caregraph: the demo's featured patient could not be found in the index"),
    }
    let featured = words::Featured { identifier: featured, id: patient.unwrap_or_default() };
    let running =
        Running { gateway: format!("http://{address}"), issuer: sandbox.issuer().url().to_owned() };
    if let Err(Failed(what)) = running.remember(&home) {
        say(&format!("caregraph: `caregraph token` will need --issuer {}: {what}", running.issuer));
    }
    print(&if json {
        words::json(&running, &sandbox, &partners, &featured)
    } else {
        words::greeting(&running, &sandbox, &partners, &featured)
    });
    std::future::pending::<()>().await;
}
