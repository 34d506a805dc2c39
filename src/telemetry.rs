//! Logs: one line an event, on standard error, without anything personal.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// What is logged when nothing else is asked for: ourselves, and others only when they warn.
const DEFAULT: &str = "warn,caregraph=info,caregraph_connectors=info";

/// What libraries may say at most, whatever is asked for: below this they log headers, addresses and statements.
const CEILING: &str = "h2=info,hyper=info,hyper_util=info,reqwest=info,rustls=info,sqlx=warn,tower=info,tower_http=info,\
                       axum=info,async_graphql=info";

/// Starts logging. `filter` is the value of `CAREGRAPH_LOG`, in the syntax of `tracing`. Bodies, queries, variables and
/// tokens are never logged at any level by us.
pub fn start(filter: Option<&str>) {
    let asked = filter.unwrap_or(DEFAULT);
    let filter = EnvFilter::try_new(format!("{asked},{CEILING}"))
        .unwrap_or_else(|_| EnvFilter::new(format!("{DEFAULT},{CEILING}")));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, as tests make, leaves the first in place.
    let _ = builder.with_ansi(std::io::stderr().is_terminal()).try_init();
}
