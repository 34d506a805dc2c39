//! Canaries: a gateway in a process of its own, with every log at its loudest, before systems full of marked values. In
//! nothing that it writes down, and in no error that it answers with, is a mark ever found.

#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    reason = "tests put texts together as one reads them"
)]

mod search;

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use caregraph_sandbox::{Faults, Options, Ports, Role, Sandbox, TokenSpec};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::answer::{Answer, text};
use crate::collector::Collector;
use crate::exposition::Exposition;
use crate::gateway::{run, until};
use crate::home::Home;
use crate::proof;
use crate::twins::server::{Mood, Server, Shelf};
use search::{Finding, Mark};

/// Everything, and what is most talkative by its full name besides.
const LOUDEST: &str = "trace,caregraph=trace,caregraph_connectors=trace,sqlx=trace,sqlx::query=trace,hyper=trace,\
                       hyper::proto=trace,hyper::proto::h1=trace,hyper_util=trace,reqwest=trace,reqwest::connect=trace,\
                       async_graphql=trace,async_graphql::graphql=trace,axum=trace,axum::rejection=trace,rustls=trace,\
                       h2=trace,tower=trace,[run]=trace";

/// Marked values by what they stand for.
struct Marks {
    /// What patients and clinicians may be shown.
    shown: Vec<Mark>,
    /// What nobody is ever shown.
    never: Vec<Mark>,
}

impl Marks {
    fn draw() -> Self {
        let started = std::time::UNIX_EPOCH.elapsed().expect("it is after 1970").as_nanos();
        let mut random =
            StdRng::seed_from_u64(u64::try_from(started & u128::from(u64::MAX)).expect("it fits"));
        let mut mark = |what| {
            let number: u64 = random.random();
            Mark { what, text: format!("Kan{number:016x}Quex") }
        };
        let shown = [
            "family name",
            "given name",
            "street",
            "mail",
            "identifier",
            "local id",
            "problem",
            "note",
            "result",
            "label text",
            "team",
            "basis of a consent",
            "searched words",
            "variable",
            "literal",
            "alias",
            "operation",
        ];
        let never = [
            "curse of a source",
            "credential",
            "subject",
            "organisation",
            "client",
            "comment",
            "request header",
            "extension",
            "reason of a removal",
        ];
        Self { shown: shown.map(&mut mark).into(), never: never.map(mark).into() }
    }

    fn text(&self, what: &str) -> &str {
        let mark = self.shown.iter().chain(&self.never).find(|mark| mark.what == what);
        &mark.unwrap_or_else(|| panic!("there is no mark {what}")).text
    }

    fn all(&self) -> Vec<Mark> {
        self.shown.iter().chain(&self.never).cloned().collect()
    }

    /// What a system holds of one marked person.
    fn shelf(&self) -> Shelf {
        let (of, owner) = (|what| self.text(what), self.text("local id").to_owned());
        let me = json!({ "reference": format!("Patient/{owner}") });
        let coded = |what| json!({ "coding": [{ "system": "http://snomed.info/sct", "code": "1000001", "display": of(what) }], "text": of(what) });
        let resources = [
            json!({ "resourceType": "Patient", "id": owner, "gender": "female", "birthDate": "1950-05-05",
                "name": [{ "family": of("family name"), "given": [of("given name")] }],
                "identifier": [{ "system": "urn:marked", "value": of("identifier") }],
                "telecom": [{ "system": "email", "value": format!("{}@example.org", of("mail")) }],
                "address": [{ "line": [of("street")], "city": "Here", "postalCode": "12345" }] }),
            json!({ "resourceType": "Condition", "id": "c1", "subject": me, "code": coded("problem") }),
            json!({ "resourceType": "DocumentReference", "id": "d1", "subject": me, "status": "current", "type": coded("label text"),
                "content": [{ "attachment": { "contentType": "text/plain", "data": STANDARD.encode(of("note")), "title": of("note") } }] }),
            json!({ "resourceType": "Observation", "id": "o1", "subject": me, "status": "final", "code": coded("result"), "valueString": of("result") }),
            json!({ "resourceType": "CareTeam", "id": "t1", "subject": me, "participant": [{ "member": { "display": of("team") } }] }),
            // One that cannot be read, and one of somebody else.
            json!({ "resourceType": "Observation", "id": { "no": of("result") }, "subject": me, "code": 17 }),
            json!({ "resourceType": "Condition", "id": "c2", "subject": { "reference": format!("Patient/{}", of("family name")) }, "code": coded("problem") }),
        ];
        let mut held: Shelf = HashMap::new();
        for resource in resources {
            let kind = ["Patient", "Condition", "DocumentReference", "Observation", "CareTeam"];
            let kind = kind.into_iter().find(|kind| resource["resourceType"] == *kind);
            held.entry(kind.expect("these are all")).or_default().push((owner.clone(), resource));
        }
        held
    }
}

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
        text += &format!(
            "\n[[connector]]\nid = \"source{at}\"\nname = \"Source {at}\"\ncategory = \"HOSPITAL\"\nkind = \"fhir-r4\"\n\
             base_url = \"http://{}/fhir\"\ntimeout_ms = 3000\nlongest_rest_ms = 0\nauth = {{ type = \"bearer\", token = \"env:CANARY_CREDENTIAL\" }}\n",
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

/// Whoever asks, and all that was answered.
struct Noise<'n> {
    marks: &'n Marks,
    issuer: &'n Sandbox,
    client: reqwest::Client,
    url: String,
    answers: Vec<Answer>,
}

