//! How we are: `/health/live` says that the process runs, `/health/ready` that it can answer, how far the index of patients
//! is, and which versions of registered connectors are in force.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::Front;
use super::streams::Streams;
use crate::identity::{PersonIndex, SourceState};

/// What is known about our own state.
pub struct Health {
    index: PersonIndex,
    draining: AtomicBool,
    streams: Arc<Streams>,
}

impl Health {
    /// Reports on this index. Whoever holds one of these streams open is told when no new work should be sent here.
    pub fn new(index: PersonIndex, streams: Arc<Streams>) -> Self {
        Self { index, draining: AtomicBool::new(false), streams }
    }

    /// The streams that are open.
    pub(super) fn streams(&self) -> &Arc<Streams> {
        &self.streams
    }

    /// Whether no new work is taken any more.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// From now on no new work should be sent here.
    pub fn start_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.streams.close();
    }
}

/// The process runs.
pub(super) async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// The process can answer. The index need not be complete for that: an answer says what it does not know.
pub(super) async fn ready(State(front): State<Front>) -> Response {
    let health = &front.health;
    let draining = health.is_draining();
    let index: Vec<Value> = health
        .index
        .progress()
        .into_iter()
        .map(|source| {
            let mut entry = state(&source.state);
            entry["source"] = json!(source.source.as_str());
            entry
        })
        .collect();
    let status = if draining { "draining" } else { "ready" };
    let body = json!({
        "status": status,
        "indexComplete": health.index.complete(),
        "index": index,
        "connectors": connectors(&front),
    });
    let code = if draining { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (code, Json(body)).into_response()
}

/// Which version of each registered connector is in force on this node, so that it is seen whether all nodes agree.
fn connectors(front: &Front) -> Vec<Value> {
    let fleet = front.engine.fleet();
    let registered = fleet.all().iter().filter(|source| source.is_registered);
    registered
        .map(|source| {
            let (id, suspended) = (source.id.as_str(), source.is_suspended);
            json!({ "source": id, "version": source.version, "suspended": suspended })
        })
        .collect()
}

fn state(state: &SourceState) -> Value {
    match state {
        SourceState::Waiting => json!({ "state": "waiting" }),
        SourceState::Reading { read, total } => {
            json!({ "state": "reading", "read": read, "total": total })
        }
        SourceState::Ready { people, as_of_ms } => {
            json!({ "state": "ready", "people": people, "asOfMs": as_of_ms })
        }
        SourceState::Failed { problem, had_pass } => {
            json!({ "state": "failed", "problem": problem.to_string(), "indexedBefore": had_pass })
        }
    }
}
