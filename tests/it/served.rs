//! A gateway in a process of its own, which can be told to stop and looked at while it runs.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use caregraph_sandbox::Sandbox;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::config::Shape;
use crate::gateway::until;
use crate::home::Home;

/// A gateway that runs by itself. It is killed when it is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it logged.
    pub(crate) log: Arc<Mutex<Vec<String>>>,
}

impl Served {
    /// Starts a gateway before a sandbox, with what a shell does first, and waits until it has read all rosters.
    pub(crate) async fn start(sandbox: &Sandbox, home: &Home, shape: &Shape, first: &str) -> Self {
        let config = home.path().join("caregraph.toml");
        std::fs::write(&config, shape.text(sandbox, home.path())).expect("it can be written");
        let process = Self::run(&config, first);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let ready = format!("http://{}/health/ready", process.address);
        until("the rosters are read", || async {
            let answer = Answer::of(client.get(&ready).send().await.expect("it answers")).await;
            answer.json()["indexComplete"] == true
        })
        .await;
        process
    }

    fn run(config: &Path, first: &str) -> Self {
        let script = format!("{first} exec \"$0\" serve --config \"$1\"");
        let mut child = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_caregraph")])
            .arg(config)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the gateway's program runs");
        let mut lines = BufReader::new(child.stderr.take().expect("it was asked for")).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let rest = line.split("serving at http://").nth(1)?;
            rest.split("/graphql").next()?.parse().ok()
        });
        let log = Arc::<Mutex<Vec<String>>>::default();
        let said = log.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                said.lock().expect("nobody panics here").push(line);
            }
        });
        Self { child, address: address.expect("the gateway says where it serves"), log }
    }

    /// The ids of everybody whom a token shows.
    pub(crate) async fn people(&self, token: &str) -> Vec<String> {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let body = json!({ "query": "{ patients { nodes { id } } }" }).to_string();
        let request = client.post(format!("http://{}/graphql", self.address)).bearer_auth(token);
        let request = request.header("content-type", "application/json").body(body);
        let data = Answer::of(request.send().await.expect("it answers")).await.data();
        let nodes = items(&data["patients"]["nodes"]).iter();
        nodes.map(|node| text(&node["id"])).collect()
    }

    /// The ids of everybody whom a token shows, page after page; who is known to most sources comes first.
    pub(crate) async fn everybody(&self, token: &str) -> Vec<String> {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let query = "query($after: String) { patients(first: 100, after: $after) { nodes { id links { reference } } pageInfo { endCursor hasNextPage } } }";
        let (mut people, mut after) = (Vec::<(usize, String)>::new(), Value::Null);
        loop {
            let body = json!({ "query": query, "variables": { "after": after } }).to_string();
            let request = client.post(format!("http://{}/graphql", self.address));
            let request = request.bearer_auth(token).header("content-type", "application/json");
            let data =
                Answer::of(request.body(body).send().await.expect("it answers")).await.data();
            let nodes = items(&data["patients"]["nodes"]).iter();
            people.extend(nodes.map(|node| (items(&node["links"]).len(), text(&node["id"]))));
            after = data["patients"]["pageInfo"]["endCursor"].clone();
            if data["patients"]["pageInfo"]["hasNextPage"] != true {
                people.sort_by_key(|(links, _)| std::cmp::Reverse(*links));
                return people.into_iter().map(|(_, id)| id).collect();
            }
        }
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it is ours");
    }

    /// True while it runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("it is ours").is_none()
    }

    /// Waits until it has ended; how, and after how long. `None` when it does not end.
    pub(crate) fn ends(&mut self, within: Duration) -> Option<(ExitStatus, Duration)> {
        let began = Instant::now();
        while began.elapsed() < within {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return Some((status, began.elapsed()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// The memory that it holds, and the most that it ever held, in KiB; nothing where there is no /proc.
    pub(crate) fn memory_kib(&self) -> (u64, u64) {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or_default()
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// How many descriptors it has open.
    pub(crate) fn open_files(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.child.id());
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
