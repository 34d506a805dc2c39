//! Every mistake, of a manifest or of a server, is told with the setting that is to blame and with what to write or mend.

use std::time::Duration;

use caregraph_connectors::conformance::{Finding, Report, Subject, Verdict, conform};
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::testkit::{HttpAnswer, Play, Server};
use caregraph_connectors::{Io, mapped};
use serde_json::{Value, json};
use url::Url;

use super::super::mapped::settings;
use super::office::{self, MANIFEST, Spoil};

async fn tried(manifest: &str, spoil: Spoil) -> Report {
    let server = Server::bind().await.unwrap();
    let io = Io {
        base_url: Url::parse(&format!("{}/api/v1/", server.origin())).unwrap(),
        credentials: Credentials::None,
        timeout: Duration::from_secs(1),
        egress: Egress::new().unwrap(),
    };
    let settings = settings(manifest);
    let subject =
        Subject { kind: mapped::KIND, settings, io, at_once: 8, is_known_by_certificate: true };
    tokio::select! {
        never = server.serve(|request| Play::Answer(office::answer(request, spoil))) => match never {},
        report = conform(&subject) => report,
    }
}

fn bad(report: &Report) -> Vec<&Finding> {
    let is_bad = |it: &&Finding| matches!(it.verdict, Verdict::Failed | Verdict::Warned);
    report.findings.iter().filter(is_bad).collect()
}

/// Whether a finding has this place, says this, and has that remedy.
fn tells(report: &Report, path: &str, words: &str, remedy: &str) -> bool {
    bad(report).iter().any(|it| {
        it.path.as_deref() == Some(path)
            && it.message.contains(words)
            && it.remedy.as_ref().is_some_and(|it| it.contains(remedy))
    })
}

fn whole(body: Value) -> HttpAnswer {
    HttpAnswer::json(&body)
}

/// The first item, spoilt.
fn first(mut body: Value, spoil: impl Fn(&mut Value)) -> HttpAnswer {
    if let Some(item) = body["data"].as_array_mut().and_then(|items| items.first_mut()) {
        spoil(item);
    }
    whole(body)
}

fn each(mut body: Value, spoil: impl Fn(&mut Value)) -> HttpAnswer {
    body["data"].as_array_mut().into_iter().flatten().for_each(spoil);
    whole(body)
}

fn text(body: &Value, from: &str, to: &str) -> HttpAnswer {
    HttpAnswer::of("application/json", body.to_string().replace(from, to))
}

fn is_empty(body: &Value) -> bool {
    body["data"].as_array().is_none_or(Vec::is_empty)
}

/// What is wrong with the server, where that is told, what is said, and what to do.
const FLAWS: [(&str, Spoil, &str, &str, &str); 24] = [
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
const SLIPS: [(&str, &str, &str, &str, &str); 12] = [
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

#[tokio::test]
async fn the_office_as_it_should_be_passes() {
    let report = tried(MANIFEST, whole).await;
    assert!(bad(&report).is_empty(), "{:#?}", bad(&report));
    // Each note of each visit of those who have some.
    let of_notes = report.findings.iter().find(|it| it.check == "DOCUMENTS").unwrap();
    let read: usize = of_notes.message.split(' ').next().unwrap().parse().unwrap();
    assert!(read > 0 && read.is_multiple_of(4), "{}", of_notes.message);
}

#[tokio::test]
async fn what_is_wrong_with_a_server_has_its_place_and_its_remedy() {
    let mut unseen = Vec::new();
    for (name, spoil, path, words, remedy) in FLAWS {
        let report = tried(MANIFEST, spoil).await;
        let is_told = tells(&report, path, words, remedy)
            || tells(&report, &format!("{path}.labels"), words, remedy);
        if !is_told {
            unseen.push(format!("{name}: {:#?}", bad(&report)));
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

#[tokio::test]
async fn what_is_wrong_with_a_manifest_has_its_place_and_its_remedy() {
    let mut unseen = Vec::new();
    for (right, wrong, path, words, remedy) in SLIPS {
        let manifest = MANIFEST.replacen(right, wrong, 1);
        assert_ne!(manifest, MANIFEST, "{right}");
        let report = tried(&manifest, whole).await;
        if !tells(&report, path, words, remedy) {
            unseen.push(format!("{wrong}: {:#?}", bad(&report)));
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

#[tokio::test]
async fn a_report_of_what_does_not_fit_repeats_no_value() {
    for (name, spoil, ..) in FLAWS {
        let text = serde_json::to_string(&tried(MANIFEST, spoil).await).unwrap();
        for said in ["Officer", "00a", "00A", "04.03", "Came on foot", "1970"] {
            assert!(!text.contains(said), "{name} {said}: {text}");
        }
    }
}

#[tokio::test]
async fn what_a_filter_leaves_out_is_counted_where_a_total_counts_it() {
    let filtered = MANIFEST.replacen(
        "items = \"$.data[*]\"\nsubject",
        "items = '$.data[?@.attributes.state == \"done\"]'\nsubject",
        1,
    );
    let report =
        tried(&filtered, |it| first(it, |item| item["attributes"]["state"] = json!("draft")));
    let report = report.await;
    assert!(bad(&report).is_empty(), "{:#?}", bad(&report));
}
