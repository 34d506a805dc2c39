//! How connections are made and kept: to names and addresses, in the clear or by TLS, within a time.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::Full;
use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs;
use tokio::time::timeout;
use tower_service::Service;

use crate::connector::Problem;
use crate::resolver::Resolver;

/// How long a connection may take to be made, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// A client that keeps connections open. It follows no redirect and knows of no proxy.
pub(super) type Lines = Client<Dial, Full<Bytes>>;

/// Connections to whoever is asked, none of them made yet; fails if the machine's certificates cannot be read.
pub(super) fn lines(names: Resolver) -> io::Result<Lines> {
    let mut plain = HttpConnector::new_with_resolver(Names(names));
    plain.enforce_http(false);
    plain.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_platform_verifier(Arc::new(aws_lc_rs::default_provider()))?
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(plain);
    let lines = Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_timer(TokioTimer::new())
        .build(Dial(connector));
    Ok(lines)
}

/// What it means that nothing came back.
pub(super) fn problem(error: &hyper_util::client::legacy::Error) -> Problem {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if kind == Some(io::ErrorKind::TimedOut) {
            return Problem::Timeout;
        }
        cause = error.source();
    }
    Problem::Unreachable
}

/// Makes a connection within [`CONNECT_TIMEOUT`].
#[derive(Clone, Debug)]
pub(super) struct Dial(HttpsConnector<HttpConnector<Names>>);

type Line = <HttpsConnector<HttpConnector<Names>> as Service<Uri>>::Response;
type Failure = Box<dyn Error + Send + Sync>;

impl Service<Uri> for Dial {
    type Response = Line;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<Line, Failure>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let dialling = self.0.call(to);
        Box::pin(async {
            match timeout(CONNECT_TIMEOUT, dialling).await {
                Ok(dialled) => dialled,
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}

/// The addresses of names.
#[derive(Clone, Debug)]
pub(super) struct Names(Resolver);

impl Service<Name> for Names {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = self.0.clone();
        Box::pin(async move { Ok(resolver.resolve(name.as_str()).await?.into_iter()) })
    }
}
