//! What the gateway asks its sources for each view: taken down once by a proxy before each source, with a gateway that
//! is measured nowhere.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::super::Failed;
use super::client::{Pooled, pooled};
use super::config::Copies;
use super::folder::Folder;
use super::limit::Gateway;
use super::systems::{System, Systems};

/// One request to a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fetch {
    /// Which source.
    pub(super) source: String,
    /// Its address.
    pub(super) url: String,
    /// Its headers, but `Host`.
    pub(super) headers: Vec<(String, String)>,
    /// The status of the answer.
    pub(super) status: u16,
}

/// A proxy before one source.
#[derive(Clone)]
struct Proxy {
    source: String,
    /// `http://HOST:PORT` of the source.
    origin: String,
    client: Pooled,
    tape: Arc<Mutex<Vec<Fetch>>>,
}

/// The requests of each view, by a gateway that has had time to learn how to ask.
pub(super) async fn of_views(
    systems: &Systems,
    folder: &Folder,
) -> Result<Vec<Vec<Fetch>>, Failed> {
    let tape = Arc::new(Mutex::new(Vec::new()));
    let mut behind = Vec::new();
    let mut servers = Vec::new();
    for system in &systems.card.systems {
        let (proxied, server) = proxy(system, tape.clone()).await?;
        behind.push(proxied);
        servers.push(server);
    }
    let gateway =
        Gateway::start(systems, &behind, &systems.identifiers, folder, Copies::None).await?;
    let mut fetches = Vec::new();
    for question in gateway.load.questions.iter() {
        take(&tape);
        gateway.ask(question.body.clone()).await?;
        fetches.push(take(&tape));
    }
    drop(gateway);
    for server in servers {
        server.abort();
    }
    Ok(fetches)
}

fn take(tape: &Mutex<Vec<Fetch>>) -> Vec<Fetch> {
    std::mem::take(&mut tape.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Puts a proxy before a system: the same system at another address.
async fn proxy(
    system: &System,
    tape: Arc<Mutex<Vec<Fetch>>>,
) -> Result<(System, JoinHandle<()>), Failed> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let mut base = url::Url::parse(&system.base_url)?;
    let origin = base.origin().ascii_serialization();
    let port = listener.local_addr()?.port();
    base.set_port(Some(port)).map_err(|()| Failed(format!("{base} can have no port")))?;
    let state = Proxy { source: system.id.clone(), origin, client: pooled(), tape };
    let routes = Router::new().fallback(pass).with_state(state);
    let server = tokio::spawn(async move {
        // It ends with its task.
        let _ = axum::serve(listener, routes).await;
    });
    Ok((System { base_url: base.into(), ..system.clone() }, server))
}

async fn pass(State(proxy): State<Proxy>, request: Request<Body>) -> Response<Body> {
    proxy.fetch(request).await.unwrap_or_else(|Failed(what)| {
        let mut response = Response::new(Body::from(what));
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    })
}

impl Proxy {
    async fn fetch(&self, request: Request<Body>) -> Result<Response<Body>, Failed> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", self.origin);
        let mut headers = request.headers().clone();
        headers.remove(header::HOST);
        let mut onward = Request::get(&url);
        if let Some(to) = onward.headers_mut() {
            to.extend(headers.clone());
        }
        let response = self.client.request(onward.body(Full::default())?).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let fetch = Fetch {
            source: self.source.clone(),
            url,
            headers: texts(&headers),
            status: head.status.as_u16(),
        };
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).push(fetch);
        let mut answer = Response::new(Body::from(body));
        *answer.status_mut() = head.status;
        let kept = [header::CONTENT_TYPE, header::CONTENT_ENCODING];
        for name in kept {
            if let Some(value) = head.headers.get(&name) {
                answer.headers_mut().insert(name, value.clone());
            }
        }
        Ok(answer)
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}
