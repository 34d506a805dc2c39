//! Two nodes as processes of their own, with one PostgreSQL and one Redis: what happens when something of it is killed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use caregraph_sandbox::{Fault, Role, TokenSpec};
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

use crate::answer::{Answer, items, text};
use crate::cached::LONG;
use crate::crowd::{Crowd, Heard, Question, percentile};
use crate::fault_lab::stampede::{CLIENTS, FEW, asked, once, since, slow_down};
use crate::gateway::{run, until};
use crate::pair::Shared;
use crate::process::Process;
use crate::proof::{remark, size};
use crate::servers::free_port;

const QUERY: &str = "query($id: ID!) { patient(id: $id) { name { text } conditions(first: 100) { totalCount } allergies(first: 100) { totalCount } } }";
/// How many clients each node has.
const OF_EACH: usize = 4;
/// How often one question is asked, of one node after the other.
const TRIES: usize = 4;
/// How long it takes until a test knows that it has killed a process.
const AFTERMATH: Duration = Duration::from_millis(50);

/// Two nodes on ports of their own, and how to start each again.
struct Nodes {
    shared: Shared,
    configs: [String; 2],
    addresses: [String; 2],
    running: [Option<Process>; 2],
    token: String,
    people: Vec<String>,
}

impl Nodes {
    /// Starts both; `None` where Redis or PostgreSQL is not installed.
    async fn start(patients: u64) -> Option<Self> {
        let shared = Shared::start(patients).await?;
        let ports = [free_port(), free_port()];
        let addresses = ports.map(|port| format!("127.0.0.1:{port}"));
        let configs = [0, 1].map(|node: usize| {
            let path = shared.config(&format!("node-{node}.toml"), |shape| {
                shape.cache = LONG;
                once(shape);
            });
            let text = std::fs::read_to_string(&path).expect("it was written");
            let listen = format!("listen = {:?}", addresses[node]);
            std::fs::write(&path, text.replace("listen = \"127.0.0.1:0\"", &listen)).expect("ours");
            path
        });
        let running = configs.each_ref().map(|config| Some(Process::start(config)));
        let token = shared.sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let mut nodes = Self { shared, configs, addresses, running, token, people: Vec::new() };
        nodes.ready(0).await;
        nodes.ready(1).await;
        nodes.people = nodes.everybody().await;
        Some(nodes)
    }

    /// Waits until a node has all rosters.
    async fn ready(&self, node: usize) {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let url = format!("http://{}/health/ready", self.addresses[node]);
        let is_whole = || async {
            let Ok(response) = client.get(&url).send().await else { return false };
            Answer::of(response).await.json()["indexComplete"] == true
        };
        until("the rosters are read", is_whole).await;
    }

    /// Everybody; who is known to most sources comes first.
    async fn everybody(&self) -> Vec<String> {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let query = "{ patients(first: 50) { nodes { id links { reference } } } }";
        let heard = Question::new(&self.addresses[0], &self.token, query, &json!({}));
        let heard = heard.ask(&client).await;
        let (_, _, body) = heard.reply.expect("the node answers");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("an answer is JSON");
        let mut nodes = items(&answer["data"]["patients"]["nodes"]).to_vec();
        nodes.sort_by_key(|node| std::cmp::Reverse(items(&node["links"]).len()));
        let ids: Vec<String> = nodes.iter().map(|node| text(&node["id"])).collect();
        assert!(ids.len() > 5, "{body}");
        ids
    }

    fn kill(&mut self, node: usize) {
        self.running[node].take().expect("it runs").kill();
    }

    async fn start_again(&mut self, node: usize) {
        self.running[node] = Some(Process::start(&self.configs[node]));
        self.ready(node).await;
    }
}

/// What clients saw who go to the other node when theirs does not answer.
#[derive(Default)]
struct Seen {
    fine: usize,
    /// Open connections that broke.
    broken: usize,
    /// Times that no connection could be made.
    turned_away: usize,
    /// Questions that no node answered.
    failed: Vec<String>,
}

/// One client, as it stands behind a balancer: a connection that cannot be made, or that breaks, is tried at the other node.
fn client(
    nodes: &Nodes,
    own: usize,
    stop: Arc<AtomicBool>,
    kills: Arc<Mutex<Vec<Instant>>>,
) -> JoinHandle<Seen> {
    let (addresses, token, people) =
        (nodes.addresses.clone(), nodes.token.clone(), nodes.people.clone());
    tokio::spawn(async move {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let (mut seen, mut counted) = (Seen::default(), None);
        for id in people.iter().cycle() {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            let ask = |node: usize| {
                Question::new(&addresses[node], &token, QUERY, &json!({ "id": id })).ask(&client)
            };
            let mut heard = ask(own).await;
            // On a slow machine both may be killed while one question is on its way.
            for turn in 1..TRIES {
                if heard.reply.is_some() {
                    break;
                }
                let ended = heard.began + heard.took;
                let kills = kills.lock().expect("nobody panics here").clone();
                // What was open when the node was killed breaks; what comes later finds nobody.
                let is_of = |kill: &&Instant| heard.began <= **kill + AFTERMATH && **kill <= ended;
                let kill = kills.iter().find(is_of).copied();
                if kill.is_some() && kill != counted {
                    seen.broken += 1;
                    counted = kill;
                } else {
                    seen.turned_away += 1;
                }
                heard = ask((own + turn) % 2).await;
            }
            if heard.is_fine() { seen.fine += 1 } else { seen.failed.push(format!("{heard:?}")) }
        }
        seen
    })
}

