//! An HSDS 3.0 server over an invented directory of community services.

mod directory;
mod offers;
mod parts;
mod vendor;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{Method, StatusCode},
    response::Response,
};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use time::Date;

use crate::{
    day,
    front::{self, Quirk},
    query,
};
use directory::{Directory, Item};
pub(crate) use vendor::VendorServer;

pub(crate) const MEDIA_TYPE: &str = "application/json";

/// The lists that the directory has.
const LISTS: [&str; 5] =
    ["services", "organizations", "service_at_locations", "taxonomies", "taxonomy_terms"];
const DEFAULT_SIZE: usize = 20;
const MAXIMAL_SIZE: usize = 100;

/// The names that may follow the base address, for counting.
pub(crate) fn names() -> Vec<&'static str> {
    LISTS.to_vec()
}

/// The directory's server.
pub(crate) struct HsdsServer(Directory);

impl HsdsServer {
    pub(crate) fn new(today: Date) -> Self {
        Self(Directory::new(today))
    }

    pub(crate) fn router(self) -> Router {
        Router::new().fallback(handle).with_state(Arc::new(self))
    }

    fn respond(&self, request: &Request) -> Response {
        if request.method() != Method::GET {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "the directory is for reading");
        }
        let Some(path) = request.uri().path().strip_prefix("/hsds") else {
            return refuse(StatusCode::NOT_FOUND, "there is nothing here");
        };
        let pairs = query::pairs(request.uri().query().unwrap_or_default());
        let quirk = request.extensions().get::<Quirk>().copied();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match segments.as_slice() {
            [] => answer(&version()),
            [name] => match self.items(name) {
                Some(items) => list(items, &pairs, quirk)
                    .unwrap_or_else(|text| refuse(StatusCode::BAD_REQUEST, text)),
                None => refuse(StatusCode::NOT_FOUND, "there is no such list"),
            },
            [name, id] => {
                let items = self.items(name).unwrap_or_default();
                match items.iter().find(|item| item.id == *id) {
                    Some(item) => answer(&item.full),
                    None => refuse(StatusCode::NOT_FOUND, "there is no such object"),
                }
            }
            _ => refuse(StatusCode::NOT_FOUND, "there is nothing here"),
        }
    }

    fn items(&self, name: &str) -> Option<&[Item]> {
        match name {
            "services" => Some(&self.0.services),
            "organizations" => Some(&self.0.organizations),
            "service_at_locations" => Some(&self.0.service_at_locations),
            "taxonomies" => Some(&self.0.taxonomies),
            "taxonomy_terms" => Some(&self.0.taxonomy_terms),
            _ => None,
        }
    }
}

fn version() -> Value {
    json!({
        "version": "3.0",
        "profile": "https://docs.openreferral.org/en/v3.0.1/hsds/",
        "openapi_url": "https://raw.githubusercontent.com/openreferral/specification/3.0/schema/openapi.json",
    })
}

/// One page of a list, in the envelope that HSDS asks for. Pages beyond the last one are empty.
fn list(
    items: &[Item],
    pairs: &[(String, String)],
    quirk: Option<Quirk>,
) -> Result<Response, &'static str> {
    let number = |name: &str, default: usize| match query::first(pairs, name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number: &usize| *number > 0)
            .ok_or("page and per_page are numbers from 1"),
    };
    let (page, size) = (number("page", 1)?, number("per_page", DEFAULT_SIZE)?.min(MAXIMAL_SIZE));
    let since = match query::first(pairs, "modified_after") {
        None => i64::MIN,
        Some(text) => day::span(&text.replace(' ', "+")).ok_or("modified_after is a date")?.0,
    };
    let full = query::first(pairs, "full") == Some("true");
    let found: Vec<&Item> = items.iter().filter(|item| item.modified > since).collect();
    let pages = found.len().div_ceil(size).max(1);
    let endless = quirk == Some(Quirk::EndlessPaging);
    let start = if endless { 0 } else { (page - 1).saturating_mul(size) };
    let contents: Vec<&RawValue> = found
        .iter()
        .skip(start)
        .take(size)
        .map(|item| if full { &*item.full } else { &*item.brief })
        .collect();
    Ok(answer(&Envelope {
        total_items: found.len(),
        total_pages: if endless { page + 1 } else { pages },
        page_number: page,
        size: contents.len(),
        first_page: page == 1,
        last_page: !endless && page >= pages,
        empty: contents.is_empty(),
        contents,
    }))
}

/// A page as HSDS wraps it.
#[derive(Serialize)]
struct Envelope<'a> {
    total_items: usize,
    total_pages: usize,
    page_number: usize,
    size: usize,
    first_page: bool,
    last_page: bool,
    empty: bool,
    contents: Vec<&'a RawValue>,
}

fn answer(value: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(value).expect("JSON values can be written to memory");
    front::answer(StatusCode::OK, MEDIA_TYPE, Bytes::from(bytes))
}

fn refuse(status: StatusCode, text: &str) -> Response {
    front::answer(status, MEDIA_TYPE, Bytes::from(json!({ "error": text }).to_string()))
}

async fn handle(State(server): State<Arc<HsdsServer>>, request: Request) -> Response {
    server.respond(&request)
}
