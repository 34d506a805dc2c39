//! GraphQL over HTTP, by the GraphQL-over-HTTP specification, and the few pages beside it.
//!
//! Only bytes, tokens and status codes are dealt with here: no control over data lives in a transport.

mod auth;
mod bearer;
mod connection;
mod descriptors;
mod door;
mod drain;
mod freshness;
mod gate;
mod graphql;
mod health;
mod hooks;
mod issuer;
mod memory;
mod pages;
mod problem;
mod refusals;
mod socket;
mod sse;
mod streams;
mod trace;
mod verified;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get, post, put};
use tracing::Instrument as _;
use uuid::Uuid;

pub use auth::Authenticator;
pub use descriptors::{most_requests, raise_descriptors};
pub use drain::{Drain, serve};
pub use gate::{Gate, GateFigures, GateSettings, GateStanding, Lane, LaneFigures};
pub use health::Health;
pub use issuer::KeyState;
pub use memory::allowed_memory;
pub use pages::GraphiqlConfig;
pub use refusals::Refusals;
pub use streams::{StreamLimits, Streams};

use crate::events::Inbox;
use crate::graphql::Engine;
use crate::telemetry::trace::Tracer;

/// What the routes work with.
#[derive(Clone)]
pub struct Front {
    /// Runs requests.
    pub engine: Engine,
    /// Says who asks.
    pub authenticator: Arc<Authenticator>,
    /// Says how we are.
    pub health: Arc<Health>,
    /// The streams that are open.
    pub streams: Arc<Streams>,
    /// What the GraphiQL page is told.
    pub graphiql: Arc<GraphiqlConfig>,
    /// How often requests are turned away.
    pub refusals: Arc<Refusals>,
    /// Who is let in when more ask than can be answered.
    pub gate: Arc<Gate>,
    /// Where sources tell what has changed.
    pub inbox: Inbox,
    /// What begins traces, if there are any.
    pub tracer: Option<Tracer>,
}

/// Every route, on one page.
pub fn router(front: Front) -> Router {
    Router::new()
        .route("/graphql", any(graphql::handle))
        .route("/hooks/{source}", post(hooks::of_source).fallback(problem::no_such_route))
        .route(
            "/hooks/{source}/{kind}/{id}",
            put(hooks::of_resource)
                .post(hooks::of_resource)
                .delete(hooks::of_resource)
                .fallback(problem::no_such_route),
        )
        .route("/graphiql", get(pages::index))
        .route("/graphiql/", get(pages::index))
        .route("/graphiql/schema.graphql", get(pages::schema))
        .route("/graphiql/assets/{name}", get(pages::asset))
        .route("/", get(pages::root))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(problem::no_such_route)
        .layer(middleware::from_fn(identify))
        .with_state(front)
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives every request an id, in the log and in the answer, and closes what no answer may leave open.
async fn identify(mut request: Request, next: Next) -> Response {
    let id = Uuid::new_v4().simple().to_string();
    let span = tracing::info_span!("request", request.id = %id, trace.id = tracing::field::Empty);
    let named = HeaderValue::from_str(&id).ok();
    // In place of whatever the client sent under this name.
    request.headers_mut().remove(REQUEST_ID);
    if let Some(named) = &named {
        request.headers_mut().insert(REQUEST_ID, named.clone());
    }
    let mut response = next.run(request).instrument(span).await;
    let headers = response.headers_mut();
    if let Some(id) = named {
        headers.insert(REQUEST_ID, id);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
