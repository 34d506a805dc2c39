//! A plain hyper client on keep-alive connections.

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::super::Failed;

/// A client with a pool of connections.
pub(super) type Pooled = Client<HttpConnector, Full<Bytes>>;

/// Makes a client that keeps as many connections as it needed at once.
pub(super) fn pooled() -> Pooled {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Gets a body once.
pub(super) async fn get(url: &str) -> Result<Bytes, Failed> {
    let request = Request::get(url).body(Full::default())?;
    read(url, pooled().request(request).await?).await
}

/// Asks a gateway once.
pub(super) async fn ask(url: &str, token: &str, body: Bytes) -> Result<Bytes, Failed> {
    read(url, pooled().request(question(url, token, body)?).await?).await
}

/// A GraphQL request.
pub(super) fn question(
    url: &str,
    token: &str,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Failed> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(url)
        .header(CONTENT_TYPE, "application/json")
        .header(AUTHORIZATION, format!("Bearer {token}"));
    let host = request.uri_ref().and_then(|uri| uri.authority()).map(ToString::to_string);
    Ok(request.header(HOST, host.unwrap_or_default()).body(Full::new(body))?)
}

async fn read(url: &str, response: Response<Incoming>) -> Result<Bytes, Failed> {
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        return Err(Failed(format!("{url} answered with HTTP status {status}")));
    }
    Ok(body)
}