impl Noise<'_> {
    fn token(&self, role: Role, patient: Option<&str>) -> String {
        let of = |what| Some(self.marks.text(what).to_owned());
        let spec = TokenSpec {
            subject: of("subject"),
            organization: of("organisation"),
            client_id: self.marks.text("client").to_owned(),
            patient: patient.map(str::to_owned),
            ..TokenSpec::new(role)
        };
        self.issuer.issuer().token(&spec)
    }

    async fn send(&mut self, token: &str, body: String) -> Value {
        let request = self.client.post(&self.url).bearer_auth(token);
        let request = request.header("content-type", "application/json");
        let request = request.header("x-marked", self.marks.text("request header"));
        let request = request.header("x-care-trace", "1");
        let request =
            request.header("tracestate", format!("x={}", self.marks.text("request header")));
        let request = request.header("baggage", format!("x={}", self.marks.text("request header")));
        let answer =
            Answer::of(request.body(body).send().await.expect("the gateway answers")).await;
        let json = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
        self.answers.push(answer);
        json
    }

    async fn ask(&mut self, role: Role, query: &str, variables: Value) -> Value {
        let token = self.token(role, None);
        let body = json!({ "query": query, "variables": variables, "extensions": { "x": self.marks.text("extension") } });
        self.send(&token, body.to_string()).await
    }

    /// The marked patient, in full.
    async fn whole(&mut self, role: Role, id: &str) -> Value {
        let (operation, alias, comment) = ("operation", "alias", "comment");
        let [operation, alias, comment] =
            [operation, alias, comment].map(|what| self.marks.text(what).to_owned());
        let query = format!(
            "query {operation}($id: ID!) {{ # {comment}\n {alias}: patient(id: $id) {{ name {{ text }} telecom {{ value }} addresses {{ line }} identifiers {{ value }} conditions {{ nodes {{ code {{ text }} }} completeness {{ sources {{ state message }} }} }} documents {{ nodes {{ title text }} }} observations {{ nodes {{ value {{ ... on TextValue {{ text }} }} }} completeness {{ sources {{ state message }} }} }} careTeam {{ name }} links {{ basis reference }} sources {{ message }} }} }}"
        );
        self.ask(role, &query, json!({ "id": id })).await
    }

    /// Questions that make no sense.
    async fn mistakes(&mut self) {
        let [variable, literal, words] =
            ["variable", "literal", "searched words"].map(|what| self.marks.text(what).to_owned());
        for role in [Role::PrimaryCare, Role::Admin, Role::CommunityWorker] {
            for (query, variables) in [
                (format!("{{ patients(search: \"{words}\") {{ nodes {{ id }} }} }}"), Value::Null),
                (format!("{{ patients(first: 5, after: \"{literal}\") {{ nodes {{ id }} }} }}"), Value::Null),
                (format!("{{ patient(id: \"{literal}\") {{ id }} node(id: \"{literal}\") {{ id }} }}"), Value::Null),
                (format!("{{ patient(identifier: {{ system: \"{literal}\", value: \"{literal}\" }}) {{ id }} }}"), Value::Null),
                ("query($v: ID!) { node(id: $v) { id } }".to_owned(), json!({ "v": variable })),
                ("query($v: Int!) { patients(first: $v) { nodes { id } } }".to_owned(), json!({ "v": variable })),
                ("query($v: ConsentInput!) { me { subject } } mutation M($v: ConsentInput!) { recordConsent(input: $v) { id } }".to_owned(), json!({ "v": variable })),
                (format!("mutation {{ unlinkPatient(link: \"{literal}\", reason: \"{}\") {{ patient }} }}", self.marks.text("reason of a removal")), Value::Null),
                (format!("{{ services(search: \"{literal}\") {{ nodes {{ id }} }} }}"), Value::Null),
            ] {
                self.ask(role, &query, variables).await;
            }
        }
        let token = self.token(Role::PrimaryCare, None);
        self.send(&token, format!("{{\"query\": \"{literal}")).await;
        self.send(&format!("{token}x"), "{}".to_owned()).await;
        self.send(&literal, "{}".to_owned()).await;
    }
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
