//! A partner whose API is in the style of JSON:API, whose answers about visits can be spoilt in any way.

use caregraph_connectors::testkit::{HttpAnswer, HttpRequest};
use serde_json::{Value, json};

/// What becomes of the answer about the visits of one person.
pub(super) type Spoil = fn(Value) -> HttpAnswer;

const PEOPLE: usize = 8;

pub(super) const MANIFEST: &str = r#"
mapping = 1

[roster]
get = "people"
total = "$.meta.total"
items = "$.data[*]"
id = "$.id"

[roster.fields]
names = [{ family = "$.attributes.last_name", given = ["$.attributes.first_name"] }]
birthDate = "$.attributes.born_on"

[[fetch]]
section = "ENCOUNTERS"
get = "people/{patient}/visits"
paging = { style = "next", next = "$.links.next" }
total = "$.meta.total"
items = "$.data[*]"
subject = "$.relationships.person.data.id"
reference = "$.id"

[fetch.fields]
types = ["$.attributes.kind"]
start = "$.attributes.began_at"
status = { path = "$.attributes.state", table = { done = "finished", off = "cancelled" } }

[[fetch]]
section = "DOCUMENTS"
get = "people/{patient}/visits"
items = "$.data[*]"
each = "$.attributes.notes[*]"
subject = { item = "$.relationships.person.data.id" }
reference = { join = [{ item = "$.id" }, "$.no"], with = "-" }
left_out = ["confidential"]

[fetch.fields]
title = { const = "Visit note" }
text = "$.words"
date = { item = "$.attributes.began_at" }
"#;

/// What it answers.
pub(super) fn answer(request: &HttpRequest, spoil: Spoil) -> HttpAnswer {
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["api", "v1", "people"] => HttpAnswer::json(&people()),
        ["api", "v1", "people", id, "visits"] => match number(id) {
            Some(n) => spoil(visits(n)),
            None => HttpAnswer::json(&json!({"errors": [{"status": "404"}]})).status(404),
        },
        _ => HttpAnswer::json(&json!({"errors": [{"status": "404"}]})).status(404),
    }
}

fn number(id: &str) -> Option<usize> {
    let number = id.strip_prefix("00a")?.parse().ok()?;
    (1..=PEOPLE).contains(&number).then_some(number)
}

fn people() -> Value {
    let person = |n: usize| {
        let attributes = json!({"last_name": format!("Officer{n}"), "first_name": "Kim", "born_on": format!("1970-02-0{n}")});
        json!({"type": "people", "id": format!("00a{n}"), "attributes": attributes})
    };
    let data: Vec<Value> = (1..=PEOPLE).map(person).collect();
    json!({"data": data, "meta": {"total": PEOPLE}, "links": {"next": null}})
}

/// The last of them has none.
fn visits(person: usize) -> Value {
    let visit = |n: usize| {
        let notes =
            [json!({"no": 1, "words": "Came on foot."}), json!({"no": 2, "words": "Left."})];
        json!({
            "type": "visits", "id": format!("v{person}{n}"),
            "attributes": {"kind": "Home visit", "began_at": format!("2026-03-0{n}T10:00:00Z"), "state": "done", "notes": notes},
            "relationships": {"person": {"data": {"type": "people", "id": format!("00a{person}")}}, "nurse": {"data": {"id": "n1"}}},
        })
    };
    let data: Vec<Value> = (1..=2).filter(|_| person != PEOPLE).map(visit).collect();
    json!({"meta": {"total": data.len()}, "data": data, "links": {"self": "/x", "next": null}})
}
