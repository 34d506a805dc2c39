//! Records that change at a source while somebody watches: with notifications of the source, and without.

use std::sync::Arc;
use std::time::{Duration, Instant};

use caregraph_sandbox::{Change, Changed, Fault, Novelty, Role, Section};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::client::Socket;
use super::{conditions, is_complete, with_records};
use crate::answer::{items, text};
use crate::gateway::{TestGateway, run};
use crate::home::Home;
use crate::metrics::scrape;
use crate::proof;

/// How many watch the same.
const WATCHERS: u32 = 50;

const SECRET: &str = "lakeside tells by this word";

/// Whatever is shown sooner was told.
const AN_HOUR: &str = "sections = { CONDITIONS = { fresh_s = 3600, stale_while_revalidate_s = 3600, stale_if_error_s = 3600 } }";

/// Whatever changes is found out in a second.
const A_SECOND: &str = "sections = { CONDITIONS = { fresh_s = 1, stale_while_revalidate_s = 60 } }";

const CHANGED: &str = "subscription($id: ID!) { patientChanged(id: $id, sections: [CONDITIONS]) { sections sources { name } missed } }";

const BACKPORT: &str =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content";

/// A gateway that Lakeside may tell of changes, if it does.
async fn gateway(cache: &'static str) -> TestGateway {
    gateway_with(cache, "").await
}

async fn gateway_with(cache: &'static str, extra: &str) -> TestGateway {
    let home = Arc::new(Home::new());
    let file = home.path().join("lakeside.secret");
    std::fs::write(&file, SECRET).expect("a file can be written");
    let events = format!("[connector.events]\nsecret = \"file:{}\"\n", file.display());
    let builder = TestGateway::builder().patients(4).at_home(home).shape(|shape| {
        shape.cache = cache;
        shape.extra = format!("\n[streams]\nconnections_per_viewer = 100\n{extra}");
        shape.of_system.insert("lakeside", events.leak());
    });
    builder.start().await
}

/// Has Lakeside tell the gateway, in the way that an operator chose.
fn subscribe(gateway: &TestGateway, criteria: &str, payload: &Value) {
    let endpoint = format!("http://{}/hooks/lakeside", gateway.address);
    let mut resource = json!({ "resourceType": "Subscription", "status": "requested", "criteria": criteria,
        "channel": { "type": "rest-hook", "endpoint": endpoint, "header": [format!("Authorization: Bearer {SECRET}")] } });
    let channel = resource["channel"].as_object_mut().expect("it was written so");
    channel.extend(payload.as_object().cloned().unwrap_or_default());
    let lakeside = gateway.sandbox.system("lakeside").expect("it is there");
    lakeside.subscribe(&resource).expect("the subscription is kept");
}

fn change(gateway: &TestGateway, change: &Change) -> Changed {
    let lakeside = gateway.sandbox.system("lakeside").expect("it is there");
    lakeside.change(change).expect("it changes")
}

fn condition() -> Change {
    Change::Add { person: 0, what: Novelty::Condition, of: None }
}

/// True for an event in which that record of Lakeside is shown.
fn shows(event: &Value, reference: &str) -> bool {
    conditions(event)["nodes"].to_string().contains(&format!("\"{reference}\""))
}

