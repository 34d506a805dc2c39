//! Redis as operators have it: behind TLS, and as a cluster.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use caregraph_sandbox::{Options, Role, Sandbox, TokenSpec};
use serde_json::json;

use crate::cached::LONG;
use crate::config::Shape;
use crate::crowd::Question;
use crate::exposition::Exposition;
use crate::gateway::{TestGateway, run, until};
use crate::home::Home;
use crate::killed::people;
use crate::process::Process;
use crate::proof::remark;
use crate::servers::certificates::Authority;
use crate::servers::{Redis, free_port};

const METRICS: &str = "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n";
const QUERY: &str = "query($id: ID!) { patient(id: $id) { allergies(first: 5) { totalCount } conditions(first: 5) { totalCount } } }";
const REFRESH: &str = "mutation($id: ID!) { refreshPatient(id: $id) { patient } }";
/// How often it is tried.
const TRIES: usize = 5;

/// One of the figures of the shared cache, or whether there is a connection.
async fn figure(metrics: &str, name: &str) -> f64 {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
    let text = client.get(metrics).send().await.expect("metrics are given").text().await;
    let figures = Exposition::read(&text.expect("they are whole"));
    match name {
        "up" => figures.value("caregraph_dependency_up", &[("dependency", "shared_cache")]),
        name => figures.value("caregraph_shared_cache_events_total", &[("event", name)]),
    }
}

async fn is_up(metrics: &str) -> bool {
    figure(metrics, "up").await > 0.0
}

async fn sandbox() -> Arc<Sandbox> {
    let options = Options { patients: 12, ..Options::default() };
    Arc::new(Sandbox::start(options).await.expect("the sandbox starts"))
}

#[test]
fn a_redis_behind_tls_is_used_when_it_can_show_who_it_is_and_not_otherwise() {
    run(async {
        let (home, ours, strange) = (Home::new(), Authority::new(), Authority::new());
        let (chain, key) = ours.certifies("localhost", time::Duration::days(9)).files(home.path());
        let port = free_port();
        let word = |path: &std::path::Path| path.display().to_string();
        let authority = ours.file(home.path());
        let settings = [
            "--port",
            "0",
            "--tls-port",
            &port.to_string(),
            "--tls-auth-clients",
            "no",
            "--tls-cert-file",
            &word(&chain),
            "--tls-key-file",
            &word(&key),
            "--tls-ca-cert-file",
            &word(&authority),
        ];
        let settings = settings.map(str::to_owned).to_vec();
        let Some(_redis) = Redis::spawned(port, settings) else { return };
        let sandbox = sandbox().await;
        let listen = free_port();
        let extra = format!("\n[telemetry]\nmetrics = \"127.0.0.1:{listen}\"\n");
        let redis = Some(format!("\"rediss://localhost:{port}\""));
        let shape = Shape { cache: LONG, extra, redis, ..Shape::default() };
        let path = home.path().join("caregraph.toml");
        std::fs::write(&path, shape.text(&sandbox, home.path())).unwrap();
        let (config, metrics) = (word(&path), format!("http://127.0.0.1:{listen}/metrics"));
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let ids = people(&config, &token).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        {
            let node = Process::start_with(&config, "SSL_CERT_FILE", &authority);
            until("Redis is found", || is_up(&metrics)).await;
            // Redis is not waited for when it is slow, and on a busy machine it is now and then.
            let is_kept = || async {
                for query in [REFRESH, QUERY] {
                    let id = json!({ "id": ids[0] });
                    assert!(
                        Question::new(&node.address, &token, query, &id)
                            .ask(&client)
                            .await
                            .is_fine()
                    );
                }
                figure(&metrics, "kept").await > 0.0
            };
            until("something is kept", is_kept).await;
        }
        let elsewhere = Home::new();
        let node = Process::start_with(&config, "SSL_CERT_FILE", strange.file(elsewhere.path()));
        let told = || async { !node.said("the shared cache is not to be had").is_empty() };
        until("it is told that there is no Redis", told).await;
        let question = Question::new(&node.address, &token, QUERY, &json!({ "id": ids[0] }));
        assert!(question.ask(&client).await.is_fine(), "a node answers without Redis");
        assert!(!is_up(&metrics).await, "a Redis of a stranger is used");
        assert!(figure(&metrics, "hits").await < 1.0);
    });
}

