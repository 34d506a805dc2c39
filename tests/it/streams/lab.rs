//! Rows of the fault matrix that concern streams: F24, F36, and one question for all who watch.

use std::time::{Duration, Instant};

use caregraph_sandbox::{Fault, Role};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::client::Socket;
use super::{CONDITIONS, conditions, is_complete};
use crate::gateway::{TestGateway, run, until};
use crate::proof;

const DENY: &str = "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";
const REVOKE: &str = "mutation($id: ID!) { revokeConsent(id: $id) { id } }";
const REFRESH: &str = "mutation($id: ID!) { refreshPatient(id: $id) { patient } }";

fn tell(row: &str, expected: &str, measured: &str) {
    proof::remark(&format!("fault: {row} | expected {expected} | measured {measured}"));
}

async fn gateway(patients: u64) -> TestGateway {
    let builder = TestGateway::builder().patients(patients);
    let extra = "[streams]\nconnections_per_viewer = 100000\n";
    builder.shape(|shape| extra.clone_into(&mut shape.extra)).start().await
}

#[test]
fn two_hundred_watchers_of_one_patient_are_one_question_to_each_source() {
    run(async {
        let gateway = gateway(4).await;
        let id = gateway.patient(0).await;
        let source = gateway.sandbox.system("lakeside").unwrap();
        let asked = || source.requests().of("Condition?");
        let before = asked();
        source.set_fault(Fault::Delay(Duration::from_millis(300)));
        let token = gateway.token(Role::PrimaryCare);
        let mut sockets = join_all((0..200).map(async |_| {
            let mut socket = Socket::of(&gateway, &token).await;
            socket.subscribe("1", CONDITIONS, json!({ "id": id })).await;
            socket.until(is_complete).await;
            socket
        }))
        .await;
        assert_eq!(asked() - before, 1);
        source.set_fault(Fault::WrongPatient);
        gateway.ask(Role::PrimaryCare, REFRESH, json!({ "id": id })).await.data();
        let since = Instant::now();
        let has_failed = |event: &Value| is_complete(event) && event.to_string().contains("ERROR");
        join_all(sockets.iter_mut().map(|socket| socket.until(has_failed))).await;
        // Once for the change, and once more if that took so long that it is tried again.
        assert!((2..=3).contains(&(asked() - before)), "{}", asked() - before);
        proof::remark(&format!(
            "streams: 200 watchers, 1 question each time; all had the change after {:.0?}",
            since.elapsed()
        ));
        gateway.stop().await;
    });
}

/// A socket whose kernel takes next to nothing for it.
async fn narrow(gateway: &TestGateway) -> Socket {
    let tcp = TcpSocket::new_v4().expect("a socket");
    tcp.set_recv_buffer_size(4 * 1024).expect("a small buffer");
    let stream = tcp.connect(gateway.address).await.expect("it connects");
    let url = format!("ws://{}/graphql", gateway.address);
    let mut request = url.into_client_request().expect("the address is one");
    let protocol = "graphql-transport-ws".parse().expect("a header");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (socket, _) = client_async(request, MaybeTlsStream::Plain(stream)).await.expect("it opens");
    Socket(socket)
}

/// The memory that this process holds, in KiB; nothing where there is no /proc.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

#[test]
fn f24_a_slow_reader_is_given_up_and_holds_up_nobody() {
    run(async {
        let gateway = gateway(4).await;
        let id = gateway.patient(0).await;
        let token = gateway.token(Role::PrimaryCare);
        // As much as there is in one event, so that buffers fill soon.
        let lists =
            ["conditions", "medications", "observations", "encounters", "procedures", "documents"];
        let lists = lists.map(|list| format!(
            "{list}(first: 100) {{ completeness {{ state sources {{ source {{ name }} state message }} }} nodes {{ id provenance {{ records {{ source {{ name }} reference }} }} }} }}"
        ));
        let aliased: Vec<String> = (0..3)
            .flat_map(|n| {
                lists.iter().enumerate().map(move |(m, list)| format!("a{n}x{m}: {list}"))
            })
            .collect();
        let large = format!(
            "subscription($id: ID!) {{ patientView(id: $id) {{ complete patient {{ {} }} }} }}",
            aliased.join(" ")
        );
        let mut quick = Socket::of(&gateway, &token).await;
        quick.subscribe("1", CONDITIONS, json!({ "id": id })).await;
        quick.until(is_complete).await;
        let mut slow = narrow(&gateway).await;
        slow.init(&token).await;
        slow.subscribe("1", &large, json!({ "id": id })).await;
        let (mut delays, mut rounds) = (Vec::new(), 0);
        let patient = gateway.token_for(Role::Patient, &id);
        let watched = gateway.watched();
        let began = (resident_kib(), Instant::now());
        // The slow one watches more than the quick one does: when that is gone, so is the slow one.
        while rounds < 10 || gateway.watched() >= watched.max(20) {
            assert!(began.1.elapsed() < Duration::from_mins(2), "the slow one is still there");
            let input = json!({ "patient": id, "basis": "form 17", "decision": "DENY", "classes": ["CONDITIONS"], "roles": ["PRIMARY_CARE"] });
            let made = gateway.ask_with(&patient, DENY, json!({ "input": input })).await.data();
            let since = Instant::now();
            quick.until(|event| conditions(event)["nodes"] == json!([])).await;
            delays.push(since.elapsed());
            let consent = made["recordConsent"]["id"].clone();
            gateway.ask_with(&patient, REVOKE, json!({ "id": consent })).await.data();
            let since = Instant::now();
            quick.until(|event| conditions(event)["nodes"] != json!([])).await;
            delays.push(since.elapsed());
            rounds += 1;
        }
        delays.sort_unstable();
        let growth = resident_kib().saturating_sub(began.0);
        tell(
            "F24",
            "given up, memory bounded, the others not delayed",
            &format!(
                "given up after {:.0?}; in {rounds} changes the quick one had each within p50 {:.0?}, p99 {:.0?}; memory grew by {growth} KiB",
                began.1.elapsed(),
                delays[delays.len() / 2],
                delays[delays.len() * 99 / 100],
            ),
        );
        gateway.stop().await;
    });
}

#[test]
fn f36_whoever_leaves_in_the_middle_leaves_nothing_behind() {
    run(async {
        let gateway = gateway(4).await;
        let id = gateway.patient(0).await;
        let source = gateway.sandbox.system("lakeside").unwrap();
        source.set_fault(Fault::Hang);
        let token = gateway.token(Role::PrimaryCare);
        let mut sockets = Vec::new();
        for _ in 0..20 {
            let mut socket = Socket::of(&gateway, &token).await;
            socket.subscribe("1", CONDITIONS, json!({ "id": id })).await;
            socket.event().await;
            sockets.push(socket);
        }
        let watched = gateway.watched();
        assert!(watched > 0);
        drop(sockets);
        let since = Instant::now();
        until("nothing is watched any more", || async { gateway.watched() == 0 }).await;
        tell(
            "F36",
            "no task is left after 5 s",
            &format!("20 clients left, {watched} posts, none after {:.1?}", since.elapsed()),
        );
        source.set_fault(Fault::None);
        gateway.stop().await;
    });
}
