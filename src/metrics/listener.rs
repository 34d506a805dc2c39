//! The listener of the metrics' own: `GET /metrics`, and nothing else.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Metrics;

/// The media type of the format.
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics' address cannot be taken.
#[derive(Debug, thiserror::Error)]
#[error("telemetry.metrics: cannot listen on {address}: {cause}")]
pub struct MetricsError {
    address: SocketAddr,
    cause: std::io::Error,
}

/// Gives metrics to whoever asks there; says where that is.
pub(crate) async fn listen(
    address: SocketAddr,
    metrics: Metrics,
) -> Result<(SocketAddr, JoinHandle<()>), MetricsError> {
    let failed = |cause| MetricsError { address, cause };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    tracing::info!(address = %local, "metrics are given at /metrics");
    let routes = Router::new().route("/metrics", get(show)).with_state(metrics);
    let serving = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(%error, "metrics are not given any more");
        }
    });
    Ok((local, serving))
}

async fn show(State(metrics): State<Metrics>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, metrics.text().await)
}
