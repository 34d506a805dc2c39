//! What is planted: flaws of a server and slips in a manifest, each with its place, some words of its message, and of its remedy.

use caregraph_connectors::testkit::HttpAnswer;
use serde_json::{Value, json};

use super::office::Spoil;

#[expect(clippy::needless_pass_by_value, reason = "it is one of those that spoil an answer")]
pub(super) fn whole(body: Value) -> HttpAnswer {
    HttpAnswer::json(&body)
}

/// The first item, spoilt.
pub(super) fn first(mut body: Value, spoil: impl Fn(&mut Value)) -> HttpAnswer {
    if let Some(item) = body["data"].as_array_mut().and_then(|items| items.first_mut()) {
        spoil(item);
    }
    whole(body)
}

pub(super) fn each(mut body: Value, spoil: impl Fn(&mut Value)) -> HttpAnswer {
    body["data"].as_array_mut().into_iter().flatten().for_each(spoil);
    whole(body)
}

pub(super) fn text(body: &Value, from: &str, to: &str) -> HttpAnswer {
    HttpAnswer::of("application/json", body.to_string().replace(from, to))
}

pub(super) fn is_empty(body: &Value) -> bool {
    body["data"].as_array().is_none_or(Vec::is_empty)
}

/// What is wrong with the server, where that is told, what is said, and what to do.
pub(super) const FLAWS: [(&str, Spoil, &str, &str, &str); 24] = [
    ("fails", |it| whole(it).status(500), "fetch[1]", "status 500", "Mend the server"),
    (
        "breaks off",
        |it| HttpAnswer::of("application/json", it.to_string().replace("}}", "")),
        "fetch[1].format",
        "An answer",
        "valid JSON",
    ),
    (
        "half",
        |it| HttpAnswer::of("application/json", it.to_string().split_at(30).0.to_owned()),
        "fetch[1].format",
        "breaks off",
        "Content-Length",
    ),
    (
        "sign in",
        |_| HttpAnswer::of("text/html", "<!doctype html><p>Sign in"),
        "fetch[1].format",
        "web page",
        "credentials",
    ),
    (
        "XML",
        |_| HttpAnswer::of("text/xml", "<visits/>"),
        "fetch[1].format",
        "is XML",
        "format = \"xml\"",
    ),
    (
        "Latin-1",
        |_| HttpAnswer::of("application/json", b"{\"data\": [\"\xe9\"]}".to_vec()),
        "fetch[1].format",
        "UTF-8",
        "UTF-8",
    ),
    (
        "empty",
        |_| HttpAnswer::of("application/json", ""),
        "fetch[1].format",
        "is empty",
        "empty list",
    ),
    (
        "a key twice",
        |it| text(&it, "\"state\":", "\"state\":\"x\",\"state\":"),
        "fetch[1].format",
        "twice",
        "each key once",
    ),
    ("moved", |it| whole(it).status(301), "fetch[1]", "status 301", "after the redirect"),
    (
        "no body",
        |it| {
            if is_empty(&it) {
                HttpAnswer::of("application/json", "").status(204)
            } else {
                whole(it)
            }
        },
        "fetch[1]",
        "status 204",
        "none_when = [204]",
    ),
    (
        "no list when empty",
        |mut it| {
            if is_empty(&it) {
                it = json!({"links": {}});
            }
            whole(it)
        },
        "fetch[1].items",
        "no list",
        "empty one",
    ),
    (
        "null when empty",
        |mut it| {
            if is_empty(&it) {
                it["data"] = json!(null);
            }
            whole(it)
        },
        "fetch[1].items",
        "null",
        "empty list",
    ),
    (
        "an error when empty",
        |it| if is_empty(&it) { whole(json!({"errors": [{"status": "404"}]})) } else { whole(it) },
        "fetch[1].items",
        "`errors`",
        "none_when",
    ),
    (
        "one item bare",
        |mut it| {
            it["data"] = it["data"][0].clone();
            whole(it)
        },
        "fetch[1].items",
        "single object",
        "a list even of one item",
    ),
    (
        "somebody else's",
        |it| each(it, |item| item["relationships"]["person"]["data"]["id"] = json!("00a99")),
        "fetch[1].subject",
        "of another patient",
        "that patient alone",
    ),
    (
        "zeros",
        |it| text(&it, "\"id\":\"00a", "\"id\":\"a"),
        "fetch[1].subject",
        "leading zeros",
        "as its list of patients does",
    ),
    (
        "upper case",
        |it| text(&it, "\"id\":\"00a", "\"id\":\"00A"),
        "fetch[1].subject",
        "upper and lower case",
        "`case`",
    ),
    (
        "one number",
        |it| each(it, |item| item["id"] = json!("v1")),
        "fetch[1].reference",
        "could not be read",
        "join",
    ),
    (
        "a circle",
        |mut it| {
            it["links"]["next"] = json!("visits");
            whole(it)
        },
        "fetch[1].paging",
        "circle",
        "last page lead nowhere",
    ),
    (
        "elsewhere",
        |mut it| {
            it["links"]["next"] = json!("https://cdn.example/2");
            whole(it)
        },
        "fetch[1].paging",
        "another place",
        "scheme, host, port",
    ),
    (
        "a wrong total",
        |mut it| {
            it["meta"]["total"] = json!(9);
            whole(it)
        },
        "fetch[1].total",
        "there are 9",
        "this very list",
    ),
    (
        "mixed dates",
        |it| first(it, |item| item["attributes"]["began_at"] = json!("04.03.2026")),
        "fetch[1].fields.start",
        "written as 99.99.9999",
        "DD.MM.YYYY",
    ),
    (
        "a confidential one",
        |it| first(it, |item| item["attributes"]["vertraulich"] = json!("ja")),
        "fetch[1]",
        "`vertraulich`",
        "$.attributes.vertraulich",
    ),
    (
        "a new state",
        |it| first(it, |item| item["attributes"]["state"] = json!("Done")),
        "fetch[1].fields.status",
        "upper and lower case",
        "case = \"lower\"",
    ),
];

