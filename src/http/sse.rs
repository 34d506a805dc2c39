//! Server-sent events: the "distinct connections mode" of GraphQL over SSE. One request, one operation, its events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{interval, timeout};

use super::Front;
use super::bearer::Bearer;
use super::problem::{Problem, pause};
use super::streams::Seat;
use crate::graphql::{Events, Manner, Opened, Pass as _, Request, Told};

/// How often a sign of life is sent when there is nothing to tell, whatever the reason.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long one event may take to be read.
const PATIENCE: Duration = Duration::from_secs(10);

/// The header by which a client that comes back says how far it came.
const LAST_EVENT_ID: &str = "last-event-id";

/// The media type of such a stream.
pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// Runs an operation and streams what comes of it.
pub(super) async fn answer(
    front: &Front,
    headers: &HeaderMap,
    request: Request,
    manner: Manner,
    id: &str,
) -> Result<Response, Problem> {
    let pass = Arc::new(Bearer::of(front.authenticator.clone(), headers.clone()).await?);
    let mut seat = front.streams.enter().ok_or(Problem::Crowded)?;
    let viewer = pass.viewer().await.ok_or(Problem::Unauthenticated)?;
    if !seat.claim(&viewer.subject) {
        return Err(Problem::TooManyStreams);
    }
    let resumes = headers.get(LAST_EVENT_ID).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let resumes = resumes.filter(|cursor| !cursor.is_empty());
    let (out, mut events) = mpsc::channel(1);
    match front.engine.open(request, pass, manner, resumes, id).await {
        Opened::Reply(reply) => {
            // Both together, so that nothing has to wait.
            let both = [next(&reply.body, None), complete()].concat();
            let _ = out.try_send(both.into());
        }
        Opened::Events(events) => drop(tokio::spawn(run(front.clone(), events, out, seat))),
    }
    let body = stream::poll_fn(move |context| events.poll_recv(context));
    let body = Body::from_stream(futures_util::StreamExt::map(body, Ok::<Bytes, Infallible>));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    // Proxies would hold events back until there are enough of them.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// When to come back if the stream breaks, with its first event: not all who lost theirs together at the same time.
fn come_back() -> String {
    format!("retry: {}\n", pause().as_millis())
}

/// Tells until there is nothing more to tell, nobody to tell it to, or the server stops.
async fn run(front: Front, mut events: Box<Events>, out: Sender<Bytes>, seat: Seat) {
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.reset();
    let mut hint = come_back();
    loop {
        tokio::select! {
            () = out.closed() => break,
            () = front.streams.closed() => {
                let _ = timeout(PATIENCE, out.send(complete().into())).await;
                break;
            }
            _ = heartbeat.tick() => {
                // A reader who has not taken the last one is alive, or found out below.
                let _ = out.try_send(Bytes::from_static(b":\n\n"));
            }
            () = events.changed() => {
                // The event is made only when there is room for it, so that none grows old here.
                let Ok(Ok(place)) = timeout(PATIENCE, out.reserve()).await else { break };
                match events.tell().await {
                    Told::Nothing => {}
                    Told::Event { body, cursor } => {
                        let hint = std::mem::take(&mut hint);
                        place.send(event(&body, cursor.as_deref(), &hint).into());
                    }
                    Told::Last { body } => {
                        place.send([next(&body, None), complete()].concat().into());
                        break;
                    }
                    Told::Expired => {
                        let body = Problem::Unauthenticated.body();
                        place.send([next(body.as_bytes(), None), complete()].concat().into());
                        break;
                    }
                }
            }
        }
    }
    drop(seat);
}

/// One event. What is sent is JSON on one line.
fn next(body: &[u8], cursor: Option<&str>) -> Vec<u8> {
    event(body, cursor, "")
}

/// The same with one more field.
fn event(body: &[u8], cursor: Option<&str>, more: &str) -> Vec<u8> {
    let id = cursor.map(|cursor| format!("id: {cursor}\n")).unwrap_or_default();
    [b"event: next\n", id.as_bytes(), b"data: ", body, b"\n", more.as_bytes(), b"\n"].concat()
}

/// That nothing follows.
fn complete() -> Vec<u8> {
    b"event: complete\ndata: \n\n".to_vec()
}
