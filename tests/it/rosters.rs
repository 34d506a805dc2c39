//! Before all rosters are read, nobody can say that there is no such patient.

use std::sync::Arc;

use caregraph_sandbox::{Fault, Role};
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::gateway::{TestGateway, run, until};
use crate::home::Home;

const SYSTEMS: [&str; 5] = ["lakeside", "northgate", "stmary", "harbor", "cornerstone"];
const BY_IDENTIFIER: &str = "query($of: IdentifierInput!) { patient(identifier: $of) { id conditions { totalCount completeness { state sources { source { name } state message } } } } }";

fn nobody() -> Value {
    json!({ "of": { "system": "urn:example:record-number", "value": "0000" } })
}

/// How `/health/ready` says that a source stands.
async fn standing(gateway: &TestGateway, system: &str) -> String {
    let ready = gateway.get("/health/ready").await.json();
    let index = items(&ready["index"]).iter();
    index.filter(|entry| entry["source"] == system).map(|entry| text(&entry["state"])).collect()
}

#[test]
fn a_source_dead_from_the_start_is_told_and_hides_nobody() {
    run(async {
        let gateway = TestGateway::builder().patients(5).faults("harbor=dead").start().await;
        for system in SYSTEMS {
            let wanted = if system == "harbor" { "failed" } else { "ready" };
            until("it stands as it should", || async {
                standing(&gateway, system).await == wanted
            })
            .await;
        }
        let ready = gateway.get("/health/ready").await;
        assert_eq!((ready.status.as_u16(), &ready.json()["indexComplete"]), (200, &json!(false)));
        let answer = gateway.ask(Role::PrimaryCare, BY_IDENTIFIER, nobody()).await;
        assert_eq!(answer.codes(), ["SOURCE_UNAVAILABLE"], "{}", answer.text);
        assert!(answer.text.contains("Harbor Behavioral Health"), "{}", answer.text);
        let record = gateway.sandbox.truth(0).record("lakeside").unwrap().id.clone();
        let known = json!({ "of": gateway.record_number("lakeside", &record).await });
        let data = gateway.data(BY_IDENTIFIER, known).await;
        let conditions = &data["patient"]["conditions"];
        assert_eq!(conditions["completeness"]["state"], "PARTIAL");
        assert_eq!(conditions["totalCount"], Value::Null);
        let harbor = items(&conditions["completeness"]["sources"])
            .iter()
            .find(|status| status["source"]["name"] == "Harbor Behavioral Health")
            .unwrap();
        assert_eq!(harbor["state"], "ERROR");
        assert!(text(&harbor["message"]).ends_with('.'), "{harbor}");
        let list =
            gateway.data("{ patients { totalCount completeness { state } } }", Value::Null).await;
        assert_eq!(
            list["patients"],
            json!({ "totalCount": null, "completeness": { "state": "PARTIAL" } })
        );
        gateway.sandbox.system("harbor").unwrap().set_fault(Fault::None);
        until("its roster is read", || async { standing(&gateway, "harbor").await == "ready" })
            .await;
        let answer = gateway.ask(Role::PrimaryCare, BY_IDENTIFIER, nobody()).await;
        assert_eq!(answer.codes(), ["NOT_FOUND"], "{}", answer.text);
        assert_eq!(gateway.get("/health/ready").await.json()["indexComplete"], true);
        gateway.stop().await;
    });
}

#[test]
fn when_every_source_is_dead_the_gateway_still_starts_and_says_so() {
    run(async {
        let faults = SYSTEMS.map(|system| format!("{system}=dead")).join(",") + ",commons=dead";
        let gateway = TestGateway::builder().patients(3).faults(&faults).start().await;
        for system in SYSTEMS {
            until("it failed", || async { standing(&gateway, system).await == "failed" }).await;
        }
        assert_eq!(gateway.get("/health/live").await.status, 200);
        let answer = gateway.ask(Role::PrimaryCare, BY_IDENTIFIER, nobody()).await;
        assert_eq!(answer.codes(), ["SOURCE_UNAVAILABLE"], "{}", answer.text);
        let lists = "{ patients { nodes { id } totalCount completeness { state } } services { totalCount nodes { id } completeness { state } } }";
        let data = gateway.data(lists, Value::Null).await;
        let nothing =
            json!({ "nodes": [], "totalCount": null, "completeness": { "state": "UNAVAILABLE" } });
        assert_eq!(data["patients"], nothing);
        assert_eq!(data["services"], nothing);
        let query = "query($id: ID!) { node(id: $id) { id } }";
        let id = json!({ "id": "AQAAAAAAAECAgAAAAAAAAAA" });
        let answer = gateway.ask(Role::PrimaryCare, query, id).await;
        assert_eq!(answer.codes(), ["SOURCE_UNAVAILABLE"], "{}", answer.text);
        gateway.stop().await;
    });
}

