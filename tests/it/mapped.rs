//! A partner that is described by a manifest and by no program, within a whole gateway.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use caregraph_sandbox::Role;
use serde_json::json;

use crate::answer::items;
use crate::gateway::{TestGateway, run};

fn connectors(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn greenleaf(request: &HttpRequest) -> Play {
    let name = match request.path.as_str() {
        "/v2/members" => "members",
        "/v2/members/GL-00017" => "member",
        "/v2/members/GL-00017/fills" => "fills",
        "/v2/members/GL-00017/prescriptions" => "prescriptions",
        "/v2/members/GL-00017/allergies" => "allergies",
        _ => return Play::Answer(HttpAnswer::of("application/json", "{}").status(404)),
    };
    let body = connectors(&format!("fixtures/mapped/greenleaf-{name}.json"));
    // Of nobody else: that is another test's.
    let body = body.replace("GL-00018\", \"rxNo\"", "GL-00017\", \"rxNo\"");
    Play::Answer(HttpAnswer::of("application/json", body))
}

/// A manifest as a block of the configuration.
fn block(manifest: &str, origin: &str) -> String {
    let manifest = manifest
        .replace("https://api.greenleaf.example", origin)
        .replace("auth = { type = \"bearer\", token = \"given\" }\n", "")
        .replace("\n[[fetch", "\n[[connector.fetch")
        .replace("\n[fetch", "\n[connector.fetch")
        .replace("\n[roster", "\n[connector.roster");
    format!("\n[[connector]]\n{manifest}")
}

#[test]
fn a_partner_with_a_manifest_shows_its_fills_with_their_origin_and_what_it_could_not_say() {
    run(async {
        let server = Arc::new(Server::bind().await.unwrap());
        let serving = tokio::spawn({
            let server = server.clone();
            async move { match server.serve(greenleaf).await {} }
        });
        let manifest = connectors("examples/greenleaf-pharmacy.toml");
        let extra = block(&manifest, server.origin());
        let gateway = TestGateway::builder().patients(2).shape(|it| it.extra = extra);
        let gateway = gateway.start().await;
        let query = "query($who: String) { patients(search: $who) { nodes { name { text } birthDate
            medications { completeness { state }
                nodes { drug { text codings { system code } } status fills { status dispensed quantity { value } pharmacy } orders { prescriber } provenance { records { source { name } } } } }
            allergies { nodes { substance { text } criticality } } } } }";
        let answer = gateway.ask(Role::PrimaryCare, query, json!({ "who": "Ada Example" })).await;
        let data = answer.data();
        let patients = &data["patients"]["nodes"];
        assert_eq!(items(patients).len(), 1, "{}", answer.text);
        let text = patients[0].to_string();
        for part in [
            "Ada Example",
            "1970-01-31",
            "Metformin 500 mg tablet",
            "00093104801",
            "2026-03-04",
            "60.0",
            "Greenleaf Main Street, Springfield",
            "Pat Doctor",
            "Greenleaf Pharmacy",
            "Penicillin",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        // A status that nobody knows is missed aloud.
        assert!(!text.contains("Lisinopril"), "{text}");
        assert_eq!(patients[0]["medications"]["completeness"]["state"], json!("PARTIAL"), "{text}");
        serving.abort();
    });
}

/// Copies that are asked about each time.
const ASKED_ABOUT: &str = "sections = { ALLERGIES = { fresh_s = 0, stale_while_revalidate_s = 0, stale_if_error_s = 600, negative_s = 0 } }";

/// How often allergies were sent, and how often it was said instead that nothing has changed.
#[derive(Default)]
struct Sent {
    whole: AtomicUsize,
    unchanged: AtomicUsize,
    has_changed: AtomicBool,
}

impl Sent {
    fn answer(&self, request: &HttpRequest) -> Play {
        let Play::Answer(mut answer) = greenleaf(request) else { return Play::Hang };
        if !request.path.ends_with("/allergies") || answer.status != 200 {
            return Play::Answer(answer);
        }
        let mut tag = "\"first\"";
        if self.has_changed.load(Ordering::SeqCst) {
            let body = String::from_utf8(answer.body).unwrap();
            (answer.body, tag) = (body.replace("Penicillin", "Amoxicillin").into(), "\"second\"");
        }
        if request.header("if-none-match") == Some(tag) {
            self.unchanged.fetch_add(1, Ordering::SeqCst);
            return Play::Answer(
                HttpAnswer::of("application/json", "").status(304).header("etag", tag),
            );
        }
        self.whole.fetch_add(1, Ordering::SeqCst);
        Play::Answer(answer.header("etag", tag))
    }

    fn counts(&self) -> (usize, usize) {
        (self.whole.load(Ordering::SeqCst), self.unchanged.load(Ordering::SeqCst))
    }
}

#[test]
fn a_partner_that_gives_tags_sends_its_list_once_and_again_when_it_has_changed() {
    run(async {
        let (server, sent) = (Arc::new(Server::bind().await.unwrap()), Arc::new(Sent::default()));
        let serving = tokio::spawn({
            let (server, sent) = (server.clone(), sent.clone());
            async move { match server.serve(|request| sent.answer(request)).await {} }
        });
        let extra = block(&connectors("examples/greenleaf-pharmacy.toml"), server.origin());
        let gateway = TestGateway::builder().patients(2).shape(|it| {
            it.extra = extra;
            it.cache = ASKED_ABOUT;
        });
        let gateway = gateway.start().await;
        let query = "query($who: String) { patients(search: $who) { nodes {
            allergies { completeness { state } nodes { substance { text } } } } } }";
        let ask = async || {
            let who = json!({ "who": "Ada Example" });
            let answer = gateway.ask(Role::PrimaryCare, query, who).await;
            let list = answer.data()["patients"]["nodes"][0]["allergies"].take();
            assert_eq!(list["completeness"]["state"], json!("COMPLETE"), "{}", answer.text);
            list["nodes"].to_string()
        };
        let first = ask().await;
        assert!(first.contains("Penicillin"), "{first}");
        assert_eq!(sent.counts(), (1, 0));
        for round in 1..=3 {
            assert_eq!(ask().await, first);
            assert_eq!(sent.counts(), (1, round));
        }
        sent.has_changed.store(true, Ordering::SeqCst);
        let changed = ask().await;
        assert!(changed.contains("Amoxicillin") && !changed.contains("Penicillin"), "{changed}");
        assert_eq!(sent.counts(), (2, 3));
        assert_eq!(ask().await, changed);
        assert_eq!(sent.counts(), (2, 4));
        gateway.stop().await;
        serving.abort();
    });
}

#[test]
fn a_configuration_tells_the_lines_of_mistakes_in_a_mapping() {
    let path = std::env::temp_dir().join(format!("caregraph-mapped-{}.toml", std::process::id()));
    let manifest = connectors("examples/greenleaf-pharmacy.toml")
        .replace("D = \"completed\"", "D = \"Completed\"");
    let text = format!(
        "[auth]\nissuer = \"http://127.0.0.1:9000\"\n{}",
        block(&manifest, "http://127.0.0.1:9")
    );
    std::fs::write(&path, &text).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_caregraph"))
        .args(["check", "--config", &path.display().to_string()])
        .output()
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let line = text.lines().position(|line| line.contains("Completed")).unwrap() + 1;
    let place = format!("{}:{line}:", path.display());
    assert!(!output.status.success());
    assert!(said.contains(&place) && said.contains("did you mean `completed`?"), "{said}");
    assert!(said.contains("connector[1].fetch[2].fields.status.table.D"), "{said}");
}