#[test]
fn what_a_source_tells_is_shown_to_who_watches_although_copies_are_fresh() {
    run(async {
        let topic = "http://caregraph.example/SubscriptionTopic/records";
        let of_topic = |content: &str| json!({ "_payload": { "extension": [{ "url": BACKPORT, "valueCode": content }] } });
        for (criteria, payload) in [
            ("Condition?", json!({})),
            ("Condition?", json!({ "payload": "application/fhir+json" })),
            (topic, of_topic("id-only")),
            (topic, of_topic("full-resource")),
            (topic, of_topic("empty")),
        ] {
            let gateway = gateway(AN_HOUR).await;
            let id = gateway.patient(0).await;
            subscribe(&gateway, criteria, &payload);
            let token = gateway.token(Role::PrimaryCare);
            let mut socket = Socket::of(&gateway, &token).await;
            socket.subscribe("1", &with_records(), json!({ "id": id })).await;
            let before = socket.until(is_complete).await.pop().unwrap();
            let mut told = Socket::of(&gateway, &token).await;
            told.subscribe("1", CHANGED, json!({ "id": id })).await;
            assert_eq!(told.event().await["data"]["patientChanged"]["sections"], json!([]));
            let since = Instant::now();
            let added = change(&gateway, &condition());
            let shown = socket.until(|it| shows(it, &added.reference)).await.pop().unwrap();
            let delay = since.elapsed();
            assert_eq!(shown["data"]["patientView"]["changed"], json!(["CONDITIONS"]));
            let count = |event: &Value| items(&conditions(event)["nodes"]).len();
            assert_eq!(count(&shown), count(&before) + 1);
            let name = gateway.sandbox.system("lakeside").unwrap().name();
            let is_lakeside = json!([{ "name": name }]);
            let event = told.event().await["data"]["patientChanged"].take();
            assert_eq!(event["sections"], json!(["CONDITIONS"]));
            assert_eq!((&event["sources"], &event["missed"]), (&is_lakeside, &json!(false)));
            let (reference, status) = (added.reference.clone(), "resolved".to_owned());
            change(&gateway, &Change::Amend { reference, status });
            let resolved = |it: &Value| {
                let nodes = items(&conditions(it)["nodes"]).to_vec();
                let own = |it: &&Value| it.to_string().contains(&added.reference);
                nodes.iter().find(own).is_some_and(|it| text(&it["status"]) == "RESOLVED")
            };
            socket.until(resolved).await;
            change(&gateway, &Change::Remove { reference: added.reference.clone() });
            let is_gone = |it: &Value| is_complete(it) && !shows(it, &added.reference);
            let gone = socket.until(is_gone).await.pop().unwrap();
            assert_eq!(conditions(&gone)["nodes"], conditions(&before)["nodes"]);
            proof::remark(&format!("live: {criteria} {payload}: shown after {delay:.0?}"));
            gateway.stop().await;
        }
    });
}

#[test]
fn what_a_source_does_not_tell_is_shown_when_its_copy_has_aged() {
    run(async {
        let gateway = gateway(A_SECOND).await;
        let id = gateway.patient(0).await;
        let token = gateway.token(Role::PrimaryCare);
        let mut socket = Socket::of(&gateway, &token).await;
        socket.subscribe("1", &with_records(), json!({ "id": id })).await;
        socket.until(is_complete).await;
        let mut told = Socket::of(&gateway, &token).await;
        told.subscribe("1", CHANGED, json!({ "id": id })).await;
        told.event().await;
        let added = change(&gateway, &condition());
        socket.until(|it| shows(it, &added.reference)).await;
        assert_eq!(told.event().await["data"]["patientChanged"]["sections"], json!(["CONDITIONS"]));
        // The truth by which gateways are measured has changed with it.
        let truth = gateway.sandbox.truth(0);
        let facts = truth.facts(Section::Conditions).iter().flat_map(|it| &it.contributions);
        let of_lakeside = facts.filter(|it| it.system == "lakeside");
        assert_eq!(of_lakeside.filter(|it| it.reference == added.reference).count(), 1);
        gateway.stop().await;
    });
}

#[test]
fn many_who_watch_the_same_have_it_merged_once() {
    run(async {
        let gateway = gateway_with(AN_HOUR, "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n").await;
        let id = gateway.patient(0).await;
        subscribe(&gateway, "Condition?", &json!({ "payload": "application/fhir+json" }));
        let token = gateway.token(Role::PrimaryCare);
        let query = with_records();
        let open = async || {
            let mut socket = Socket::of(&gateway, &token).await;
            socket.subscribe("1", &query, json!({ "id": id })).await;
            socket.until(is_complete).await;
            socket
        };
        let mut sockets = join_all((0..WATCHERS).map(async |_| open().await)).await;
        let charts = async |outcome| {
            let figures = scrape(&gateway).await;
            figures.value("caregraph_charts_total", &[("outcome", outcome)])
        };
        let before = (charts("merged").await, charts("kept").await);
        let added = change(&gateway, &condition());
        let is_told = |it: &Value| is_complete(it) && shows(it, &added.reference);
        join_all(sockets.iter_mut().map(|socket| socket.until(is_told))).await;
        let merged = charts("merged").await - before.0;
        let kept = charts("kept").await - before.1;
        proof::remark(&format!(
            "live: {WATCHERS} watchers: merged {merged} times, kept {kept} times"
        ));
        // Once, and once more if it was looked at while the answer became the copy that it is from then on.
        assert!((1.0..=2.0).contains(&merged), "merged {merged} times");
        assert!(merged + kept >= f64::from(WATCHERS), "each was shown something");
        gateway.stop().await;
    });
}

