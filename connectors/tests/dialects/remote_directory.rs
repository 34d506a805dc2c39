//! A food bank that keeps the remote protocol: three services on two pages.

use std::time::Duration;

use caregraph_connectors::testkit::{CANARY, Dialect, HttpAnswer, HttpRequest, Subject, Tamper};
use caregraph_connectors::{Kind, remote};
use serde_json::{Value, json};

/// See [`Dialect`].
pub(crate) struct RemoteDirectoryDialect;

const SERVICES: usize = 3;
const A_PAGE: usize = 2;

impl Dialect for RemoteDirectoryDialect {
    fn kind(&self) -> Kind {
        remote::KIND
    }

    fn settings(&self) -> toml::Table {
        "protocol = 1\nsections = ['SERVICES']".parse().unwrap()
    }

    fn base_path(&self) -> &'static str {
        "/caregraph"
    }

    fn subject(&self) -> Subject {
        Subject::Directory
    }

    fn records(&self) -> usize {
        SERVICES
    }

    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        let page = page_of(request);
        match request.path.as_str() {
            "/caregraph/services" => list(page, &each(numbers(page)), A_PAGE * page < SERVICES),
            _ => HttpAnswer::json(&json!({"code": "no such thing"})).status(404),
        }
    }

    fn tampered(&self, request: &HttpRequest, tamper: &Tamper) -> Option<HttpAnswer> {
        let page = page_of(request);
        Some(match tamper {
            Tamper::Empty => list(page, &[], false),
            Tamper::Many(many) => list(page, &each(0..*many), false),
            Tamper::OneBroken if page == 1 => {
                let broken = json!({"id": "s0", "name": "One", "status": CANARY});
                list(page, &[broken, service(1)], true)
            }
            Tamper::Endless => list(page, &[service(page)], true),
            Tamper::Circular if page > 1 => list(1, &each(numbers(2)), true),
            Tamper::DoubledKeys if page == 1 => {
                let service = format!(r#"{{"id": "s0", "name": "Once", "name": "{CANARY}"}}"#);
                let body = format!(r#"{{"services": [{service}], "next": null}}"#);
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
    request.param("cursor").and_then(|page| page.parse().ok()).unwrap_or(1)
}

fn numbers(page: usize) -> std::ops::Range<usize> {
    (A_PAGE * (page - 1)).min(SERVICES)..(A_PAGE * page).min(SERVICES)
}

fn each(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(service).collect()
}

fn service(number: usize) -> Value {
    json!({"id": format!("s{number}"), "name": format!("Service {number}"), "status": "active"})
}

fn list(page: usize, services: &[Value], more: bool) -> HttpAnswer {
    let next = more.then(|| (page + 1).to_string());
    HttpAnswer::json(&json!({"services": services, "next": next}))
}
