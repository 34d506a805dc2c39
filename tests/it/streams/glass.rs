//! A broken glass that ends while somebody looks through it: streams show nothing by it any more.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use caregraph::ledger::{Fact, Kind, Ledger};
use caregraph::store::{Store, load_or_create_key};
use caregraph_sandbox::Role;
use serde_json::{Value, json};

use super::client::{Sent, Socket, Sse};
use super::{CONDITIONS, is_complete};
use crate::answer::text;
use crate::emergencies::token;
use crate::gateway::{TestGateway, run};
use crate::proof;

const BREAK: &str = "mutation($input: BreakGlassInput!) { breakGlass(input: $input) { id } }";
const CHANGED: &str = "subscription($id: ID!) { patientChanged(id: $id, sections: [CONDITIONS]) { sections sources { name } cursor } }";

/// How much longer a glass of a test stays broken.
const MOMENT_MS: i64 = 1_500;

/// A gateway of which one source holds what a glass opens, and what it wrote down.
struct Ward {
    gateway: TestGateway,
    ledger: Ledger,
    id: String,
}

impl Ward {
    async fn start() -> Self {
        let builder = TestGateway::builder().patients(40).shape(|shape| {
            shape.labels = "enforced";
            shape.relationship = "required";
            shape.of_system.insert("harbor", "labels = [\"MENTAL_HEALTH\"]\n");
        });
        let gateway = builder.start().await;
        let population = gateway.sandbox.population();
        let is_known = |person: &u64| {
            let records = population.records(*person);
            ["harbor", "lakeside"].iter().all(|own| records.iter().any(|it| it.system == *own))
        };
        let person = (0..population.size()).find(is_known).expect("somebody is known to both");
        let id = gateway.patient(person).await;
        // As another node would: by the same store.
        let file = gateway.home.path().join("caregraph.db");
        let store = Store::open(&format!("sqlite://{}", file.display())).await.expect("it opens");
        let key = load_or_create_key(&file.with_extension("key")).expect("there is a key");
        let ledger = Ledger::new(Arc::new(store), &key).expect("it opens");
        Self { gateway, ledger, id }
    }

    async fn break_glass(&self, token: &str) {
        let text = "found unconscious at the bus station";
        let input = json!({ "patient": self.id, "reason": "UNABLE_TO_CONSENT", "text": text });
        self.gateway.ask_with(token, BREAK, json!({ "input": input })).await.data();
    }

    /// Has the only glass end in a moment; says when.
    async fn ends_soon(&self) -> i64 {
        let mut glasses = self.ledger.of_kind(Kind::BreakGlass).await.expect("it is readable");
        assert_eq!(glasses.len(), 1);
        let mut entry = glasses.remove(0);
        let Fact::BreakGlass(glass) = &mut entry.fact else { panic!("{entry:?}") };
        glass.until_ms = now_ms() + MOMENT_MS;
        let until = glass.until_ms;
        self.ledger.replace(&entry).await.expect("it can be written");
        until
    }

    /// Ends the only glass before its time.
    async fn ends_now(&self) {
        let glasses = self.ledger.of_kind(Kind::BreakGlass).await.expect("it is readable");
        assert_eq!(glasses.len(), 1);
        self.ledger.revoke(glasses[0].id, "somebody").await.expect("it can be written");
    }

    async fn watch(&self, token: &str, query: &str) -> Socket {
        let mut socket = Socket::of(&self.gateway, token).await;
        socket.subscribe("1", query, json!({ "id": self.id })).await;
        socket
    }

    /// What somebody of whom nobody has heard is told of.
    async fn unknown(&self, token: &str) -> Value {
        let stranger = "query { patient(id: \"AQAAAAAAAAAAAAAAAAAAAAA\") { id } }";
        self.gateway.ask_with(token, stranger, Value::Null).await.json()
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_millis()).expect("it is not yet so late")
}

fn tell(what: &str, until: i64) {
    assert!(now_ms() >= until, "not before its time");
    proof::remark(&format!("streams: {what} {} ms after the glass ended", now_ms() - until));
}

fn purpose(event: &Value) -> &Value {
    &event["extensions"]["access"]["purpose"]
}

/// Passes over what is shown through the glass; tells the first event that is not.
async fn first_without(socket: &mut Socket) -> Value {
    loop {
        let event = socket.event().await;
        if *purpose(&event) != "BTG" {
            return event;
        }
    }
}

