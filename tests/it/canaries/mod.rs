//! Canaries: a gateway in a process of its own, with every log at its loudest, before systems full of marked values. In
//! nothing that it writes down, and in no error that it answers with, is a mark ever found.

#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    reason = "tests put texts together as one reads them"
)]

mod marks;
mod noise;
mod search;

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use caregraph_sandbox::{Faults, Options, Ports, Role, Sandbox, TokenSpec};
use serde_json::{Value, json};

use crate::answer::{Answer, text};
use crate::collector::Collector;
use crate::exposition::Exposition;
use crate::gateway::{run, until};
use crate::home::Home;
use crate::proof;
use crate::twins::server::{Mood, Server};
use marks::Marks;
use noise::Noise;
use search::{Finding, Mark};

/// Everything, and what is most talkative by its full name besides.
const LOUDEST: &str = "trace,caregraph=trace,caregraph_connectors=trace,sqlx=trace,sqlx::query=trace,hyper=trace,\
                       hyper::proto=trace,hyper::proto::h1=trace,hyper_util=trace,reqwest=trace,reqwest::connect=trace,\
                       async_graphql=trace,async_graphql::graphql=trace,axum=trace,axum::rejection=trace,rustls=trace,\
                       h2=trace,tower=trace,[run]=trace";

/// The gateway's process; killed, not stopped, so that what it left half-written is searched too.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(folder: &Path, config: &str, credential: &str) -> Process {
    let path = folder.join("caregraph.toml");
    std::fs::write(&path, config).expect("the configuration can be written");
    std::fs::create_dir_all(folder.join("tmp")).expect("a folder can be made");
    let log = |name| File::create(folder.join(name)).expect("a log can be written");
    let started = Command::new(env!("CARGO_BIN_EXE_caregraph"))
        .args(["serve", "--config"])
        .arg(&path)
        .env("CAREGRAPH_LOG", LOUDEST)
        .env("CANARY_CREDENTIAL", credential)
        .env("TMPDIR", folder.join("tmp"))
        .env("RUST_BACKTRACE", "full")
        .stdin(Stdio::null())
        .stdout(log("out.log"))
        .stderr(log("err.log"))
        .spawn();
    Process(started.expect("the gateway starts"))
}

fn config(folder: &Path, issuer: &str, servers: &[&Server], collector: &Collector) -> String {
    let mut text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n\n[store]\nurl = \"sqlite://{}\"\n\n[auth]\nissuer = \"{issuer}\"\naudience = \"caregraph\"\n\n\
         [access]\nrelationship = \"not-required\"\nlabels = \"enforced\"\n\n\
         [telemetry]\nmetrics = \"127.0.0.1:0\"\notlp = {:?}\nwaterfall = [\"COORDINATOR\"]\n",
        folder.join("caregraph.db").display(),
        collector.url,
    );
    for (at, server) in servers.iter().enumerate() {
        // In a URL a key is written down most easily.
        let place =
            ["type = \"api-key\", parameter = \"key\", key", "type = \"bearer\", token"][at.min(1)];
        text += &format!(
            "\n[[connector]]\nid = \"source{at}\"\nname = \"Source {at}\"\ncategory = \"HOSPITAL\"\nkind = \"fhir-r4\"\n\
             base_url = \"http://{}/fhir\"\ntimeout_ms = 3000\nlongest_rest_ms = 0\nauth = {{ {place} = \"env:CANARY_CREDENTIAL\" }}\n",
            server.address
        );
    }
    text
}

/// Where the gateway says that it listens.
async fn address(folder: &Path) -> String {
    let said = || {
        let logs =
            ["out.log", "err.log"].map(|name| std::fs::read(folder.join(name)).unwrap_or_default());
        let text = String::from_utf8_lossy(&logs.concat()).into_owned();
        let rest = text.split("serving at http://").nth(1)?.to_owned();
        Some(rest.split('/').next()?.to_owned())
    };
    until("the gateway serves", || async { said().is_some() }).await;
    said().expect("it has just been said")
}

/// What Prometheus reads, from where the log says that it is.
async fn metrics(folder: &Path, client: &reqwest::Client) -> Vec<u8> {
    let log = std::fs::read_to_string(folder.join("err.log")).expect("the log can be read");
    let line = log.lines().find(|line| line.contains("metrics are given")).expect("it is told");
    let port = line.rsplit("127.0.0.1:").next().unwrap_or_default();
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    let answer = client.get(format!("http://127.0.0.1:{port}/metrics")).send().await;
    let text = Answer::of(answer.expect("metrics are given")).await.text;
    let read = Exposition::read(&text);
    assert!(read.value("caregraph_source_calls_total", &[("outcome", "status")]) > 0.5);
    assert!(read.value("caregraph_requests_total", &[("outcome", "ok")]) > 0.5);
    text.into_bytes()
}

/// What in the answers must hold no mark: everything, for what nobody is shown; errors, for the rest. Names of the
/// query's own stand in the paths of its errors.
fn in_answers(marks: &Marks, answers: &[Answer]) -> Vec<Finding> {
    let (own, of_errors): (Vec<Mark>, Vec<Mark>) =
        marks.shown.iter().cloned().partition(|mark| matches!(mark.what, "alias" | "operation"));
    let mut found = Vec::new();
    for answer in answers {
        let headers = format!("{:?}", answer.headers);
        let json: Value = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
        let errors =
            if json["data"].is_null() { answer.text.clone() } else { json["errors"].to_string() };
        found.extend(search::in_bytes("an answer", answer.text.as_bytes(), &marks.never));
        found.extend(search::in_bytes("headers of an answer", headers.as_bytes(), &marks.all()));
        found.extend(search::in_bytes("an error", errors.as_bytes(), &of_errors));
        found.extend(search::in_bytes(
            "an error",
            json["errors"][0]["message"].to_string().as_bytes(),
            &own,
        ));
    }
    found
}

