//! What the parts of the gateway are told, in their own words.

use std::net::SocketAddr;
use std::num::NonZero;

use caregraph_connectors::egress::Egress;
use tokio::task::JoinHandle;

use super::StartError;
use crate::access::CodeRules;
use crate::config::{ConnectorConfig, LimitsConfig, OverloadConfig, StreamsConfig, TracesConfig};
use crate::graphql::RateLimits;
use crate::http::{self, GateSettings, StreamLimits};
use crate::metrics::{self, Metrics};
use crate::telemetry::trace::{TraceSetup, Tracer};
use crate::view::Labelling;

/// How many requests one processor can have under way, in whatever state it is.
const REQUESTS_OF_A_PROCESSOR: usize = 16;

pub(super) fn rate_limits(config: LimitsConfig) -> RateLimits {
    let LimitsConfig { requests_per_minute, patients_per_hour } = config;
    RateLimits { requests_per_minute, patients_per_hour }
}

/// Begins to give metrics, if anybody wants them; says where.
pub(super) async fn give(
    metrics: Metrics,
    address: Option<SocketAddr>,
    background: &mut Vec<JoinHandle<()>>,
) -> Result<Option<SocketAddr>, StartError> {
    let Some(address) = address else { return Ok(None) };
    let (address, serving) = metrics::listen(address, metrics).await?;
    background.push(serving);
    Ok(Some(address))
}

/// Begins to take spans to their collector.
pub(super) fn tracer(config: TracesConfig, egress: Egress) -> Tracer {
    let TracesConfig { collector, credentials, share } = config;
    Tracer::start(TraceSetup { collector, credentials, share }, egress)
}

pub(super) fn labelling(sources: &[ConnectorConfig]) -> Labelling {
    let floors = sources.iter().map(|source| (source.id.clone(), source.labels)).collect();
    Labelling::new(CodeRules::built_in(), floors)
}

/// How many requests may be under way. However little there is to do, as many as that keep every processor busy while
/// most of them wait for sources; and never more than there are files that may be open.
pub(super) fn gate_settings(config: OverloadConfig) -> GateSettings {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    GateSettings {
        least: processors * REQUESTS_OF_A_PROCESSOR,
        most: config.most_concurrent.min(http::most_requests()),
        batch_clients: config.batch_clients,
    }
}

pub(super) fn stream_limits(config: StreamsConfig) -> StreamLimits {
    StreamLimits {
        connections: config.connections,
        connections_per_viewer: config.connections_per_viewer,
        operations: config.operations_per_socket,
        message_bytes: config.message_bytes,
        origins: config.origins,
    }
}
