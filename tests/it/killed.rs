//! A gateway that is killed at any moment: each answer that somebody received has its entry in the log.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use caregraph::audit::AuditStore as _;
use caregraph::store::AuditTables;
use caregraph_sandbox::{Options, Role, Sandbox, TokenSpec};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::audit_log::caregraph;
use crate::config::Shape;
use crate::gateway::{run, until};
use crate::home::Home;
use crate::process::Process;

/// How often it is killed when nothing else is asked for.
const KILLS: u64 = 20;
/// How many clients read at once.
const CLIENTS: usize = 4;
/// The longest that it is left to run, in milliseconds.
const LONGEST: u64 = 400;

/// Reads charts until it cannot; notes the id of every answer that arrived whole.
async fn read(address: String, token: String, people: Vec<String>, seen: Arc<Mutex<Vec<String>>>) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
    let query = "query($id: ID!) { patient(id: $id) { name { text } conditions { nodes { code { text } } } } }";
    for id in people.iter().cycle() {
        let body = json!({ "query": query, "variables": { "id": id } }).to_string();
        let request = client.post(format!("http://{address}/graphql")).bearer_auth(&token);
        let request = request.header("content-type", "application/json").body(body);
        let Ok(response) = request.send().await else { return };
        let request = response.headers().get("x-request-id").cloned();
        let Ok(body) = response.text().await else { return };
        let answer: Value = serde_json::from_str(&body).expect("an answer is JSON");
        assert!(answer["data"]["patient"]["name"]["text"].is_string(), "{body}");
        let request = request.expect("every answer has an id");
        seen.lock().unwrap().push(request.to_str().expect("an id is a text").to_owned());
    }
}

#[test]
fn every_answer_that_was_received_has_its_entry() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the size of a test is no setting of the gateway"
    )]
    let kills = std::env::var("CAREGRAPH_KILLS").ok().and_then(|count| count.parse().ok());
    let kills: u64 = kills.unwrap_or(KILLS);
    run(async {
        let options = Options { patients: 12, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let home = Home::new();
        let config = home.path().join("caregraph.toml");
        std::fs::write(&config, Shape::default().text(&sandbox, home.path())).unwrap();
        let config = config.display().to_string();
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let people = people(&config, &token).await;
        let (mut received, mut rng) = (0, StdRng::seed_from_u64(17));
        let mut logged = BTreeSet::new();
        let mut after = (0, 0);
        for kill in 0..kills {
            let mut gateway = Process::start(&config);
            let seen = Arc::new(Mutex::new(Vec::new()));
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let address = gateway.address.clone();
                    tokio::spawn(read(address, token.clone(), people.clone(), seen.clone()))
                })
                .collect();
            // Most die while they answer, some while they start.
            if kill % 4 > 0 {
                until("an answer arrives", || async { !seen.lock().unwrap().is_empty() }).await;
            }
            // The moment is the point of the test: chance decides, and nothing waits for it.
            tokio::time::sleep(Duration::from_millis(rng.random_range(1..LONGEST))).await;
            gateway.kill();
            for client in clients {
                client.await.expect("no answer was wrong");
            }
            let whole = caregraph(&["audit", "verify", "--config", &config]);
            assert!(whole.status.success(), "kill {kill}: {whole:?}");
            let tables = AuditTables::open_existing(&log(&home)).await.unwrap();
            for row in tables.behind(after, usize::MAX).await.unwrap() {
                after = (row.chain, row.seq);
                logged.insert(row.entry().unwrap().body.request);
            }
            tables.close().await;
            let seen = seen.lock().unwrap().clone();
            let missing = seen.iter().filter(|request| !logged.contains(*request)).count();
            assert_eq!(missing, 0, "kill {kill}: of {} answers", seen.len());
            received += seen.len();
        }
        assert!(received as u64 > kills, "only {received} answers were received");
        let what = format!("answers at {kills} kills, all of them in the log");
        crate::proof::tell("kills", received, &what, 0);
    });
}

fn log(home: &Home) -> String {
    format!("sqlite://{}", home.path().join("caregraph-audit.db").display())
}

/// The ids of everybody, once all rosters are read.
pub(crate) async fn people(config: &str, token: &str) -> Vec<String> {
    let gateway = Process::start(config);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
    let ready = format!("http://{}/health/ready", gateway.address);
    until("the rosters are read", || async {
        let answer = Answer::of(client.get(&ready).send().await.expect("it answers")).await;
        answer.json()["indexComplete"] == true
    })
    .await;
    let body = json!({ "query": "{ patients { nodes { id } } }" }).to_string();
    let request = client.post(format!("http://{}/graphql", gateway.address)).bearer_auth(token);
    let request = request.header("content-type", "application/json").body(body);
    let answer = Answer::of(request.send().await.expect("it answers")).await.data();
    let found: Vec<String> =
        items(&answer["patients"]["nodes"]).iter().map(|node| text(&node["id"])).collect();
    assert!(!found.is_empty(), "nobody was found");
    found
}
