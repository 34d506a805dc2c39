//! `scripts/two-nodes`: two nodes without containers, which both know the same patient, and nothing left behind.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::crowd::Question;
use crate::gateway::{run, until};
use crate::servers::{Postgres, Redis, signal};

/// The running script; should the test fail, it takes everything with it all the same.
struct Script(Child);

impl Drop for Script {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            signal(self.0.id(), "TERM");
        }
        let _ = self.0.wait();
    }
}

/// What a node says of the patients that it has.
async fn patients(address: &str, token: &str) -> Vec<Value> {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
    let query = "{ patients(first: 3) { nodes { id name { text } conditions(first: 50) { totalCount nodes { id } } } } }";
    let heard = Question::new(address, token, query, &json!({})).ask(&client).await;
    let (status, _, body) = heard.reply.expect("the node answers");
    assert_eq!(status, 200, "{body}");
    let answer: Value = serde_json::from_str(&body).expect("an answer is JSON");
    items(&answer["data"]["patients"]["nodes"]).to_vec()
}

#[test]
fn two_nodes_are_started_by_one_command_and_leave_nothing_behind() {
    run(async {
        if Redis::start(&[]).await.is_none() || Postgres::start().await.is_none() {
            return;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/two-nodes");
        let mut command = Command::new(script);
        command.args(["--patients", "20"]).env("CAREGRAPH_BIN", env!("CARGO_BIN_EXE_caregraph"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut script = Script(child.expect("the script runs"));
        let lines = BufReader::new(script.0.stdout.take().expect("it was asked for")).lines();
        let said: Vec<String> = lines
            .map_while(Result::ok)
            .take_while(|line| !line.starts_with("Kill a node"))
            .collect();
        let word = |name: &str| {
            let line = said.iter().find_map(|line| line.strip_prefix(name));
            let line = line.unwrap_or_else(|| panic!("{name} is missing in {said:?}"));
            line.split_whitespace().next().expect("something follows").to_owned()
        };
        let address = |name: &str| {
            word(name).trim_start_matches("http://").trim_end_matches("/graphql").to_owned()
        };
        let (nodes, token) = (["node 1:", "node 2:"].map(address), word("token:"));
        let (one, other) = (patients(&nodes[0], &token).await, patients(&nodes[1], &token).await);
        assert_eq!(one.len(), 3);
        assert!(one.iter().all(|patient| !text(&patient["name"]["text"]).is_empty()));
        let first = &one[0];
        let same = other.iter().find(|patient| patient["id"] == first["id"]);
        assert_eq!(same, Some(first), "both know the same patient by the same id");
        signal(script.0.id(), "TERM");
        // Once each is gone, somebody else on this machine may listen there.
        let addresses = nodes.iter().cloned().chain([word("Redis:"), word("PostgreSQL:")]);
        join_all(addresses.map(async |address| {
            let is_gone = async || tokio::net::TcpStream::connect(&address).await.is_err();
            until("nothing listens any more", is_gone).await;
        }))
        .await;
        script.0.wait().expect("it is ours");
        assert!(!Path::new(&word("files:")).exists());
    });
}
