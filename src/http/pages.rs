//! The GraphiQL page, served whole from the binary.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;

use super::Front;
use super::problem::Problem;
use crate::graphql::Engine;

/// The built pages; empty when they were not built before the binary was.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

/// What the page is told, as JSON.
#[derive(Clone, Debug, Default)]
pub struct GraphiqlConfig {
    /// Identifier of a patient with whom to begin: system and value.
    pub identifier: Option<(String, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    path: String,
    content_type: String,
    content_encoding: Option<String>,
    stored: String,
}

#[derive(Deserialize)]
struct Manifest {
    files: Vec<File>,
}

/// Nothing but our own scripts runs, nothing but our own server is asked.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'none'";

const HOW_TO_BUILD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>caregraph</title>\
     <body style=\"font: 16px/1.5 system-ui; max-width: 40em; margin: 4em auto\"><h1>The pages are not built</h1>\
     <p>GraphiQL is built from the npm registry. Install Node 20 or later, run <code>scripts/pages</code>, build \
     caregraph again (or run <code>scripts/demo</code>, which does both), and open this page once more.</p>\
     <p>The API itself is at <code>/graphql</code> and needs none of this.</p></body></html>";

fn files() -> &'static HashMap<String, File> {
    static FILES: OnceLock<HashMap<String, File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let manifest = Built::get("manifest.json")
            .and_then(|file| serde_json::from_slice::<Manifest>(&file.data).ok());
        let files = manifest.map(|manifest| manifest.files).unwrap_or_default();
        files.into_iter().map(|file| (file.path.clone(), file)).collect()
    })
}

/// The page.
pub(super) async fn index(State(front): State<Front>) -> Response {
    let page =
        Built::get("index.html").and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    let html = match page {
        Some(page) => page.replace("__CAREGRAPH_CONFIG__", &config(&front.graphiql)),
        None => HOW_TO_BUILD.to_owned(),
    };
    send(html.into_bytes().into(), "text/html; charset=utf-8", None, "no-store")
}

/// One of the page's files.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let file = files().get(&format!("assets/{name}"));
    let Some((file, stored)) = file.and_then(|file| Some((file, Built::get(&file.stored)?))) else {
        return Problem::NoSuchRoute.into_response();
    };
    // Names carry a hash of the content, all but the licences'.
    let kept =
        if name == "licences.txt" { "no-cache" } else { "public, max-age=31536000, immutable" };
    send(stored.data, &file.content_type, file.content_encoding.as_deref(), kept)
}

/// The text of the schema, for the page: not every role may ask for it by introspection.
pub(super) async fn schema() -> Response {
    static SCHEMA: OnceLock<String> = OnceLock::new();
    let text = SCHEMA.get_or_init(Engine::sdl).as_bytes();
    send(text.into(), "application/graphql; charset=utf-8", None, "no-cache")
}

/// Whoever opens the address alone wants the page.
pub(super) async fn root() -> Redirect {
    Redirect::temporary("/graphiql")
}

fn config(config: &GraphiqlConfig) -> String {
    let json = match &config.identifier {
        Some((system, value)) => {
            serde_json::json!({ "identifier": { "system": system, "value": value } })
        }
        None => serde_json::json!({}),
    };
    json.to_string().replace('<', "\\u003c")
}

fn send(
    body: Cow<'static, [u8]>,
    content_type: &str,
    encoding: Option<&str>,
    kept: &'static str,
) -> Response {
    let mut headers = HeaderMap::new();
    let value = |text: &str| {
        HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
    };
    headers.insert(header::CONTENT_TYPE, value(content_type));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, value(encoding));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    (StatusCode::OK, headers, body.into_owned()).into_response()
}
