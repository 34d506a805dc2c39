//! How connections are made and kept: to names and addresses, in the clear or by TLS, within a time.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, Ready, ready};
use http_body_util::Full;
use hyper::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;
use tower_service::Service;
use url::Url;

use super::tls::Meeting;
use crate::connector::Problem;
use crate::reach::{Refusal, judge};
use crate::resolver::Resolver;

/// How long a connection may take to be made, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// A client that keeps connections open. It follows no redirect and knows of no proxy.
pub(super) type Lines = Client<Dial, Full<Bytes>>;

/// Connections to whoever is within reach, none of them made yet.
pub(super) fn lines(names: Resolver, tls: Meeting) -> Lines {
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_timer(TokioTimer::new())
        .build(Dial { names, tls })
}

/// Why nobody was asked, if it was we who refused.
pub(super) fn refusal(error: &hyper_util::client::legacy::Error) -> Option<&Refusal> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref() {
            return Some(refusal);
        }
        cause = error.source();
    }
    None
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

/// Makes a connection within [`CONNECT_TIMEOUT`]: judges to whom, and connects to the addresses that were judged.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    names: Resolver,
    tls: Meeting,
}

type Line = <HttpsConnector<HttpConnector<Pinned>> as Service<Uri>>::Response;
type Failure = Box<dyn Error + Send + Sync>;

impl Dial {
    async fn dial(self, to: Uri) -> Result<Line, Failure> {
        let url = Url::parse(&to.to_string())?;
        let checked = judge(&url, &self.names).await?;
        let mut plain = HttpConnector::new_with_resolver(Pinned(checked.addresses().to_vec()));
        plain.enforce_http(false);
        plain.set_nodelay(true);
        HttpsConnector::from((plain, self.tls.with(&url))).call(to).await
    }
}

impl Service<Uri> for Dial {
    type Response = Line;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<Line, Failure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let dialling = self.clone().dial(to);
        Box::pin(async {
            match timeout(CONNECT_TIMEOUT, dialling).await {
                Ok(dialled) => dialled,
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}

/// The addresses that were judged, whatever the name: nobody is asked for them again.
#[derive(Clone, Debug)]
pub(super) struct Pinned(Vec<SocketAddr>);

impl Service<Name> for Pinned {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(self.0.clone().into_iter()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hyper_rustls::MaybeHttpsStream;
    use tokio::net::TcpListener;

    use super::*;
    use crate::reach::{EgressPolicy, Origin, Reach};
    use crate::resolver::System;

    /// Connections are made by nobody but the dial, and it does not rely on what was judged before it.
    #[tokio::test]
    async fn an_address_is_judged_when_it_is_dialled() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let policy =
            Arc::new(EgressPolicy { allow_ports: vec![0..=u16::MAX], ..EgressPolicy::default() });
        for host in [
            "127.0.0.1",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "localhost",
            "a.localhost",
            "0.0.0.0",
        ] {
            let to = format!("http://{host}:{port}/");
            let reach = Reach::of(Origin::Registered, policy.clone(), &Url::parse(&to).unwrap());
            let dial =
                Dial { names: Resolver::new(System, reach), tls: Meeting::of_machine().unwrap() };
            let refused = dial.dial(to.parse().unwrap()).await.err().unwrap();
            assert!(refused.is::<crate::reach::Refusal>(), "{to}: {refused}");
        }
        // What an operator writes is dialled, and it is the first whom the listener meets.
        let to = format!("http://127.0.0.1:{port}/");
        let reach = Reach::of(Origin::Configured, policy, &Url::parse(&to).unwrap());
        let dial =
            Dial { names: Resolver::new(System, reach), tls: Meeting::of_machine().unwrap() };
        let line = dial.dial(to.parse().unwrap()).await.unwrap();
        let (_, first) = listener.accept().await.unwrap();
        let MaybeHttpsStream::Http(plain) = line else { panic!("it is plain") };
        assert_eq!(plain.inner().local_addr().unwrap(), first);
    }
}
