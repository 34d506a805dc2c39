//! Where Redis is: one node, or a cluster by some of its nodes.

use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection, PubSub};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(2);

/// The URL of a Redis cannot be used. It is not repeated, because it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("cache.redis: {0} of the URLs cannot be used: {1}")]
pub struct ServerError(usize, &'static str);

/// Where Redis is. Nothing is asked of it before [`Server::connect`].
pub(super) struct Server {
    /// One a URL.
    nodes: Vec<Client>,
    /// When there are several URLs.
    cluster: Option<ClusterClient>,
}

/// An open connection, shared by all who clone it.
#[derive(Clone)]
pub(super) enum Line {
    Node(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Server {
    /// One URL is a node, several are a cluster.
    pub(super) fn new(urls: &[SecretString]) -> Result<Self, ServerError> {
        let mut nodes = Vec::with_capacity(urls.len());
        for (place, url) in urls.iter().enumerate() {
            let node = Client::open(url.expose_secret());
            nodes.push(node.map_err(|_| ServerError(place + 1, "it is no URL of a Redis"))?);
        }
        let cluster = (urls.len() > 1).then(|| {
            let cluster = ClusterClient::builder(urls.iter().map(ExposeSecret::expose_secret));
            // A request that waits for another node is of no use: the source is asked instead.
            cluster.retries(1).connection_timeout(CONNECTING).build()
        });
        let cluster = cluster.transpose();
        let cluster = cluster.map_err(|_| ServerError(urls.len(), "they are of no one cluster"))?;
        Ok(Self { nodes, cluster })
    }

    /// A new connection for commands.
    pub(super) async fn connect(&self) -> RedisResult<Line> {
        let connecting = async {
            match (&self.cluster, self.nodes.first()) {
                (Some(cluster), _) => Ok(Line::Cluster(cluster.get_async_connection().await?)),
                (None, Some(node)) => {
                    Ok(Line::Node(node.get_multiplexed_async_connection().await?))
                }
                (None, None) => Err(too_slow()),
            }
        };
        timeout(CONNECTING, connecting).await.unwrap_or_else(|_| Err(too_slow()))
    }

    /// A new connection for messages, to another node of a cluster each time.
    pub(super) async fn listen(&self, attempt: usize) -> RedisResult<PubSub> {
        let node = self.nodes.get(attempt % self.nodes.len().max(1)).ok_or_else(too_slow)?;
        let connecting = timeout(CONNECTING, node.get_async_pubsub());
        connecting.await.unwrap_or_else(|_| Err(too_slow()))
    }
}

impl Line {
    /// Sends one command and waits for its answer.
    pub(super) async fn send(&mut self, command: &Cmd) -> RedisResult<Value> {
        let answer = match self {
            Self::Node(node) => node.req_packed_command(command).await,
            Self::Cluster(cluster) => cluster.req_packed_command(command).await,
        };
        answer?.extract_error()
    }
}

/// True when an error is an answer, after which the connection is as good as before.
pub(super) fn is_answer(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Extension => true,
        ErrorKind::Server(kind) => !matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
        ),
        _ => false,
    }
}

/// What an error is, in words that come from nobody else.
pub(super) fn in_words(error: &RedisError) -> String {
    let code = error.code().filter(|code| code.bytes().all(|byte| byte.is_ascii_uppercase()));
    let code = code.filter(|code| code.len() <= 20).unwrap_or_default();
    if error.is_timeout() {
        return "it does not answer in time".to_owned();
    }
    format!("{} {code}", error.category()).trim_end().to_owned()
}

fn too_slow() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}
