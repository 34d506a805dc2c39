//! An Open Referral HSDS 3.0 server with three services on two pages.

use std::time::Duration;

use caregraph_connectors::testkit::{CANARY, Dialect, HttpAnswer, HttpRequest, Subject, Tamper};
use caregraph_connectors::{Kind, hsds};
use serde_json::{Value, json};

/// See [`Dialect`].
pub(crate) struct HsdsDialect;

const SERVICES: usize = 3;
const A_PAGE: usize = 2;

impl Dialect for HsdsDialect {
    fn kind(&self) -> Kind {
        hsds::KIND
    }

    fn settings(&self) -> toml::Table {
        format!("page_size = {A_PAGE}").parse().unwrap()
    }

    fn base_path(&self) -> &'static str {
        "/directory/v3/"
    }

    fn subject(&self) -> Subject {
        Subject::Directory
    }

    fn records(&self) -> usize {
        SERVICES
    }

    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        let page = page_of(request);
        match below_base(request) {
            Some("services") => list(page, &each(numbers(page), listed), page == 2),
            Some(path) => match path.strip_prefix("services/s").and_then(|n| n.parse().ok()) {
                Some(number) => HttpAnswer::json(&detailed(number)),
                None => HttpAnswer::json(&json!({"error": "no such thing"})).status(404),
            },
            None => HttpAnswer::json(&json!({"error": "outside of the base"})).status(404),
        }
    }

    fn tampered(&self, request: &HttpRequest, tamper: &Tamper) -> Option<HttpAnswer> {
        if below_base(request) != Some("services") {
            return None;
        }
        let page = page_of(request);
        Some(match tamper {
            Tamper::Empty => list(page, &[], true),
            // Whole, so that the case is about the list.
            Tamper::Many(many) => list(page, &each(0..*many, detailed), true),
            Tamper::OneBroken if page == 1 => {
                let entries = [json!({"id": "s0", "name": null, "note": CANARY}), listed(1)];
                list(1, &entries, false)
            }
            Tamper::Endless => list(page, &[listed(page)], false),
            Tamper::Circular => list(page, &each(numbers(page.min(2)), listed), false),
            Tamper::DoubledKeys if page == 1 => {
                let entry = format!(r#"{{"id": "s0", "name": "Once", "name": "{CANARY}"}}"#);
                let body =
                    format!(r#"{{"contents": [], "contents": [{entry}], "last_page": true}}"#);
                HttpAnswer::of("application/json", body)
            }
            _ => return None,
        })
    }

    fn is_further_page(&self, request: &HttpRequest) -> bool {
        below_base(request) == Some("services") && page_of(request) > 1
    }

    /// Nobody waits for a directory, so a page of it gets four times as long.
    fn patience(&self, timeout: Duration) -> Duration {
        timeout * 4
    }
}

fn below_base(request: &HttpRequest) -> Option<&str> {
    request.path.strip_prefix("/directory/v3/")
}

fn page_of(request: &HttpRequest) -> usize {
    request.param("page").and_then(|page| page.parse().ok()).unwrap_or(1)
}

fn numbers(page: usize) -> std::ops::Range<usize> {
    (A_PAGE * (page - 1)).min(SERVICES)..(A_PAGE * page).min(SERVICES)
}

fn each(numbers: std::ops::Range<usize>, entry: fn(usize) -> Value) -> Vec<Value> {
    numbers.map(entry).collect()
}

fn list(page: usize, entries: &[Value], last: bool) -> HttpAnswer {
    HttpAnswer::json(&json!({
        "total_items": SERVICES.min(entries.len()), "total_pages": 99, "page_number": page,
        "size": entries.len(), "first_page": page == 1, "last_page": last,
        "empty": entries.is_empty(), "contents": entries,
    }))
}

fn listed(number: usize) -> Value {
    json!({
        "id": format!("s{number}"), "name": format!("Service {number}"), "status": "active",
        "last_modified": format!("2026-01-0{}T08:00:00.000Z", 1 + number % 9),
        "organization": {"id": "o1", "name": "Organisation One"},
    })
}

fn detailed(number: usize) -> Value {
    let mut service = listed(number);
    service["phones"] = json!([{"id": "p", "number": "+1 555 0100"}]);
    service["service_at_locations"] =
        json!([{"id": "at", "location": {"id": "l", "name": "Hall"}}]);
    service
}
