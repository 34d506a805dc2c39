//! Stopping without breaking off what runs.

use std::time::{Duration, Instant};

use caregraph_sandbox::{Fault, Options, Role, Sandbox, TokenSpec};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::answer::{Answer, items, text};
use crate::audit_log::caregraph;
use crate::config::Shape;
use crate::gateway::{TestGateway, run, until};
use crate::home::Home;
use crate::proof;
use crate::served::Served;

/// Within how long the process is promised to be gone.
const PROMISED: Duration = Duration::from_secs(12);

/// A source that keeps what it was asked for to itself, and its name.
const HANGING: &str = "lakeside";
const NAME: &str = "Lakeside Family Practice";

/// Another one that is asked the same.
const OTHER: &str = "St. Mary Hospital";

const CONDITIONS: &str = "query($id: ID!) { patient(id: $id) { conditions { nodes { id } completeness { sources { source { name } state } } } } }";

/// The same of what is asked for before it hangs, so that no copy is there of what is asked for afterwards.
const ALLERGIES: &str = "query($id: ID!) { patient(id: $id) { allergies { completeness { sources { source { name } state } } } } }";

const WATCH: &str = "subscription($id: ID!) { patientView(id: $id) { complete patient { conditions { completeness { sources { source { name } state } } } } } }";

#[test]
fn a_request_in_flight_is_finished_and_no_new_one_is_taken() {
    run(async {
        let gateway = TestGateway::builder().patients(2).start().await;
        let patient = gateway.patient(0).await;
        let source = gateway.sandbox.system("lakeside").unwrap();
        let asked = source.requests().of("Condition?");
        source.set_fault(Fault::Hang);
        let query = "query($id: ID!) { patient(id: $id) { conditions { totalCount completeness { state } } } }";
        let slow = gateway.ask(Role::PrimaryCare, query, json!({ "id": patient }));
        let drains = async {
            until("the source is asked", || async { source.requests().of("Condition?") > asked })
                .await;
            gateway.drain.start();
            let refused = || async { TcpStream::connect(gateway.address).await.is_err() };
            until("no connection is taken any more", refused).await;
            source.set_fault(Fault::None);
        };
        let (answer, ()) = tokio::join!(slow, drains);
        assert_eq!(answer.data()["patient"]["conditions"]["completeness"]["state"], "COMPLETE");
        tokio::time::timeout(Duration::from_secs(30), gateway.stop()).await.expect("it ends");
    });
}

#[test]
fn a_stopped_gateway_leaves_nothing_listening() {
    run(async {
        let gateway = TestGateway::builder().patients(1).start().await;
        assert_eq!(gateway.get("/health/ready").await.json()["status"], "ready");
        let address = gateway.address;
        gateway.stop().await;
        assert!(TcpStream::connect(address).await.is_err());
    });
}

/// A gateway in a process of its own, before systems of which one hangs at the question of a patient.
struct Hung {
    sandbox: Sandbox,
    process: Served,
    home: Home,
    token: String,
    patient: String,
}

