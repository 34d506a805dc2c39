//! What operators see of the gateway. Logs: one line an event, on standard error, without anything personal. Clocks,
//! counters and histograms: how long things take, and how often they happen. Traces: where the time of one request went.

mod clock;
mod complaint;
mod counter;
mod histogram;
mod panics;
pub mod trace;

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

pub use clock::{Clock, Reading};
pub use complaint::Complaint;
pub use counter::Counter;
pub use histogram::{Histogram, STEPS_US, Spread};

/// What is logged when nothing else is asked for: ourselves, and others only when they warn.
const DEFAULT: &str = "warn,caregraph=info,caregraph_connectors=info";

/// What libraries may say at most, whatever is asked for: below this they log headers, addresses and statements.
const CEILING: &str = "trace,h2=info,hyper=info,hyper_util=info,reqwest=info,rustls=info,sqlx=warn,tower=info,tower_http=info,\
                       axum=info,async_graphql=info";

/// Starts logging. `filter` is the value of `CAREGRAPH_LOG`, in the syntax of `tracing`. Bodies, queries, variables and
/// tokens are never logged at any level by us, and of a panic only where it was.
pub fn start(filter: Option<&str>) {
    let asked = EnvFilter::try_new(filter.unwrap_or(DEFAULT));
    let asked = asked.unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    // Apart from what is asked for: within one filter, the name of a part of a library would undo what holds for all of it.
    let ceiling: Targets =
        CEILING.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    // A second start, as tests make, leaves the first in place.
    let _ = tracing_subscriber::registry().with(lines.with_filter(asked.and(ceiling))).try_init();
    panics::tell_places_alone();
}
