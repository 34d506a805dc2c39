//! GraphQL over WebSocket, by the protocol `graphql-transport-ws` and no other.
//!
//! A transport and nothing more: what an operation may ask and show is decided below, for every event.

mod message;
mod operations;
mod outgoing;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use serde_json::{Map, Value};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::Front;
use super::bearer::Bearer;
use super::graphql::{ACCESS_MODE, access_mode};
use super::problem::Problem;
use super::streams::Seat;
use crate::graphql::{Manner, Pass};
use message::{Close, Said, complete, plain};
use operations::Operations;
use outgoing::Outgoing;

/// The protocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// How long a client may take to say who it is.
const INIT: Duration = Duration::from_secs(3);
/// How often it is looked whether the token still holds.
const TICK: Duration = Duration::from_millis(500);
/// How often a sign of life is sent.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long nothing may be heard of a client.
const SILENCE: Duration = Duration::from_secs(45);

/// How long it is waited for a client to say goodbye too.
const GOODBYE: Duration = Duration::from_secs(1);

/// What stands in the payload of the first message means what the header of that name does.
const FROM_PAYLOAD: [HeaderName; 3] = [
    header::AUTHORIZATION,
    HeaderName::from_static(super::auth::PURPOSE),
    HeaderName::from_static(ACCESS_MODE),
];

/// Turns a request into a socket.
pub(super) async fn upgrade(
    front: &Front,
    headers: &HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    if !front.streams.allows_origin(headers) {
        return Err(Problem::Origin);
    }
    if !upgrade.requested_protocols().any(|it| it == PROTOCOL) {
        return Err(Problem::Protocol);
    }
    // Who brings a token already must bring a good one.
    if headers.contains_key(header::AUTHORIZATION) {
        front.authenticator.viewer(headers).await?;
    }
    let seat = front.streams.enter().ok_or(Problem::Crowded)?;
    let (front, headers) = (front.clone(), headers.clone());
    let most = front.streams.limits().message_bytes;
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(most).max_frame_size(most);
    Ok(upgrade.on_upgrade(move |socket| serve(socket, front, headers, seat)))
}

async fn serve(socket: WebSocket, front: Front, headers: HeaderMap, mut seat: Seat) {
    let (sink, mut incoming) = socket.split();
    let out = Arc::new(Outgoing::new(sink));
    let opened = tokio::select! {
        opened = timeout(INIT, init(&front, headers, &mut incoming, &out, &mut seat)) => opened,
        () = front.streams.closed() => Ok(Err(Some(Close::GoingAway))),
    };
    match opened.unwrap_or(Err(Some(Close::InitTimeout))) {
        Ok((pass, manner, headers)) => {
            let operations =
                Operations::new(front.clone(), headers, pass.clone(), manner, out.clone());
            let why = tokio::select! {
                why = converse(&mut incoming, &out, &operations) => why,
                why = out.ended() => Some(why),
                () = expired(&*pass) => Some(Close::Unauthorized),
                () = front.streams.closed() => Some(Close::GoingAway),
            };
            let left = operations.end_all();
            let mut words = Vec::new();
            if why == Some(Close::GoingAway) {
                words.extend(left.iter().map(String::as_str).map(complete));
            }
            words.extend(why.map(Close::message));
            out.farewell(words).await;
        }
        Err(why) => out.farewell(why.map(Close::message).into_iter().collect()).await,
    }
    // Whoever is still speaking would have what we said last taken away from them.
    let _ = timeout(GOODBYE, async { while let Some(Ok(_)) = incoming.next().await {} }).await;
    drop(seat);
}

/// Waits for the client to say who it is. The error is how to close; without one it has gone.
async fn init(
    front: &Front,
    mut headers: HeaderMap,
    incoming: &mut SplitStream<WebSocket>,
    out: &Outgoing,
    seat: &mut Seat,
) -> Result<(Arc<dyn Pass>, Manner, HeaderMap), Option<Close>> {
    let payload = loop {
        match hear(incoming).await? {
            Said::Init(payload) => break payload,
            Said::Ping => out.send(plain("pong")).await,
            Said::Pong => {}
            Said::Subscribe(..) => return Err(Some(Close::Unauthorized)),
            Said::Complete(_) => return Err(Some(Close::BadRequest)),
        }
    };
    take_headers(&mut headers, payload);
    let mode = access_mode(&headers).map_err(|_| Some(Close::BadRequest))?;
    let pass = Bearer::of(front.authenticator.clone(), headers.clone()).await;
    let pass = pass.map_err(|_| Some(Close::Forbidden))?;
    let viewer = pass.viewer().await.ok_or(Some(Close::Forbidden))?;
    if !seat.claim(&viewer.subject) {
        return Err(Some(Close::TryAgainLater));
    }
    out.send(plain("connection_ack")).await;
    Ok((Arc::new(pass), Manner { mode, oldest: None, waterfall: false }, headers))
}

/// The parts of the payload that mean what a header does take that header's place.
fn take_headers(headers: &mut HeaderMap, payload: Map<String, Value>) {
    for (key, value) in payload {
        let known = FROM_PAYLOAD.into_iter().find(|name| key.eq_ignore_ascii_case(name.as_str()));
        let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        if let (Some(name), Some(value)) = (known, value) {
            headers.insert(name, value);
        }
    }
}

/// The next message of the protocol.
async fn hear(incoming: &mut SplitStream<WebSocket>) -> Result<Said, Option<Close>> {
    loop {
        match incoming.next().await {
            Some(Ok(Message::Text(text))) => return Said::read(&text).map_err(Some),
            Some(Ok(Message::Binary(_))) => return Err(Some(Close::BadRequest)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err(None),
            Some(Err(error)) => return Err(is_too_long(&error).then_some(Close::TooLong)),
        }
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    // The library says it in words alone.
    error.to_string().contains("too long")
}

/// Hears and begins operations until the client goes, or must.
async fn converse(
    incoming: &mut SplitStream<WebSocket>,
    out: &Outgoing,
    operations: &Operations,
) -> Option<Close> {
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.reset();
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            said = hear(incoming) => {
                heard = Instant::now();
                match said {
                    Err(why) => return why,
                    Ok(Said::Init(_)) => return Some(Close::DuplicateInit),
                    Ok(Said::Ping) => out.send(plain("pong")).await,
                    Ok(Said::Pong) => {}
                    Ok(Said::Subscribe(id, request)) => operations.begin(id, *request).await,
                    Ok(Said::Complete(id)) => operations.end(&id),
                }
            }
            _ = heartbeat.tick() => {
                if heard.elapsed() > SILENCE {
                    return None;
                }
                out.send(plain("ping")).await;
            }
        }
    }
}

/// Waits until the token is over or was revoked.
async fn expired(pass: &dyn Pass) {
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if pass.viewer().await.is_none_or(|viewer| now >= viewer.expires) {
            return;
        }
        tokio::time::sleep(TICK).await;
    }
}
