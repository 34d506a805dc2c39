//! What the parts of the gateway are told, in their own words.

use std::net::SocketAddr;
use std::num::NonZero;

use caregraph_connectors::egress::Egress;
use tokio::task::JoinHandle;

use super::StartError;
use crate::config::{CacheConfig, LimitsConfig, OverloadConfig, StreamsConfig, TracesConfig};
use crate::graphql::RateLimits;
use crate::http::{self, GateSettings, StreamLimits};
use crate::metrics::{self, Metrics};
use crate::telemetry::trace::{TraceSetup, Tracer};

const MIB: u64 = 1024 * 1024;

/// What the process takes whatever happens: the program, people and their rosters, connections.
const OURS: u64 = 96 * MIB;

/// What a request takes that is under way: what sources say, read and merged, and the answer. A whole chart out of five
/// sources was seen to take half of it.
const OF_A_REQUEST: u64 = MIB * 3 / 2;

/// Of little memory, one part of so many is for copies.
const COPIES_PART: u64 = 6;

/// Of that, one part of so many is for what was merged of them.
const MERGED_PART: u64 = 4;

/// What copies were seen to take, with the allocator and with what is written anew while the old is still shown, is this many
/// times what they weigh.
const COPIES_TIMES: u64 = 2;

/// Fewer than these under way would be no gateway.
const FEW: usize = 4;

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

/// The memory that there is, and what of it is for copies, in bytes.
pub(super) struct Room {
    memory: Option<u64>,
    /// For copies of what sources said, and for what was merged of them.
    pub(super) copies: u64,
    pub(super) merged: u64,
}

impl Room {
    /// What this process may take, by its configuration or by the system, whichever is less. Where that is little, copies
    /// take less than they were given.
    pub(super) fn of(overload: &OverloadConfig, cache: &CacheConfig) -> Self {
        let memory = [overload.most_memory, http::allowed_memory()].into_iter().flatten().min();
        Self::within(memory, cache)
    }

    fn within(memory: Option<u64>, cache: &CacheConfig) -> Self {
        let (wanted, most) = (cache.memory + cache.merged, memory.map(|it| it / COPIES_PART));
        let Some(most) = most.filter(|most| *most < wanted) else {
            return Self { memory, copies: cache.memory, merged: cache.merged };
        };
        tracing::warn!(
            wanted_mib = wanted / MIB,
            kept_mib = most / MIB,
            "there is little memory: copies take less of it than [cache] memory_mib says"
        );
        let merged = if cache.merged == 0 { 0 } else { most / MERGED_PART };
        Self { memory, copies: most - merged, merged }
    }

    /// How many requests fit in beside all else.
    fn requests(&self) -> usize {
        let Some(memory) = self.memory else { return usize::MAX };
        let copies = (self.copies + self.merged) * COPIES_TIMES;
        let left = memory.saturating_sub(OURS + copies);
        usize::try_from(left / OF_A_REQUEST).unwrap_or(usize::MAX).max(FEW)
    }
}

/// How many requests may be under way. However little there is to do, as many as that keep every processor busy while
/// most of them wait for sources; and never more than there are files that may be open.
pub(super) fn gate_settings(config: OverloadConfig, room: &Room) -> GateSettings {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    GateSettings {
        least: processors * REQUESTS_OF_A_PROCESSOR,
        most: config.most_concurrent.min(http::most_requests()).min(room.requests()),
        most_memory: room.memory,
        batch_clients: config.batch_clients,
    }
}

pub(super) fn stream_limits(config: StreamsConfig) -> StreamLimits {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    StreamLimits {
        beginnings: processors,
        connections: config.connections,
        connections_per_viewer: config.connections_per_viewer,
        operations: config.operations_per_socket,
        message_bytes: config.message_bytes,
        origins: config.origins,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn room(memory_mib: Option<u64>, cache_mib: u64) -> Room {
        let (memory, merged) = (cache_mib * MIB * 3 / 4, cache_mib * MIB / 4);
        let cache = CacheConfig { memory, merged, live_reads: BTreeSet::new(), windows: None };
        Room::within(memory_mib.map(|it| it * MIB), &cache)
    }

    #[test]
    fn copies_and_requests_fit_into_the_memory_that_there_is() {
        let nobody_knows = room(None, 256);
        assert_eq!(nobody_knows.requests(), usize::MAX);
        assert_eq!(nobody_knows.copies + nobody_knows.merged, 256 * MIB);
        let little = room(Some(256), 256);
        assert_eq!(little.copies + little.merged, 256 * MIB / 6);
        assert_eq!(little.requests(), 49);
        assert_eq!(room(Some(128), 256).requests(), FEW);
        let much = room(Some(4_096), 256);
        assert_eq!(much.copies + much.merged, 256 * MIB);
        assert!(much.requests() > 2_000);
    }
}
