//! Listening, and stopping without breaking off what runs.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::Health;

/// How long requests that run may still take once we are told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells the server to stop. Clones tell the same server.
#[derive(Clone)]
pub struct Drain(watch::Sender<bool>);

impl Default for Drain {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Drain {
    /// Stop: take no new connections, finish what runs.
    pub fn start(&self) {
        self.0.send_replace(true);
    }

    /// Waits until somebody said so.
    pub async fn started(&self) {
        let mut told = self.0.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = told.wait_for(|told| *told).await;
    }
}

/// Serves until drained. Requests that run are finished, for at most ten seconds.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    health: Arc<Health>,
    drain: Drain,
) -> std::io::Result<()> {
    let (told, streams) = (drain.clone(), health.streams().clone());
    let stopping = async move {
        told.started().await;
        health.start_draining();
        tracing::info!("draining: no new requests are taken");
    };
    let server = async move {
        let served = axum::serve(listener, routes).with_graceful_shutdown(stopping).await;
        // Sockets are no requests any more: they are told apart from these, and say goodbye themselves.
        streams.emptied().await;
        served
    };
    let too_long = async move {
        drain.started().await;
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        done = server => done,
        () = too_long => {
            tracing::warn!("some requests did not end in time and were broken off");
            Ok(())
        }
    }
}
