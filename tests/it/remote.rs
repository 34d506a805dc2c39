//! A partner that is a program of its own, within a whole gateway: its records with their origin, its events, its end and
//! its return.

use std::fmt::Write as _;

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::gateway::{TestGateway, run, until};
use crate::json_schema;
use crate::metrics::scrape;
use crate::registering::{act, admin, without_pharmacy};
use crate::servers::Partner;
use crate::servers::partner::TOKEN;
use crate::streams::client::Socket;
use crate::streams::is_complete;

/// Copies that outlive the test: what is new is shown because of an event, or not at all.
const LONG: &str = "sections = { MEDICATIONS = { fresh_s = 3600, stale_while_revalidate_s = 3600, stale_if_error_s = 3600 } }";

/// Copies that are shown for an hour, and asked for anew whenever they are, unless changes are told.
const RENEWED: &str = "sections = { MEDICATIONS = { fresh_s = 0, stale_while_revalidate_s = 3600, stale_if_error_s = 3600 } }";

const METRICS: &str = "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n";

const FIND: &str = "query($who: String) { patients(search: $who) { nodes { id } } }";

const CHART: &str = "query($id: ID!) { patient(id: $id) { medications(first: 100) { completeness { state sources {
    source { name } state message } } nodes { drug { text } provenance { records { source { name } reference } } } } } }";

const WATCH: &str =
    "subscription($id: ID!) { patientView(id: $id) { complete patient { medications(first: 100) {
    nodes { drug { text } } } } } }";

/// A partner as a block of the configuration, under a name of its own.
fn block(partner: &Partner, id: &str, name: &str) -> String {
    let manifest = partner
        .manifest()
        .replace("id = \"riverside\"", &format!("id = \"{id}\""))
        .replace("Riverside Pharmacy\"", &format!("{name}\""))
        .replace("\"given\"", &format!("\"file:{}\"", partner.secret().display()));
    format!("\n[[connector]]\n{manifest}")
}

async fn gateway(extra: String, cache: &'static str) -> TestGateway {
    let builder = TestGateway::builder().patients(2);
    builder.shape(|it| (it.extra, it.cache) = (extra + METRICS, cache)).start().await
}

/// Our id of a customer.
async fn find(gateway: &TestGateway, who: &str) -> String {
    let found = gateway.ask(Role::PrimaryCare, FIND, json!({ "who": who })).await.data();
    let all = items(&found["patients"]["nodes"]);
    assert_eq!(all.len(), 1, "{found}");
    text(&all[0]["id"])
}

/// The medicines of a patient: drugs, whence, and how a source stands.
async fn chart(gateway: &TestGateway, id: &str) -> Value {
    gateway.data(CHART, json!({ "id": id })).await["patient"]["medications"].clone()
}

fn state(chart: &Value, source: &str) -> String {
    let sources = items(&chart["completeness"]["sources"]);
    let it = sources.iter().find(|it| it["source"]["name"] == source).expect("it is listed");
    text(&it["state"])
}

/// At the partner's own counter.
async fn dispense(gateway: &TestGateway, partner: &Partner, drug: &str) {
    let url = format!("{}desk/dispense?patient=r-101&drug={drug}", partner.base());
    let answer = gateway.client.post(url).bearer_auth(TOKEN).send().await.expect("it answers");
    assert_eq!(answer.status(), 200);
}

async fn figure(gateway: &TestGateway, name: &str, more: &[(&str, &str)]) -> u64 {
    let labels: Vec<(&str, &str)> = [("source", "riverside")].iter().chain(more).copied().collect();
    scrape(gateway).await.value(name, &labels).to_string().parse().expect("a whole number")
}

/// The line of events is open, and what was known before it is forgotten.
async fn line_is_open(gateway: &TestGateway, times: u64) {
    until("the line of events is open", || async {
        figure(gateway, "caregraph_event_line_open", &[]).await == 1
            && figure(gateway, "caregraph_notifications_swept_total", &[]).await >= times
    })
    .await;
}