/// Three servers that are one cluster; `None` where Redis is not installed, or cannot be made one.
async fn cluster() -> Option<Vec<Redis>> {
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let bus = free_port().to_string();
        let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus];
        nodes.push(Redis::start(&settings).await?);
    }
    let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port()));
    let mut create = Command::new("redis-cli");
    create.args(["--cluster", "create"]).args(addresses).args(["--cluster-yes"]);
    let created = create.output().ok()?;
    assert!(created.status.success(), "{created:?}");
    for node in &nodes {
        let knows = || async {
            let info: String = node.ask(&["CLUSTER", "INFO"]).await;
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        };
        until("a node of the cluster knows the others", knows).await;
    }
    Some(nodes)
}

async fn node(sandbox: &Arc<Sandbox>, home: &Arc<Home>, urls: &str) -> TestGateway {
    let builder = TestGateway::builder().before(sandbox.clone()).at_home(home.clone());
    let node = builder.shape(|shape| {
        shape.cache = LONG;
        shape.redis = Some(urls.to_owned());
        METRICS.clone_into(&mut shape.extra);
    });
    node.start().await
}

/// How many servers hold something.
async fn filled(servers: &[Redis]) -> usize {
    let mut filled = 0;
    for server in servers {
        filled += usize::from(server.ask::<u64>(&["DBSIZE"]).await > 0);
    }
    filled
}

/// Has sources asked about everybody, one after the other, and then asks another node; how many copies the first one kept,
/// on how many servers, and how many the other one found.
async fn kept_and_found(
    sandbox: &Arc<Sandbox>,
    home: &Arc<Home>,
    urls: &str,
    servers: &[Redis],
) -> Option<(f64, usize, f64)> {
    let one = node(sandbox, home, urls).await;
    let metrics = one.metrics().expect("metrics are given");
    until("the cluster is found", || is_up(&metrics)).await;
    for person in 0..12 {
        let id = json!({ "id": one.patient(person).await });
        one.data(REFRESH, id.clone()).await;
        one.data(QUERY, id).await;
    }
    // Copies are written behind answers.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (filled, kept) = (filled(servers).await, figure(&metrics, "kept").await);
    one.stop().await;
    let other = node(sandbox, home, urls).await;
    let metrics = other.metrics().expect("metrics are given");
    until("the cluster is found", || is_up(&metrics)).await;
    for person in 0..12 {
        other.data(QUERY, json!({ "id": other.patient(person).await })).await;
    }
    let found = figure(&metrics, "hits").await;
    other.stop().await;
    (filled > 1 && found > 0.0).then_some((kept, filled, found))
}

#[test]
fn a_cluster_is_shared_as_one_redis_is_and_missed_by_nobody() {
    run(async {
        let Some(mut servers) = cluster().await else { return };
        let urls: Vec<String> = servers.iter().map(|it| format!("{:?}", it.url())).collect();
        let urls = format!("[{}]", urls.join(", "));
        let (sandbox, home) = (sandbox().await, Arc::new(Home::new()));
        // On a busy machine it may take more than one.
        let mut seen = None;
        for _ in 0..TRIES {
            seen = kept_and_found(&sandbox, &home, &urls, &servers).await;
            if seen.is_some() {
                break;
            }
        }
        let (kept, filled, found) = seen.expect("copies of one node are found by another");
        let other = node(&sandbox, &home, &urls).await;
        let metrics = other.metrics().expect("metrics are given");
        until("the cluster is found", || is_up(&metrics)).await;
        // Forgetting reaches all of them, and a dead one fails nobody.
        other.data(REFRESH, json!({ "id": other.patient(0).await })).await;
        servers[1].kill();
        for person in 0..12 {
            let id = json!({ "id": other.patient(person).await });
            other.data(REFRESH, id.clone()).await;
            other.data(QUERY, id).await;
        }
        servers[1].start_again().await;
        until("the cluster is found again", || is_up(&metrics)).await;
        remark(&format!(
            "cluster: {kept} copies kept on {filled} of 3 servers, {found} found by another node; 24 of 24 answered while \
             one server was dead"
        ));
        other.stop().await;
    });
}
