//! The least that an answer can cost: a server that waits as long as a source takes and then gives bytes that it has.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::stampede::DELAY;

/// Such a server, on threads of its own.
pub(super) struct Finished {
    pub(super) address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Finished {
    /// Starts it with an answer of that length.
    pub(super) fn start(length: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.expect("a runtime starts");
        let (say, said) = mpsc::channel();
        runtime.spawn(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
            say.send(listener.local_addr().expect("it is bound")).expect("it is waited for");
            let answer = Bytes::from(vec![b' '; length]);
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let answer = answer.clone();
                    async move {
                        let _ = request.into_body().collect().await;
                        tokio::time::sleep(DELAY).await;
                        Ok::<_, Infallible>(Response::new(Full::new(answer)))
                    }
                });
                let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(serving);
            }
        });
        Self { address: said.recv().expect("it listens"), runtime: Some(runtime) }
    }
}

impl Drop for Finished {
    fn drop(&mut self) {
        // In a runtime, another one may not be waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
