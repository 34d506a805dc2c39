//! The way of notifications to a subscriber, who may be away for a while.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response, header},
};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::watch, time::timeout};

use super::{
    mailbag::{Mailbag, State},
    notification::{Message, Notification},
    wanted::Wanted,
};
use crate::fault::Fault;

/// How long a subscriber who is away is let be, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a message.
enum Delivery {
    Taken,
    /// To be tried again, at the earliest after this.
    Later(Duration),
    Refused,
}

/// Delivers what is put into the bag, one after the other, until it is refused.
pub(super) async fn deliver(
    mailbag: Arc<Mailbag>,
    wanted: Arc<Wanted>,
    mut fault: watch::Receiver<Fault>,
) {
    while mailbag.state() != State::Error {
        let (notification, number) = next(&mailbag, &wanted).await;
        let mut pause = FIRST_PAUSE;
        loop {
            // A dead system tells nobody anything until it lives again.
            let alive = fault.wait_for(|fault| *fault != Fault::Dead).await.is_ok();
            if !alive {
                return;
            }
            let message = notification.message(&wanted, &mailbag.subscription, number);
            match send(&wanted, message).await {
                Delivery::Taken if matches!(notification, Notification::Heartbeat) => {}
                Delivery::Taken => mailbag.delivered(number),
                Delivery::Refused => mailbag.give_up(),
                Delivery::Later(least) => {
                    tokio::time::sleep(pause.max(least)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
            }
            break;
        }
    }
}

/// What is next in the bag, or a sign of life when there is nothing for so long.
async fn next(mailbag: &Mailbag, wanted: &Wanted) -> (Notification, u64) {
    let Some(period) = wanted.topic.and_then(|topic| topic.heartbeat) else {
        return mailbag.next().await;
    };
    match timeout(period, mailbag.next()).await {
        Ok(next) => next,
        Err(_) => (Notification::Heartbeat, mailbag.events()),
    }
}

async fn send(wanted: &Wanted, message: Message) -> Delivery {
    match timeout(PATIENCE, exchange(wanted, message)).await {
        Ok(Ok(response)) if response.status().is_success() => Delivery::Taken,
        Ok(Ok(response)) => judge(&response),
        Ok(Err(_)) | Err(_) => Delivery::Later(Duration::ZERO),
    }
}

/// Whoever is asked too often or has troubles of their own may take it later.
fn judge(response: &Response<Incoming>) -> Delivery {
    let after = response.headers().get(header::RETRY_AFTER);
    let after: Option<u64> = after.and_then(|value| value.to_str().ok()?.parse().ok());
    match response.status().as_u16() {
        408 | 429 | 500..=599 => {
            Delivery::Later(Duration::from_secs(after.unwrap_or_default().min(60)))
        }
        _ => Delivery::Refused,
    }
}

async fn exchange(wanted: &Wanted, message: Message) -> io::Result<Response<Incoming>> {
    let Message { method, path, body } = message;
    let stream = TcpStream::connect(&wanted.endpoint.host).await?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", wanted.endpoint.path))
        .header(header::HOST, &wanted.endpoint.host)
        .header(header::CONNECTION, "close");
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, super::super::MEDIA_TYPE);
    }
    for (name, value) in &wanted.headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body)).map_err(io::Error::other)?;
    let driving = tokio::spawn(connection);
    let response = sender.send_request(request).await;
    // What else the subscriber says is of no interest.
    driving.abort();
    response.map_err(io::Error::other)
}
