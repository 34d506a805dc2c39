//! `POST /graphql`, by the GraphQL-over-HTTP specification. Our own extractor: one media type, a cap that holds on
//! what is read, no batches.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout};

use super::Front;
use super::REQUEST_ID;
use super::freshness;
use super::gate::{Claim, Pass};
use super::problem::Problem;
use super::socket;
use super::sse::{self, EVENT_STREAM};
use super::trace;
use crate::graphql::{AccessMode, Manner, Reply, Request, Verdict};
use crate::telemetry::trace::{Tracer, within};

/// The most that is read of a body.
const BODY_CAP: usize = 256 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a body may take to arrive before its place at the gate is given to somebody else.
const PROMPT: Duration = Duration::from_millis(50);

/// The header by which a client chooses between nulls and a refusal.
pub(super) const ACCESS_MODE: &str = "x-access-mode";

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// One GraphQL request.
pub(super) async fn handle(
    State(front): State<Front>,
    method: Method,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    body: Body,
) -> Response {
    let begin = |tracer: &Tracer| tracer.answer("request", trace::caller(&headers));
    let mut span = front.tracer.as_ref().map(begin);
    if let Some(span) = &span {
        let trace = format!("{:032x}", span.context().trace);
        tracing::Span::current().record("trace.id", trace);
    }
    let answering = async {
        match upgrade {
            Ok(upgrade) => {
                let _pass = admit_stream(&front, &headers).await?;
                socket::upgrade(&front, &headers, upgrade).await
            }
            Err(_) => answer(&front, &method, &headers, body).await,
        }
    };
    let answering = AssertUnwindSafe(answering).catch_unwind();
    let answered = within(span.as_ref(), answering).await.unwrap_or(Err(Problem::Broken));
    let response = answered.unwrap_or_else(|problem| {
        front.refusals.count(problem);
        problem.into_response()
    });
    if let Some(span) = &mut span {
        span.set("http.response.status_code", u64::from(response.status().as_u16()));
        if response.status().is_server_error() {
            span.fail();
        }
    }
    response
}

async fn answer(
    front: &Front,
    method: &Method,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if method != Method::POST {
        return Err(Problem::Method);
    }
    let media_type = response_type(headers)?;
    check_content_type(headers)?;
    let mut pass = match media_type {
        EVENT_STREAM => admit_stream(front, headers).await?,
        _ => admit(front, headers).await?,
    };
    let viewer = front.authenticator.viewer(headers).await?;
    pass.turns_out(headers, &viewer, &front.authenticator.policy());
    let mode = access_mode(headers)?;
    let (request, pass) = take(front, pass, body).await?;
    let id = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let waterfall = trace::wants_waterfall(headers);
    let manner = Manner { mode, oldest: freshness::oldest(headers), waterfall };
    if media_type == EVENT_STREAM {
        return sse::answer(front, headers, request, manner, id).await;
    }
    let reply = front.engine.execute(request, viewer, manner, id).await;
    pass.answered(reply.own);
    Ok(respond(reply, media_type))
}

/// Lets in whoever sends these headers, as soon as it is their turn.
pub(super) async fn admit(front: &Front, headers: &HeaderMap) -> Result<Pass, Problem> {
    enter(front, claim(front, headers)).await
}

/// The same for a connection that is to hold streams. When many break at once, all come back at once: they begin a few at a
/// time, so that whoever asks one question meanwhile hardly notices.
async fn admit_stream(front: &Front, headers: &HeaderMap) -> Result<Pass, Problem> {
    let claim = claim(front, headers);
    let beginning = front.streams.begin(claim).await?;
    let pass = enter(front, claim).await?;
    beginning.pause();
    Ok(pass)
}

fn claim(front: &Front, headers: &HeaderMap) -> Claim {
    let known = front.authenticator.acquaintance(headers);
    let known = known.as_ref().map(|(viewer, policy)| (viewer, &**policy));
    front.gate.claim(headers, known, Instant::now())
}

