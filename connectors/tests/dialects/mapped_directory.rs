//! A food bank's own list of sites, as a manifest describes it: three sites on two pages.

use std::time::Duration;

use caregraph_connectors::testkit::{CANARY, Dialect, HttpAnswer, HttpRequest, Subject, Tamper};
use caregraph_connectors::{Kind, mapped};
use serde_json::{Value, json};

/// See [`Dialect`].
pub(crate) struct MappedDirectoryDialect;

const SITES: usize = 3;
const A_PAGE: usize = 2;

const MANIFEST: &str = r#"
mapping = 1

[directory]
get = "sites"
query = { page = "{page}" }
paging = { style = "page", more = '@.more == true' }
items = "$.sites[*]"
fields = { id = "$.code", name = "$.name", status = { path = "$.open", table = { Y = "active", N = "inactive" } } }
"#;

impl Dialect for MappedDirectoryDialect {
    fn kind(&self) -> Kind {
        mapped::KIND
    }

    fn settings(&self) -> toml::Table {
        MANIFEST.parse().unwrap()
    }

    fn base_path(&self) -> &'static str {
        "/open-data"
    }

    fn subject(&self) -> Subject {
        Subject::Directory
    }

    fn records(&self) -> usize {
        SITES
    }

    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        let page = page_of(request);
        match request.path.as_str() {
            "/open-data/sites" => list(&each(numbers(page)), A_PAGE * page < SITES),
            _ => HttpAnswer::json(&json!({"error": "no such thing"})).status(404),
        }
    }

    fn tampered(&self, request: &HttpRequest, tamper: &Tamper) -> Option<HttpAnswer> {
        let page = page_of(request);
        Some(match tamper {
            Tamper::Empty => list(&[], false),
            Tamper::Many(many) => list(&each(0..*many), false),
            Tamper::OneBroken if page == 1 => {
                list(&[json!({"code": "s0", "name": {"no": CANARY}}), site(1)], true)
            }
            Tamper::Endless => list(&[site(page)], true),
            Tamper::Circular => list(&each(numbers(page.min(2))), true),
            Tamper::DoubledKeys if page == 1 => {
                let site = format!(r#"{{"code": "s0", "name": "Once", "name": "{CANARY}"}}"#);
                let body = format!(r#"{{"sites": [{site}], "more": false}}"#);
                HttpAnswer::of("application/json", body)
            }
            _ => return None,
        })
    }

    fn is_further_page(&self, request: &HttpRequest) -> bool {
        page_of(request) > 1
    }

    /// Nobody waits for a directory, so that all of it gets four times as long.
    fn patience(&self, timeout: Duration) -> Duration {
        timeout * 4
    }
}

fn page_of(request: &HttpRequest) -> usize {
    request.param("page").and_then(|page| page.parse().ok()).unwrap_or(1)
}

fn numbers(page: usize) -> std::ops::Range<usize> {
    (A_PAGE * (page - 1)).min(SITES)..(A_PAGE * page).min(SITES)
}

fn each(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(site).collect()
}

fn site(number: usize) -> Value {
    json!({"code": format!("s{number}"), "name": format!("Site {number}"), "open": "Y"})
}

fn list(sites: &[Value], more: bool) -> HttpAnswer {
    HttpAnswer::json(&json!({"sites": sites, "more": more}))
}
