//! Stopping without breaking off what runs.
//!
//! Readiness turns first. For a while requests are still taken, and every answer says that its connection closes with it,
//! so that clients leave by themselves. Then no connection is taken any more, those without a request are closed, and
//! what runs is finished.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::Health;
use super::door::Door;

/// How long requests that run may still take once we are told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long before that it is not waited for sources any more, so that what has arrived is still answered.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Tells the server to stop. Clones tell the same server.
#[derive(Clone)]
pub struct Drain {
    told: watch::Sender<bool>,
    notice: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Self::with_notice(Duration::ZERO)
    }
}

impl Drain {
    /// Requests are still taken for so long after it was said to stop.
    pub fn with_notice(notice: Duration) -> Self {
        Self { told: watch::Sender::new(false), notice: notice.min(PATIENCE) }
    }

    /// Stop: take no new connections, finish what runs.
    pub fn start(&self) {
        self.told.send_replace(true);
    }

    /// Waits until somebody said so.
    pub async fn started(&self) {
        let mut told = self.told.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = told.wait_for(|told| *told).await;
    }

    /// Waits until somebody said so, and then for as long as requests may wait for others.
    pub async fn presses(&self) {
        self.started().await;
        sleep(PATIENCE.saturating_sub(LAST_WORDS)).await;
    }
}

/// Serves until drained. Requests that run are finished, for at most ten seconds.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    health: Arc<Health>,
    drain: Drain,
) -> std::io::Result<()> {
    let mut door = Door::new(listener, routes);
    door.until(drain.started()).await;
    let told = Instant::now();
    health.start_draining();
    tracing::info!("draining: clients are told to leave");
    door.announce();
    door.until(sleep_until(told + drain.notice)).await;
    tracing::info!("draining: no new connections are taken");
    let broken_off = door.close(told + PATIENCE).await;
    // Sockets are no requests any more: they were told apart from these, and say goodbye themselves.
    let _ = timeout_at(told + PATIENCE, health.streams().emptied()).await;
    if broken_off > 0 {
        tracing::warn!(broken_off, "some requests did not end in time and were broken off");
    }
    Ok(())
}