/// What is written in the manifest in place of what.
pub(super) const SLIPS: [(&str, &str, &str, &str, &str); 12] = [
    (
        "total = \"$.meta.total\"\nitems = \"$.data[*]\"\nsubject",
        "total = \"$.meta.totals\"\nitems = \"$.data[*]\"\nsubject",
        "fetch[1].total",
        "`total`",
        "Write `total`",
    ),
    ("get = \"people\"", "get = \"api/v1/people\"", "base_url", "twice", "Leave it out"),
    (
        "items = \"$.data[*]\"\nid",
        "items = \"$.people[*]\"\nid",
        "roster.items",
        "one at `$.data`",
        "items = \"$.data[*]\"",
    ),
    (
        "subject = \"$.relationships.person.data.id\"",
        "subject = \"$.relationships.nurse.data.id\"",
        "fetch[1].subject",
        "of another patient",
        "subject = \"$.relationships.person.data.id\"",
    ),
    (
        "subject = \"$.relationships.person.data.id\"",
        "feed = true\nsubject = \"$.relationships.person.data.id\"",
        "fetch[1].subject",
        "empty list",
        "Leave out feed",
    ),
    (
        "reference = \"$.id\"",
        "reference = \"$.attributes.kind\"",
        "fetch[1].reference",
        "one reference",
        "join",
    ),
    (
        "birthDate = \"$.attributes.born_on\"",
        "birthDate = { path = \"$.attributes.born_on\", date = \"MM/DD/YYYY\" }",
        "roster.fields.birthDate",
        "9999-99-99",
        "Leave `date` out",
    ),
    ("done = \"finished\", ", "", "fetch[1].fields.status", "table has", "--patients"),
    (
        "next = \"$.links.next\"",
        "next = \"$.links.nextt\"",
        "fetch[1].paging.next",
        "`next`",
        "Write `next`",
    ),
    (
        "each = \"$.attributes.notes[*]\"",
        "each = \"$.attributes.note[*]\"",
        "fetch[2].each",
        "`notes`",
        "Write `notes`",
    ),
    (
        "get = \"people/{patient}/visits\"\npaging",
        "get = \"people/{patient}/visit\"\npaging",
        "fetch[1]",
        "404",
        "paths",
    ),
    (
        "total = \"$.meta.total\"\nitems = \"$.data[*]\"\nsubject",
        "none_when = [404, 500]\nitems = \"$.data[*]\"\nsubject",
        "fetch[1].none_when",
        "(500)",
        "Leave that status out",
    ),
];