async fn enter(front: &Front, claim: Claim) -> Result<Pass, Problem> {
    front.gate.enter(claim).await.map_err(|_| Problem::Overloaded)
}

/// Reads the request. Whoever is slow to send it holds up nobody meanwhile: they give their place back, and come again.
async fn take(front: &Front, pass: Pass, body: Body) -> Result<(Request, Pass), Problem> {
    let mut reading = pin!(read(body));
    if let Ok(request) = timeout(PROMPT, reading.as_mut()).await {
        return Ok((request?, pass));
    }
    let claim = pass.give_back();
    let request = reading.await?;
    Ok((request, enter(front, claim).await?))
}

/// The media type of the answer: of those that the client accepts, the one it prefers, and the first among equals.
/// Without an `Accept` it is `application/json`, which clients that send none expect.
fn response_type(headers: &HeaderMap) -> Result<&'static str, Problem> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    if ranges.is_empty() {
        return Ok(JSON);
    }
    let mut best: Option<(f32, &'static str)> = None;
    for (weight, media_type) in ranges.into_iter().filter_map(acceptable) {
        if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, media_type));
        }
    }
    best.map(|(_, media_type)| media_type).ok_or(Problem::NotAcceptable)
}

/// What a range of an `Accept` header means to us, and how much it is wanted (RFC 9110 §12.4.2).
fn acceptable(range: &str) -> Option<(f32, &'static str)> {
    let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
    let media_type = match parts.next()?.as_str() {
        GRAPHQL_RESPONSE => GRAPHQL_RESPONSE,
        EVENT_STREAM => EVENT_STREAM,
        JSON | "*/*" | "application/*" => JSON,
        _ => return None,
    };
    let weight = parts.find_map(|parameter| parameter.strip_prefix("q=")?.parse().ok());
    Some((weight.unwrap_or(1.0), media_type))
}

/// What a client wants of a request that selects what it may not see.
pub(super) fn access_mode(headers: &HeaderMap) -> Result<AccessMode, Problem> {
    match headers.get(ACCESS_MODE).map(HeaderValue::as_bytes) {
        None | Some(b"null") => Ok(AccessMode::Null),
        Some(b"reject") => Ok(AccessMode::Reject),
        Some(_) => Err(Problem::AccessMode),
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .ok_or(Problem::MediaType)?;
    let mut parts = value.split(';').map(|part| part.trim().to_ascii_lowercase());
    let is_json = parts.next().as_deref() == Some(JSON);
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some(("charset", charset)) => matches!(charset.trim_matches('"'), "utf-8" | "utf8"),
        _ => true,
    });
    let plain = headers.get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    if is_json && is_utf8 && plain { Ok(()) } else { Err(Problem::MediaType) }
}

async fn read(body: Body) -> Result<Request, Problem> {
    let reading =
        timeout(PATIENCE, to_bytes(body, BODY_CAP)).await.map_err(|_| Problem::TooSlow)?;
    let bytes = reading.map_err(|_| Problem::TooLarge)?;
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Problem::Batch);
    }
    let request: Request = serde_json::from_slice(&bytes).map_err(|_| Problem::Malformed)?;
    if request.has_document() { Ok(request) } else { Err(Problem::Malformed) }
}

/// A refused request is a client error in the new media type and, by the specification, a 200 in the old one.
fn respond(reply: Reply, media_type: &'static str) -> Response {
    let status = match (reply.verdict, media_type) {
        (Verdict::Unrecorded, _) => StatusCode::SERVICE_UNAVAILABLE,
        (Verdict::Limited, _) => StatusCode::TOO_MANY_REQUESTS,
        (Verdict::Refused, GRAPHQL_RESPONSE) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let content_type = if media_type == JSON {
        "application/json; charset=utf-8"
    } else {
        "application/graphql-response+json; charset=utf-8"
    };
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], reply.body).into_response();
    if let Some(wait) = reply.retry_after {
        let seconds = HeaderValue::from(wait.as_secs() + 1);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