#[test]
fn what_a_partner_says_is_shown_with_its_origin_and_an_event_brings_what_is_new() {
    run(async {
        let partner = Partner::start();
        let gateway = gateway(block(&partner, "riverside", "Riverside Pharmacy"), LONG).await;
        line_is_open(&gateway, 1).await;
        let rosa = find(&gateway, "Rosa Sample").await;
        let first = chart(&gateway, &rosa).await;
        assert_eq!(items(&first["nodes"]).len(), 1, "{first}");
        let of = &first["nodes"][0];
        assert_eq!(of["drug"]["text"], "Metformin 500 mg tablet");
        let origin =
            json!({ "source": { "name": "Riverside Pharmacy" }, "reference": "fill/7001" });
        assert_eq!(of["provenance"]["records"], json!([origin]));
        assert_eq!(state(&chart(&gateway, &rosa).await, "Riverside Pharmacy"), "CACHED");

        let token = gateway.token(Role::PrimaryCare);
        let mut socket = Socket::of(&gateway, &token).await;
        socket.subscribe("1", WATCH, json!({ "id": rosa })).await;
        socket.until(is_complete).await;
        dispense(&gateway, &partner, "Lisinopril").await;
        socket.until(|event| event.to_string().contains("Lisinopril")).await;
        let next = chart(&gateway, &rosa).await;
        assert!(next.to_string().contains("Lisinopril"), "{next}");
        assert_eq!(figure(&gateway, "caregraph_notifications_forgotten_total", &[]).await, 1);
        let outcome = [("outcome", "taken")];
        assert_eq!(figure(&gateway, "caregraph_notifications_total", &outcome).await, 1);

        // The partner's own log says for what it was asked and how long it had, and about nobody.
        assert!(!partner.said("POST /fetch 200 - TREAT ").is_empty(), "{:?}", partner.said(""));
        assert!(partner.said("r-10").is_empty());
        assert_eq!(partner.said("GET /events").len(), 1);
        gateway.stop().await;
    });
}

#[test]
fn a_partner_whose_line_is_open_is_asked_again_only_when_it_tells_of_a_change() {
    run(async {
        let mut partner = Partner::start();
        let gateway = gateway(block(&partner, "riverside", "Riverside Pharmacy"), RENEWED).await;
        line_is_open(&gateway, 1).await;
        let rosa = find(&gateway, "Rosa Sample").await;
        let aging = async || {
            let labels = [("tier", "memory"), ("freshness", "aging")];
            figure(&gateway, "caregraph_cache_lookups_total", &labels).await
        };
        chart(&gateway, &rosa).await;
        let asked = partner.said("POST /fetch").len();
        for _ in 0..3 {
            let copy = chart(&gateway, &rosa).await;
            assert_eq!(state(&copy, "Riverside Pharmacy"), "CACHED");
        }
        assert_eq!((aging().await, partner.said("POST /fetch").len()), (0, asked));

        dispense(&gateway, &partner, "Lisinopril").await;
        until("what is new is shown", || async {
            chart(&gateway, &rosa).await.to_string().contains("Lisinopril")
        })
        .await;
        let asked = partner.said("POST /fetch").len();
        chart(&gateway, &rosa).await;
        assert_eq!((aging().await, partner.said("POST /fetch").len()), (0, asked));

        partner.kill();
        until("the line is known to be closed", || async {
            figure(&gateway, "caregraph_event_line_open", &[]).await == 0
        })
        .await;
        let copy = chart(&gateway, &rosa).await;
        assert!(copy.to_string().contains("Lisinopril"), "{copy}");
        assert_eq!(aging().await, 1, "it is asked for anew behind what is shown");
        gateway.stop().await;
    });
}

#[test]
fn what_the_reference_partner_sends_fits_the_schema() {
    run(async {
        let partner = Partner::start();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/remote.schema.json");
        let schema = std::fs::read_to_string(path).expect("the schema is there");
        let schema: Value = serde_json::from_str(&schema).expect("JSON");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client is made");
        let ask = async |name: &str, path: &str, body: Option<Value>| {
            let url = format!("{}{path}", partner.base());
            let request = match body {
                Some(body) => client.post(url).body(body.to_string()),
                None => client.get(url),
            };
            let request = request.bearer_auth(TOKEN).header("caregraph-protocol", "1");
            let answer = request.send().await.expect("it answers").text().await.expect("a text");
            let value: Value = serde_json::from_str(&answer).expect("JSON");
            let fits = json_schema::check(&schema, &schema["$defs"][name], &value);
            assert_eq!(fits, Ok(()), "{path}: {answer}");
            value
        };
        ask("Capabilities", "capabilities", None).await;
        ask("Health", "health", None).await;
        let page = ask("RosterPage", "roster", None).await;
        ask("RosterPage", &format!("roster?cursor={}", text(&page["next"])), None).await;
        let patients = json!([{ "id": "r-101" }, { "id": "r-102" }, { "id": "nobody" }]);
        for section in ["DEMOGRAPHICS", "ALLERGIES", "MEDICATIONS"] {
            let question = json!({ "section": section, "patients": patients });
            let answer = ask("FetchAnswer", "fetch", Some(question)).await;
            assert_eq!(answer["rows"][2]["status"], "not-found");
            let tag = &answer["rows"][0]["etag"];
            let again =
                json!({ "section": section, "patients": [{ "id": "r-101", "ifNoneMatch": tag }] });
            let answer = ask("FetchAnswer", "fetch", Some(again)).await;
            assert_eq!(answer["rows"], json!([{ "id": "r-101", "status": "unchanged" }]));
        }
        let strange = json!({ "section": "STARS", "patients": patients });
        let refused = ask("ProblemDetails", "fetch", Some(strange)).await;
        assert_eq!(refused["code"], "unknown-section");
        let anonymous = client.get(format!("{}roster", partner.base())).send().await;
        assert_eq!(anonymous.expect("it answers").status(), 401);
    });
}