#[test]
fn nodes_go_on_when_one_of_them_is_killed_and_comes_back() {
    run(async {
        let Some(mut nodes) = Nodes::start(20).await else { return };
        let kills = size("CAREGRAPH_FAULT_KILLS", 2);
        let (stop, moments) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<Instant>>>::default());
        let clients: Vec<_> = (0..2 * OF_EACH)
            .map(|it| client(&nodes, it % 2, stop.clone(), moments.clone()))
            .collect();
        let mut away = Duration::ZERO;
        for kill in 0..kills {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let killed = Instant::now();
            moments.lock().expect("nobody panics here").push(killed);
            nodes.kill(kill % 2);
            tokio::time::sleep(Duration::from_millis(500)).await;
            nodes.start_again(kill % 2).await;
            away = away.max(killed.elapsed());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.store(true, Ordering::SeqCst);
        let mut all = Seen::default();
        for client in clients {
            let seen = client.await.expect("no client breaks down");
            all.fine += seen.fine;
            all.broken += seen.broken;
            all.turned_away += seen.turned_away;
            all.failed.extend(seen.failed);
        }
        assert_eq!(all.failed, [""; 0]);
        assert!(all.fine > 100 && all.turned_away > 0);
        // Each client has one connection open.
        assert!(all.broken <= kills * OF_EACH, "{}", all.broken);
        remark(&format!(
            "fault: nodes | expected kill -9 of one of two nodes: nothing fails but what was open at it | measured {kills} \
             kills: {} of {} fine, {} open connections broke (of {} at most), {} turned to the other node; started again \
             and whole after {away:.1?}",
            all.fine,
            all.fine + all.failed.len(),
            all.broken,
            kills * OF_EACH,
            all.turned_away
        ));
    });
}

#[test]
fn nodes_do_not_notice_that_redis_is_killed() {
    run(async {
        let Some(mut nodes) = Nodes::start(20).await else { return };
        let (addresses, token, people) =
            (nodes.addresses.clone(), nodes.token.clone(), nodes.people.clone());
        let refresh = "mutation($id: ID!) { refreshPatient(id: $id) { patient } }";
        let crowd = Crowd::start(2 * OF_EACH, move |client, turn| {
            let id = &people[(client + turn) % people.len()];
            // Now and then copies are forgotten, so that Redis is needed.
            let query = if turn % 10 == 9 { refresh } else { QUERY };
            Question::new(&addresses[client % 2], &token, query, &json!({ "id": id }))
        });
        crowd.hears(100).await;
        let mut moments = Vec::new();
        for _ in 0..size("CAREGRAPH_FAULT_KILLS", 2) {
            nodes.shared.redis.kill();
            moments.push(Instant::now());
            crowd.hears(200).await;
            nodes.shared.redis.start_again().await;
            crowd.hears(100).await;
        }
        let heard = crowd.ends().await;
        let failed: Vec<&Heard> = heard.iter().filter(|heard| !heard.is_fine()).collect();
        assert!(failed.is_empty(), "{failed:?}");
        let around = |heard: &&Heard| {
            moments.iter().any(|moment| {
                heard.began <= *moment + Duration::from_secs(1)
                    && heard.began + heard.took >= *moment
            })
        };
        let slowest = heard.iter().filter(around).map(|heard| heard.took).max().unwrap_or_default();
        remark(&format!(
            "fault: nodes | expected SIGKILL of Redis: 0 requests fail | measured {} of {} failed at {} kills; p99 {:.0?}, the \
             slowest within a second of a kill {slowest:.0?}",
            failed.len(),
            heard.len(),
            moments.len(),
            percentile(&heard, 99)
        ));
    });
}

#[test]
fn nodes_ask_each_source_once_each_when_a_thousand_clients_come() {
    run(async {
        let Some(nodes) = Nodes::start(20).await else { return };
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        slow_down(&nodes.shared.sandbox, Fault::Delay(Duration::from_millis(400)));
        let before = asked(&nodes.shared.sandbox);
        let all = Arc::new(Barrier::new(CLIENTS));
        let clients = (0..CLIENTS).map(|number| {
            let (address, id) = (&nodes.addresses[number % 2], json!({ "id": nodes.people[0] }));
            let question = Question::new(address, &nodes.token, FEW, &id);
            let (client, all) = (client.clone(), all.clone());
            tokio::spawn(async move {
                all.wait().await;
                question.ask(&client).await
            })
        });
        let heard: Vec<Heard> = join_all(clients).await.into_iter().map(Result::unwrap).collect();
        // Whom a busy machine cannot answer in time is told to come later, and no source is asked again for them.
        let (later, told): (Vec<&Heard>, Vec<&Heard>) =
            heard.iter().partition(|heard| heard.is_turned_away());
        let failed: Vec<&&Heard> = told.iter().filter(|heard| !heard.is_fine()).collect();
        assert!(failed.is_empty() && !told.is_empty(), "{failed:?}");
        let calls = since(&before, &nodes.shared.sandbox);
        let most = calls.values().max().copied().unwrap_or_default();
        assert!(calls.len() > 5 && most <= 2, "{calls:?}");
        remark(&format!(
            "fault: nodes | expected {CLIENTS} clients, one cold patient, two nodes: at most 1 call for each node, source and \
             type | measured {} calls for {} types, {most} at most; {} of {CLIENTS} served, p99 {:.1?}",
            calls.values().sum::<u64>(),
            calls.len(),
            heard.len() - later.len(),
            percentile(&heard, 99)
        ));
    });
}