#[test]
fn no_mark_is_ever_written_down() {
    run(async {
        let marks = Marks::draw();
        let options =
            Options { patients: 1, seed: 1, faults: Faults::default(), ports: Ports::Ephemeral };
        let issuer = Sandbox::start(options).await.expect("the sandbox starts");
        let curse = marks.text("curse of a source").to_owned();
        let healthy = Server::start_with(marks.shelf(), curse.clone()).await;
        let other = Server::start_with(marks.shelf(), curse.clone()).await;
        let home = Home::new();
        let folder = home.path();
        let collector = Collector::start().await;
        let settings = config(folder, issuer.issuer().url(), &[&healthy, &other], &collector);
        let process = start(folder, &settings, marks.text("credential"));
        let url = format!("http://{}", address(folder).await);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let ready = || async {
            let answer = client.get(format!("{url}/health/ready")).send().await;
            let Ok(answer) = answer else { return false };
            Answer::of(answer).await.json()["indexComplete"] == json!(true)
        };
        until("the rosters are read", ready).await;
        let mut noise = Noise {
            marks: &marks,
            issuer: &issuer,
            client: client.clone(),
            url: format!("{url}/graphql"),
            answers: Vec::new(),
        };
        let query = "query($of: IdentifierInput!) { patient(identifier: $of) { id } }";
        let of = json!({ "of": { "system": "urn:marked", "value": marks.text("identifier") } });
        let found = noise.ask(Role::PrimaryCare, query, of).await;
        let id = text(&found["data"]["patient"]["id"]);
        for mood in [Mood::Up, Mood::Upset, Mood::Garbled, Mood::Elsewhere, Mood::Dead, Mood::Up] {
            other.set_mood(mood);
            for role in [Role::PrimaryCare, Role::Coordinator, Role::CommunityWorker] {
                noise.whole(role, &id).await;
            }
        }
        let shown = noise.whole(Role::PrimaryCare, &id).await.to_string();
        for what in [
            "family name",
            "street",
            "mail",
            "identifier",
            "problem",
            "note",
            "result",
            "team",
            "local id",
        ] {
            assert!(shown.contains(marks.text(what)), "{what} is not even shown: {shown}");
        }
        let record =
            "mutation($input: ConsentInput!) { recordConsent(input: $input) { id basis } }";
        let input = json!({ "patient": id, "decision": "DENY", "roles": ["PHARMACIST"], "basis": marks.text("basis of a consent") });
        let recorded = noise.ask(Role::Coordinator, record, json!({ "input": input })).await;
        assert!(recorded["data"]["recordConsent"]["basis"].is_string(), "{recorded}");
        noise.mistakes().await;
        let answers = noise.answers;
        let metrics = metrics(folder, &client).await;
        let spans = || async { collector.spans().iter().any(|span| span.name == "source") };
        until("spans are sent", spans).await;
        drop(process);
        let mut secrets = marks.all();
        // The tokens themselves: their signature is in no other text.
        let example = issuer.issuer().token(&TokenSpec::new(Role::Admin));
        secrets.extend(
            example
                .rsplit('.')
                .next()
                .map(|part| Mark { what: "signature", text: part.to_owned() }),
        );
        let (findings, places) = in_files(folder, &secrets);
        let findings = findings.into_iter().filter(|finding| !is_of_the_log(finding));
        let seen = [("metrics", metrics), ("spans", collector.bytes())];
        let seen = seen.iter().flat_map(|(place, bytes)| search::in_bytes(place, bytes, &secrets));
        let findings: Vec<Finding> =
            findings.chain(in_answers(&marks, &answers)).chain(seen).collect();
        proof::tell(
            "canaries",
            secrets.len(),
            &format!("marks in {} files and {} answers", places, answers.len()),
            findings.len(),
        );
        assert!(findings.is_empty(), "{findings:#?}");
    });
}

/// The audit log is there to say who looked, through which client, for whom; and nothing else.
fn is_of_the_log(finding: &Finding) -> bool {
    finding.place.contains("caregraph-audit.")
        && ["subject", "organisation", "client"].contains(&finding.what)
}

/// Looks in every file that the process left: logs, the store with its journals, the key, temporary files. The
/// configuration, which is ours, holds no mark either.
fn in_files(folder: &Path, marks: &[Mark]) -> (Vec<Finding>, usize) {
    let mut found = Vec::new();
    let files = search::files(folder);
    let mut logged = 0;
    for path in &files {
        let bytes = std::fs::read(path).expect("a file can be read");
        if path.extension().is_some_and(|extension| extension == "log") {
            let text = String::from_utf8_lossy(&bytes);
            logged += text.lines().count();
            // They speak of headers, addresses and statements, so they are held down whatever is asked for.
            let library = text.lines().find(|line| {
                let words = [" DEBUG ", " TRACE "].iter().any(|level| line.contains(level));
                words && !line.contains(" caregraph")
            });
            assert_eq!(library, None, "a library says more than it may");
        }
        found.extend(search::in_bytes(&path.display().to_string(), &bytes, marks));
    }
    proof::remark(&format!("canaries: the log has {logged} lines"));
    assert!(logged > 10, "a gateway at its loudest said only {logged} lines");
    assert!(files.iter().any(|path| path.to_string_lossy().ends_with(".db-wal")), "{files:?}");
    (found, files.len())
}
