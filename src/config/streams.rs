//! How many streams there may be, as it is configured.

use std::collections::BTreeSet;

use url::Url;

use super::check::Check;
use super::raw::RawStreams;

/// How many streams there may be.
#[derive(Clone, Debug)]
pub struct StreamsConfig {
    /// Connections that hold streams, in all.
    pub connections: usize,
    /// Those of one viewer.
    pub connections_per_viewer: usize,
    /// Operations that run at once on one WebSocket.
    pub operations_per_socket: usize,
    /// The longest message of a client over WebSocket, in bytes.
    pub message_bytes: usize,
    /// The origins whose pages may open a WebSocket besides the gateway's own.
    pub origins: BTreeSet<String>,
}

impl Check<'_> {
    pub(super) fn streams(&mut self, streams: RawStreams) -> StreamsConfig {
        let message_kib = self.count("streams.message_kib", streams.message_kib, 256, 256);
        StreamsConfig {
            connections: self.count("streams.connections", streams.connections, 4_000, 1_000_000),
            connections_per_viewer: self.count(
                "streams.connections_per_viewer",
                streams.connections_per_viewer,
                10,
                1_000_000,
            ),
            operations_per_socket: self.count(
                "streams.operations_per_socket",
                streams.operations_per_socket,
                10,
                1_000,
            ),
            message_bytes: message_kib * 1024,
            origins: self.origins(streams.origins.unwrap_or_default()),
        }
    }

    fn count(&mut self, path: &str, given: Option<usize>, default: usize, most: usize) -> usize {
        let given = given.unwrap_or(default);
        if !(1..=most).contains(&given) {
            self.wrong(path, format!("must lie between 1 and {most}"));
        }
        given
    }

    /// Origins, as browsers write them: what is written otherwise would never be met.
    fn origins(&mut self, origins: Vec<String>) -> BTreeSet<String> {
        for (place, origin) in origins.iter().enumerate() {
            let url =
                Url::parse(origin).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            if url.is_none_or(|url| url.origin().ascii_serialization() != *origin) {
                let path = format!("streams.origins[{place}]");
                self.wrong(
                    path,
                    "must be an origin as browsers write it, such as https://app.example",
                );
            }
        }
        origins.into_iter().collect()
    }
}
