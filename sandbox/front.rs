//! What stands before every system's interface: it counts, and it does the damage that a fault asks for.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::sync::watch;

use crate::{fault::Fault, requests::RequestCounters};

/// What a system's server and its handle share.
pub(crate) struct Front {
    pub(crate) fault: watch::Sender<Fault>,
    pub(crate) requests: RequestCounters,
    /// The path of the interface, and the media type that it answers with.
    pub(crate) path: &'static str,
    pub(crate) media_type: &'static str,
    /// The names that may follow the path; others are counted together.
    pub(crate) names: Vec<&'static str>,
    /// Decides which requests fail when some do.
    pub(crate) luck: Mutex<StdRng>,
}

impl Front {
    fn throws(&self, rate: f64) -> bool {
        self.luck.lock().unwrap_or_else(PoisonError::into_inner).random_bool(rate.clamp(0.0, 1.0))
    }
}

/// Luck that is the same in every run.
pub(crate) fn luck(label: &str) -> Mutex<StdRng> {
    Mutex::new(StdRng::seed_from_u64(crate::dice::hash(label)))
}

/// A fault that only the interface itself can commit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quirk {
    WrongPatient,
    EndlessPaging,
}

/// Puts a router behind its front.
pub(crate) fn behind(front: Arc<Front>, router: Router) -> Router {
    router.layer(from_fn_with_state(front, pass))
}

async fn pass(State(front): State<Arc<Front>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    front.requests.count(path.strip_prefix(front.path).unwrap_or("/?/?/?"), &front.names);
    let fault = *front.fault.borrow();
    match fault {
        Fault::Errors { rate } if front.throws(rate) => {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR);
        }
        Fault::SometimesWrongPatient { rate } if front.throws(rate) => {
            request.extensions_mut().insert(Quirk::WrongPatient);
        }
        // The connection itself cuts and breaks.
        Fault::None
        | Fault::Truncated
        | Fault::Dead
        | Fault::Errors { .. }
        | Fault::SometimesWrongPatient { .. } => {}
        Fault::Delay(time) => tokio::time::sleep(time).await,
        Fault::Hang => {
            let mut changes = front.fault.subscribe();
            let lifted = changes.wait_for(|fault| *fault != Fault::Hang).await.is_ok();
            if !lifted {
                std::future::pending::<()>().await;
            }
        }
        Fault::Garbage => return garbage(front.media_type),
        Fault::Status(code) => {
            return refuse(StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        }
        Fault::Huge => return huge(front.media_type),
        Fault::WrongPatient => drop(request.extensions_mut().insert(Quirk::WrongPatient)),
        Fault::EndlessPaging => drop(request.extensions_mut().insert(Quirk::EndlessPaging)),
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::NOT_MODIFIED {
        front.requests.count_unchanged();
    }
    response
}

fn refuse(status: StatusCode) -> Response {
    let text = format!("{{\"message\":\"{}\"}}", status.canonical_reason().unwrap_or("refused"));
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], text).into_response();
    let (name, value): (HeaderName, &'static str) = match status {
        StatusCode::UNAUTHORIZED => (header::WWW_AUTHENTICATE, "Bearer"),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            (header::RETRY_AFTER, "2")
        }
        _ => return response,
    };
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

fn garbage(media_type: &'static str) -> Response {
    let bytes: &[u8] = b"<html><body>\xff\xfe{\"resourceType\":\"Bundle\",]]>\0\0\0</body>";
    answer(StatusCode::OK, media_type, Bytes::from_static(bytes))
}

/// Well-formed JSON of 64 MiB, made once.
fn huge(media_type: &'static str) -> Response {
    static HUGE: std::sync::LazyLock<Bytes> = std::sync::LazyLock::new(|| {
        let mut text =
            br#"{"resourceType":"Bundle","type":"searchset","contents":[],"text":{"div":""#
                .to_vec();
        text.resize((64 << 20) - 3, b'a');
        text.extend_from_slice(br#""}}"#);
        Bytes::from(text)
    });
    answer(StatusCode::OK, media_type, HUGE.clone())
}

/// An answer of finished bytes.
pub(crate) fn answer(status: StatusCode, media_type: &'static str, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// The address of an interface on loopback.
pub(crate) fn base_url(address: SocketAddr, path: &str) -> String {
    format!("http://{address}{path}")
}