#[test]
fn a_partner_that_dies_is_told_as_missing_beside_what_others_say_and_comes_back() {
    run(async {
        let (mut dies, stays) = (Partner::start(), Partner::start());
        let mut extra = block(&dies, "riverside", "Riverside Pharmacy");
        let _ = write!(extra, "{}", block(&stays, "hillside", "Hillside Pharmacy"));
        let gateway = gateway(extra, "enabled = false").await;
        let rosa = find(&gateway, "Rosa Sample").await;
        let whole = chart(&gateway, &rosa).await;
        assert_eq!(whole["completeness"]["state"], "COMPLETE", "{whole}");
        line_is_open(&gateway, 1).await;

        dies.kill();
        let part = chart(&gateway, &rosa).await;
        assert_eq!(part["completeness"]["state"], "PARTIAL", "{part}");
        assert_eq!(state(&part, "Riverside Pharmacy"), "ERROR");
        assert_eq!(state(&part, "Hillside Pharmacy"), "OK");
        let nodes = items(&part["nodes"]);
        assert_eq!(nodes.len(), 1, "the chart is not blank: {part}");
        assert!(!nodes[0]["provenance"].to_string().contains("Riverside"), "{part}");
        until("the line is known to be closed", || async {
            figure(&gateway, "caregraph_event_line_open", &[]).await == 0
        })
        .await;

        dies.start_again();
        until("it is asked again", || async {
            chart(&gateway, &rosa).await["completeness"]["state"] == "COMPLETE"
        })
        .await;
        // It has forgotten its events, so nobody knows what happened meanwhile.
        line_is_open(&gateway, 2).await;
        gateway.stop().await;
    });
}

#[test]
fn a_partner_registers_its_program_and_is_followed_for_as_long_as_it_is_in_use() {
    run(async {
        let partner = Partner::start();
        let builder = TestGateway::builder().patients(2).shape(|it| {
            without_pharmacy(it);
            it.extra += METRICS;
            it.cache = LONG;
        });
        let gateway = builder.start().await;
        let mutation = "mutation($input: ConnectorInput!) { registerConnector(input: $input) {
            connector { id state } mistakes { path message } setup { waiting { report { passed findings { check message } } } } } }";
        let manifest = partner.manifest().replace("organization = \"riverside-pharmacy\"\n", "");
        let input = json!({ "input": { "manifest": manifest, "credential": TOKEN } });
        let made = gateway.ask(Role::Partner, mutation, input).await.data();
        let made = &made["registerConnector"];
        assert_eq!(made["connector"]["state"], "AWAITING_APPROVAL", "{made}");
        let id = text(&made["connector"]["id"]);
        assert!(partner.said("GET /events").is_empty(), "nobody has approved it");

        let one = admin(&gateway, "admin-1");
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        let rosa = find(&gateway, "Rosa Sample").await;
        line_is_open(&gateway, 1).await;
        assert!(chart(&gateway, &rosa).await.to_string().contains("Metformin"));
        dispense(&gateway, &partner, "Lisinopril").await;
        until("what is new is shown", || async {
            chart(&gateway, &rosa).await.to_string().contains("Lisinopril")
        })
        .await;

        act(&gateway, &one, "suspendConnector", &id, ", reason: \"they move\"").await.data();
        let suspended = chart(&gateway, &rosa).await;
        assert_eq!(state(&suspended, "Riverside Pharmacy"), "CIRCUIT_OPEN");
        let lines = &scrape(&gateway).await.0["caregraph_event_line_open"].series;
        assert!(lines.is_empty(), "its line is closed: {lines:?}");
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        line_is_open(&gateway, 1).await;
        until("its log tells of both lines", || async { partner.said("GET /events").len() == 2 })
            .await;
        gateway.stop().await;
    });
}