const CONDITIONS: &str = "query($id: ID!) { patient(id: $id) { conditions(first: 1) { completeness { sources { source { name } state } } } } }";

const SECRET: &str = "lakeside rings by this word";

/// A gateway that reads Lakeside's roster when it is told that somebody on it has changed.
async fn rung() -> TestGateway {
    let home = Arc::new(Home::new());
    let file = home.path().join("lakeside.secret");
    std::fs::write(&file, SECRET).expect("a file can be written");
    let events = format!("[connector.events]\nsecret = \"file:{}\"\n", file.display());
    let builder = TestGateway::builder().patients(5).at_home(home);
    let with_events = builder.shape(|shape| {
        shape.of_system.insert("lakeside", events.leak());
    });
    with_events.start().await
}

#[test]
fn a_roster_is_not_read_while_its_source_is_left_alone_and_is_when_it_is_back() {
    run(async {
        let gateway = rung().await;
        let id = gateway.patient(0).await;
        let lakeside = gateway.source("lakeside");
        let figures = || &lakeside.guard.figures().readings;
        until("the roster was read", async || figures().answered.get() > 0).await;
        let ring = async || {
            let body = json!({ "resourceType": "Patient", "id": "somebody" }).to_string();
            let request = gateway.client.post(gateway.url("/hooks/lakeside")).body(body);
            let answer = request.bearer_auth(SECRET).send().await.expect("the gateway answers");
            assert_eq!(answer.status(), 200);
        };
        let system = gateway.sandbox.system("lakeside").unwrap();
        system.set_fault(Fault::Status(500));
        // Somebody asks all the time, so that it is left alone most of the time.
        let ask = async || gateway.data(CONDITIONS, json!({ "id": id })).await;
        ring().await;
        until("the reading is put off", async || {
            ask().await;
            figures().put_off.get() > 0
        })
        .await;
        assert_eq!(standing(&gateway, "lakeside").await, "failed");
        let read = figures().answered.get();
        system.set_fault(Fault::None);
        until("it is read again", async || figures().answered.get() > read).await;
        let state = async || {
            let answer = ask().await;
            let sources =
                items(&answer["patient"]["conditions"]["completeness"]["sources"]).to_vec();
            let own = sources.iter().find(|it| it["source"]["name"] == system.name()).cloned();
            text(&own.expect("Lakeside knows them")["state"])
        };
        until("charts are whole again", async || state().await == "OK").await;
        gateway.stop().await;
    });
}

#[test]
fn a_roster_that_hangs_or_is_rationed_leaves_charts_alone() {
    run(async {
        let gateway = rung().await;
        let id = gateway.patient(0).await;
        let lakeside = gateway.source("lakeside");
        let system = gateway.sandbox.system("lakeside").unwrap();
        let readings = &lakeside.guard.figures().readings;
        until("the roster was read", async || readings.answered.get() > 0).await;
        // What is asked of it while nobody else asks is its roster.
        system.set_fault(Fault::Status(429));
        let before = (readings.failed.get(), system.requests().of("Patient?"));
        let body = json!({ "resourceType": "Patient", "id": "somebody" }).to_string();
        let ring = gateway.client.post(gateway.url("/hooks/lakeside")).body(body);
        ring.bearer_auth(SECRET).send().await.expect("the gateway answers");
        until("the reading is refused", async || readings.failed.get() > before.0).await;
        assert!(system.requests().of("Patient?") > before.1);
        system.set_fault(Fault::None);
        // Whoever looks at a chart does not wait for what the reader was told.
        assert_eq!(lakeside.guard.standing().pause, std::time::Duration::ZERO);
        let data = gateway.data(CONDITIONS, json!({ "id": id })).await;
        let sources = items(&data["patient"]["conditions"]["completeness"]["sources"]).to_vec();
        assert!(
            sources.iter().any(|it| it["source"]["name"] == system.name() && it["state"] == "OK")
        );
        gateway.stop().await;
    });
}

#[test]
fn a_directory_that_asks_us_to_wait_is_read_when_it_has_had_its_time() {
    run(async {
        let builder = TestGateway::builder().patients(2).faults("commons=status:429");
        let gateway = builder.start().await;
        let commons = gateway.source("commons");
        let readings = &commons.guard.figures().readings;
        until("it is refused", async || readings.failed.get() > 0).await;
        let asked = gateway.sandbox.system("commons").unwrap().requests().total();
        assert_eq!(asked, readings.failed.get(), "once each time");
        gateway.sandbox.system("commons").unwrap().set_fault(Fault::None);
        until("it is read", async || readings.answered.get() > 0).await;
        assert_eq!(readings.put_off.get(), 0, "it was not even tried before");
        gateway.stop().await;
    });
}
