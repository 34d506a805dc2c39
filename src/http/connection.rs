//! One connection, from its first request to its last.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::problem::Problem;

/// How long a connection may stand without a request, and how long the head of one may take.
const IDLE: Duration = Duration::from_secs(75);

/// How long a new one that is to be closed may take to say what it wants.
const FIRST: Duration = Duration::from_millis(500);

/// How long one that is to be refused may take to say what it wants.
const REFUSED: Duration = Duration::from_secs(1);

/// What holds for all connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Course {
    /// Each is closed with the next answer.
    pub(super) leaving: bool,
    /// Each is closed as soon as nothing is asked over it.
    pub(super) closing: bool,
    /// How often that was wanted of those that were there.
    pub(super) room: u64,
}

/// A connection.
pub(super) struct Connection {
    stream: TcpStream,
    routes: Router,
    course: watch::Receiver<Course>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, routes: Router, course: watch::Receiver<Course>) -> Self {
        Self { stream, routes, course }
    }

    /// Answers requests until either side has enough.
    pub(super) async fn serve(self) {
        let course = self.course.clone();
        let routes = TowerToHyperService::new(self.routes);
        let was_asked = Arc::new(AtomicBool::new(false));
        let asked = was_asked.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let answer = routes.call(request);
            let course = course.clone();
            async move {
                let mut response = answer.await?;
                if course.borrow().leaving {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(header::CONNECTION, close);
                }
                Ok::<_, Infallible>(response)
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(IDLE);
        let serving = http.serve_connection(TokioIo::new(self.stream), service).with_upgrades();
        let mut serving = pin!(serving);
        let mut course = self.course;
        let room = course.borrow().room;
        let wanted = course.wait_for(|course| course.closing || course.room > room);
        tokio::select! {
            // How a client leaves is its own affair.
            _ = serving.as_mut() => return,
            // The sender outlives every connection.
            _ = wanted => {}
        }
        // What a client that has just come wants is on its way.
        if !was_asked.load(Ordering::Relaxed) && timeout(FIRST, serving.as_mut()).await.is_ok() {
            return;
        }
        serving.as_mut().graceful_shutdown();
        let _ = serving.await;
    }

    /// Answers one request: with how we are, if that is what it wants, and else that there is no room.
    pub(super) async fn refuse(self) {
        let routes = TowerToHyperService::new(self.routes);
        let service = service_fn(move |request: Request<Incoming>| {
            let wanted = request.uri().path().starts_with("/health/").then(|| routes.call(request));
            async move {
                let response: Response = match wanted {
                    Some(answer) => answer.await?,
                    None => Problem::Overloaded.into_response(),
                };
                Ok::<_, Infallible>(response)
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(REFUSED).keep_alive(false);
        // Whoever does not wait for the answer has no use for it.
        let serving = http.serve_connection(TokioIo::new(self.stream), service);
        let _ = timeout(REFUSED * 2, serving).await;
    }
}
