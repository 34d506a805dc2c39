//! A process that may open few files: F34.

use std::time::Duration;

use caregraph_sandbox::{Fault, Options, Role, Sandbox, TokenSpec};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::crowd::{Stream, flood, request};
use super::tell;
use crate::config::Shape;
use crate::gateway::{run, until};
use crate::home::Home;
use crate::proof::size;
use crate::served::Served;

const FILES: usize = 256;
const CONNECTIONS: usize = 600;
const QUERY: &str = "query($id: ID!) { patient(id: $id) { conditions { totalCount } } }";

/// Whether the gateway says on a new connection that it is ready.
async fn is_ready(process: &Served) -> bool {
    let asking = async {
        let mut stream = TcpStream::connect(process.address).await?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: gateway\r\n\r\n").await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        std::io::Result::Ok(&answer == b"HTTP/1.1 200")
    };
    matches!(tokio::time::timeout(Duration::from_secs(5), asking).await, Ok(Ok(true)))
}

#[test]
fn f34_a_gateway_that_may_open_few_files_turns_clients_away_and_lives() {
    run(async {
        let sandbox = Sandbox::start(Options { patients: 8, ..Options::default() }).await.unwrap();
        let home = Home::new();
        let first = format!("ulimit -n {FILES};");
        let mut process = Served::start(&sandbox, &home, &Shape::default(), &first).await;
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let person = process.people(&token).await.remove(0);
        let body = json!({ "query": QUERY, "variables": { "id": person } }).to_string();
        let request = request(&token, "", &body);
        // One that is under way when the crowd comes.
        for system in sandbox.systems() {
            system.set_fault(Fault::Delay(Duration::from_millis(1_500)));
        }
        let mut before = TcpStream::connect(process.address).await.unwrap();
        before.write_all(&request).await.unwrap();
        until("a source is asked", || async {
            sandbox.systems().iter().any(|system| system.requests().of("Condition?") > 0)
        })
        .await;
        let mut crowd = Vec::new();
        for _ in 0..CONNECTIONS {
            crowd.extend(TcpStream::connect(process.address).await.ok());
        }
        let mut answer = [0; 12];
        before.read_exact(&mut answer).await.expect("it is answered");
        assert_eq!(&answer, b"HTTP/1.1 200", "whoever was under way goes on");
        let open = process.open_files();
        assert!(open <= FILES, "{open}");
        for system in sandbox.systems() {
            system.set_fault(Fault::None);
        }
        let lasts = Duration::from_secs(size("CAREGRAPH_DESCRIPTOR_SECONDS", 3) as u64);
        let stream = Stream { per_second: 60, requests: vec![request.clone()] };
        let address = process.address;
        let load = move || flood(address, vec![stream], lasts);
        let outcomes = tokio::task::spawn_blocking(load).await.expect("the load does not panic");
        assert!(process.runs(), "{:?}", process.log.lock().unwrap().last());
        drop(crowd);
        until("it is ready for new connections", || is_ready(&process)).await;
        let after = process.people(&token).await.len();
        let log = process.log.lock().unwrap().clone();
        let complaints = log.iter().filter(|line| line.contains("connection")).count();
        assert!(after > 0 && process.runs());
        assert!(complaints <= 4 + 2 * size("CAREGRAPH_DESCRIPTOR_SECONDS", 3), "{complaints}");
        tell(
            "F34",
            "sheds, does not die; those under way go on",
            format!(
                "{FILES} files, {CONNECTIONS} connections: {open} open, the one under way answered; then of {} requests {} \
                 answered, {} told to come later; {complaints} complaints in the log",
                outcomes.len(),
                outcomes.iter().filter(|outcome| outcome.is(200)).count(),
                outcomes.iter().filter(|outcome| outcome.is(503)).count(),
            ),
        );
    });
}