impl Hung {
    async fn start(shape: &Shape) -> Self {
        let options = Options { patients: 30, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let home = Home::new();
        let process = Served::start(&sandbox, &home, shape, "").await;
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let mut hung = Self { patient: String::new(), sandbox, process, home, token };
        for patient in hung.process.people(&hung.token).await {
            let data = hung.ask(ALLERGIES, &patient, "application/json").await.data();
            let states = states(&data["patient"]["allergies"]);
            let answered = |name: &str| states.iter().any(|it| it.0 == name && it.1 == "OK");
            if answered(NAME) && answered(OTHER) {
                hung.patient = patient;
                break;
            }
        }
        assert!(!hung.patient.is_empty(), "somebody is known to both");
        hung.sandbox.system(HANGING).expect("it exists").set_fault(Fault::Hang);
        hung
    }

    async fn ask(&self, query: &str, patient: &str, accept: &str) -> Answer {
        let body = json!({ "query": query, "variables": { "id": patient } }).to_string();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let request = client.post(format!("http://{}/graphql", self.process.address));
        let request = request.bearer_auth(&self.token).header("content-type", "application/json");
        let response = request.header("accept", accept).body(body).send();
        Answer::of(response.await.expect("the gateway answers")).await
    }

    /// Waits until the source is asked, has the issuer hang as well, and says that it is to stop.
    async fn stops(&self, asked: u64) {
        let source = self.sandbox.system(HANGING).expect("it exists");
        until("the source is asked", || async { source.requests().of("Condition?") > asked }).await;
        self.sandbox.issuer().set_fault(Fault::Hang);
        self.process.terminate();
    }

    fn asked(&self) -> u64 {
        self.sandbox.system(HANGING).expect("it exists").requests().of("Condition?")
    }

    /// Waits until the process is gone, which is to have ended well and with a whole audit log.
    async fn ends(self, what: &str) {
        let Self { mut process, home, .. } = self;
        let ended = tokio::task::spawn_blocking(move || process.ends(PROMISED)).await;
        let (status, _) = ended.expect("nobody panics there").expect("it is gone as promised");
        assert!(status.success(), "{what}: {status}");
        let config = home.path().join("caregraph.toml").display().to_string();
        let whole = caregraph(&["audit", "verify", "--config", &config]);
        assert!(whole.status.success(), "{whole:?}");
    }
}

/// How each source stands in a list.
fn states(list: &Value) -> Vec<(String, String)> {
    let all = items(&list["completeness"]["sources"]).iter();
    all.map(|it| (text(&it["source"]["name"]), text(&it["state"]))).collect()
}

/// All that has answered stands there as such, and what hangs as missing.
fn only_one_is_missing(states: &[(String, String)]) {
    let of = |wanted: &str| {
        let all = states.iter().filter(|(_, state)| state == wanted);
        all.map(|(source, _)| source.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of("TIMEOUT"), [NAME], "{states:?}");
    assert!(of("OK").contains(&OTHER), "{states:?}");
}

/// What is set of time limits: sources are given up soon, or long after the process has to be gone.
fn limits() -> [Shape; 2] {
    [(4_000, 3_000), (60_000, 60_000)].map(|(deadline_ms, timeout_ms)| Shape {
        deadline_ms,
        timeout_ms,
        ..Shape::default()
    })
}

#[test]
fn a_source_that_hangs_at_the_stop_is_missing_in_the_answer_and_holds_up_nobody() {
    run(async {
        for shape in limits() {
            for cache in ["enabled = false", ""] {
                let what = format!("deadline {} ms, cache {cache:?}", shape.deadline_ms);
                let hung = Hung::start(&Shape { cache, ..shape.clone() }).await;
                let asked = hung.asked();
                let began = Instant::now();
                let asks = hung.ask(CONDITIONS, &hung.patient, "application/json");
                let (answer, ()) = tokio::join!(asks, hung.stops(asked));
                only_one_is_missing(&states(&answer.data()["patient"]["conditions"]));
                let answered = began.elapsed();
                hung.ends(&what).await;
                proof::remark(&format!(
                    "drain: a source hangs, {what}: answered after {answered:.1?}, gone after {:.1?}",
                    began.elapsed()
                ));
            }
        }
    });
}

#[test]
fn a_stream_that_waits_for_a_source_that_hangs_is_completed_at_the_stop() {
    run(async {
        for shape in limits() {
            let what = format!("deadline {} ms", shape.deadline_ms);
            let hung = Hung::start(&shape).await;
            let asked = hung.asked();
            let began = Instant::now();
            let watches = hung.ask(WATCH, &hung.patient, "text/event-stream");
            let (stream, ()) = tokio::join!(watches, hung.stops(asked));
            assert!(stream.text.starts_with("event: next\n"), "{}", stream.text);
            assert!(stream.text.contains(NAME), "{}", stream.text);
            assert!(stream.text.ends_with("event: complete\ndata: \n\n"), "{}", stream.text);
            hung.ends(&what).await;
            proof::remark(&format!(
                "drain: a stream waits for a source that hangs, {what}: gone after {:.1?}",
                began.elapsed()
            ));
        }
    });
}