#[test]
fn a_gateway_that_was_away_is_told_when_it_is_back() {
    run(async {
        let first = gateway(AN_HOUR).await;
        let (sandbox, id) = (first.sandbox.clone(), first.patient(0).await);
        let address = first.address;
        subscribe(&first, "Condition?", &json!({}));
        first.stop().await;
        let lakeside = sandbox.system("lakeside").unwrap();
        lakeside.change(&condition()).expect("it changes");
        // Another one comes up at the same place, and hears of what was changed before.
        let home = Arc::new(Home::new());
        let file = home.path().join("lakeside.secret");
        std::fs::write(&file, SECRET).expect("a file can be written");
        let events = format!("[connector.events]\nsecret = \"file:{}\"\n", file.display());
        let back = TestGateway::builder().at_home(home).before(sandbox.clone()).shape(|shape| {
            shape.cache = AN_HOUR;
            shape.listen = address.to_string();
            shape.of_system.insert("lakeside", events.leak());
            shape.extra = "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n".to_owned();
        });
        let back = back.start().await;
        let taken = async || {
            let lakeside = [("source", "lakeside")];
            let figures = scrape(&back).await;
            figures.value("caregraph_notifications_total", &lakeside) > 0.5
        };
        crate::gateway::until("it is told", taken).await;
        assert!(!id.is_empty());
        back.stop().await;
    });
}

#[test]
fn a_change_that_is_told_and_hidden_moves_nothing() {
    run(async {
        let home = Arc::new(Home::new());
        let file = home.path().join("harbor.secret");
        std::fs::write(&file, SECRET).expect("a file can be written");
        let events = format!("[connector.events]\nsecret = \"file:{}\"\n", file.display());
        let gateway = TestGateway::builder().patients(4).at_home(home).shape(|shape| {
            shape.cache = AN_HOUR;
            shape.labels = "enforced";
            shape.of_system.insert("harbor", events.leak());
        });
        let gateway = gateway.start().await;
        let id = gateway.patient(0).await;
        let harbor = gateway.sandbox.system("harbor").unwrap();
        let mut resource = json!({ "resourceType": "Subscription", "criteria": "Condition?" });
        resource["channel"] = json!({ "type": "rest-hook", "payload": "application/fhir+json",
            "endpoint": format!("http://{}/hooks/harbor", gateway.address),
            "header": [format!("Authorization: Bearer {SECRET}")] });
        harbor.subscribe(&resource).expect("the subscription is kept");
        let open = async |role: Role, query: &str| {
            let mut socket = Socket::of(&gateway, &gateway.token(role)).await;
            socket.subscribe("1", query, json!({ "id": id })).await;
            socket
        };
        let query = with_records();
        let mut eyes = open(Role::Coordinator, &query).await;
        let before = eyes.until(is_complete).await.pop().unwrap();
        assert!(before.to_string().contains("Harbor"), "the source itself is open to them");
        let mut told = open(Role::Coordinator, CHANGED).await;
        told.event().await;
        let mut insider = open(Role::PrimaryCare, &query).await;
        insider.until(is_complete).await;
        // Nobody is told either that it is asked, however long that takes.
        harbor.set_fault(Fault::Delay(Duration::from_millis(300)));
        let added = harbor.change(&condition()).expect("it changes");
        insider.until(|it| is_complete(it) && shows(it, &added.reference)).await;
        assert!(eyes.is_silent(Duration::from_millis(600)).await, "nothing moved for them");
        assert!(told.is_silent(Duration::from_millis(100)).await, "nor is it told of");
        gateway.stop().await;
    });
}