async fn first_sent_without(stream: &mut Sse) -> Sent {
    loop {
        let sent = stream.next().await.expect("an event");
        if *purpose(&sent.data) != "BTG" {
            return sent;
        }
    }
}

#[test]
fn whoever_has_no_relation_loses_the_patient_when_the_glass_ends_and_is_told_what_a_stranger_is() {
    run(async {
        let ward = Ward::start().await;
        let doctor = token(&ward.gateway, Role::Specialist, "dr-nassar", "elsewhere");
        ward.break_glass(&doctor).await;
        let mut view = ward.watch(&doctor, CONDITIONS).await;
        let events = view.until(is_complete).await;
        assert!(events.iter().all(|event| *purpose(event) == "BTG"), "{events:?}");
        let mut changes = ward.watch(&doctor, CHANGED).await;
        assert_eq!(*purpose(&changes.event().await), "BTG");
        let body = json!({ "query": CONDITIONS, "variables": { "id": ward.id } });
        let mut sent = Sse::open(&ward.gateway, &doctor, &body, None).await;
        assert_eq!(*purpose(&sent.next().await.unwrap().data), "BTG");
        let until = ward.ends_soon().await;
        let watching = async {
            let view = first_without(&mut view).await;
            tell("a view without relation ended", until);
            view
        };
        let hearing = async {
            let change = first_without(&mut changes).await;
            tell("changes without relation ended", until);
            change
        };
        let reading = async {
            let event = first_sent_without(&mut sent).await;
            tell("a stream of server-sent events without relation ended", until);
            event.data
        };
        let last = tokio::join!(watching, hearing, reading);
        let unknown = ward.unknown(&doctor).await;
        for last in [&last.0, &last.1, &last.2] {
            assert_eq!(last["data"], Value::Null);
            assert_eq!(last["errors"][0]["message"], unknown["errors"][0]["message"]);
            assert_eq!(last["errors"][0]["extensions"], unknown["errors"][0]["extensions"]);
            assert_eq!(last["errors"][0]["extensions"]["code"], "NOT_FOUND");
        }
        for socket in [&mut view, &mut changes] {
            let message = socket.next().await.expect("the socket is open");
            assert_eq!(message, json!({ "id": "1", "type": "complete" }));
        }
        assert_eq!(sent.next().await.expect("an end").event, "complete");
        assert_eq!(sent.next().await, None, "and nothing after it");
        ward.gateway.stop().await;
    });
}

#[test]
fn whoever_has_a_relation_sees_what_was_seen_before_the_glass_was_broken() {
    run(async {
        let ward = Ward::start().await;
        let doctor = token(&ward.gateway, Role::Specialist, "dr-later", "lakeside");
        let mut view = ward.watch(&doctor, CONDITIONS).await;
        let mut before = view.until(is_complete).await.pop().expect("an event");
        assert!(!before.to_string().contains("Harbor"), "it is hidden: {before}");
        ward.break_glass(&doctor).await;
        let through = |event: &Value| is_complete(event) && event.to_string().contains("Harbor");
        let seen = view.until(through).await.pop().expect("an event");
        assert_eq!(*purpose(&seen), "BTG");
        let until = ward.ends_soon().await;
        let mut after = first_without(&mut view).await;
        tell("a view with a relation lost what the glass had opened", until);
        assert_eq!(text(&after["data"]["patientView"]["cursor"]).len(), 22);
        // Which sections changed since the last event is all in which both differ.
        let changed = after["data"]["patientView"]["changed"].take();
        assert_eq!(changed, json!(["CONDITIONS"]));
        before["data"]["patientView"]["changed"].take();
        assert_eq!(after, before);
        ward.gateway.stop().await;
    });
}

#[test]
fn a_glass_that_is_ended_before_its_time_closes_streams_as_well() {
    run(async {
        let ward = Ward::start().await;
        let doctor = token(&ward.gateway, Role::PrimaryCare, "dr-short", "elsewhere");
        ward.break_glass(&doctor).await;
        let mut view = ward.watch(&doctor, CONDITIONS).await;
        view.until(is_complete).await;
        let since = now_ms();
        ward.ends_now().await;
        let last = first_without(&mut view).await;
        tell("a view ended by another node", since);
        assert_eq!(last["errors"][0]["extensions"]["code"], "NOT_FOUND");
        assert_eq!(last["data"], Value::Null);
        let message = view.next().await.expect("the socket is open");
        assert_eq!(message, json!({ "id": "1", "type": "complete" }));
        ward.gateway.stop().await;
    });
}
