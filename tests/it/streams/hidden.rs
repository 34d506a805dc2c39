//! What is hidden from a viewer moves nothing in their streams.

use std::time::Duration;

use caregraph_sandbox::{Fault, Role};
use serde_json::{Value, json};

use super::client::{Sent, Socket, Sse};
use super::{CONDITIONS, is_complete};
use crate::answer::{items, text};
use crate::gateway::{TestGateway, run};

const CHANGED: &str = "subscription($id: ID!) { patientChanged(id: $id, sections: [CONDITIONS]) { sections sources { name } missed cursor } }";

/// A gateway of which one source is closed to all who may not know of mental health; it is asked again every second.
async fn gateway() -> TestGateway {
    let builder = TestGateway::builder().patients(40).shape(|shape| {
        shape.labels = "enforced";
        shape.of_system.insert("harbor", "labels = [\"MENTAL_HEALTH\"]\n");
        shape.cache = "[cache.sections.CONDITIONS]\nfresh_s = 1\nstale_while_revalidate_s = 1\nstale_if_error_s = 1\nnegative_s = 0\n";
    });
    builder.start().await
}

/// Somebody whom the closed source knows, and another one too.
async fn somebody(gateway: &TestGateway) -> String {
    let population = gateway.sandbox.population();
    let is_known = |person: &u64| {
        let records = population.records(*person);
        records.iter().any(|it| it.system == "harbor")
            && records.iter().any(|it| it.system == "lakeside")
    };
    let person = (0..population.size()).find(is_known).expect("somebody is known to both");
    gateway.patient(person).await
}

/// The events of a stream up to the first that is whole, without their order of arrival: the last one.
async fn last(gateway: &TestGateway, token: &str, id: &str) -> Sent {
    let body = json!({ "query": CONDITIONS, "variables": { "id": id } });
    let mut stream = Sse::open(gateway, token, &body, None).await;
    loop {
        let event = stream.next().await.expect("an event");
        if is_complete(&event.data) {
            // When to come back is decided by chance.
            return Sent { retry: None, ..event };
        }
    }
}

#[test]
fn a_change_that_is_hidden_leaves_streams_as_they_are_byte_for_byte() {
    run(async {
        let gateway = gateway().await;
        let id = somebody(&gateway).await;
        let inside = gateway.token(Role::PrimaryCare);
        let eyes = gateway.token(Role::Coordinator);
        let before = last(&gateway, &eyes, &id).await;
        assert!(!before.data.to_string().contains("Harbor"), "the source is closed to them");
        let mut watcher = Socket::of(&gateway, &eyes).await;
        watcher.subscribe("1", CONDITIONS, json!({ "id": id })).await;
        watcher.until(is_complete).await;
        let mut teller = Socket::of(&gateway, &eyes).await;
        teller.subscribe("1", CHANGED, json!({ "id": id })).await;
        teller.event().await;
        let mut insider = Socket::of(&gateway, &inside).await;
        insider.subscribe("1", CONDITIONS, json!({ "id": id })).await;
        let whole = insider.until(is_complete).await.pop().unwrap();
        assert!(whole.to_string().contains("Harbor"), "the insider knows of it: {whole}");
        gateway.sandbox.system("harbor").unwrap().set_fault(Fault::Status(500));
        let is_told = |event: &Value| {
            let list = &event["data"]["patientView"]["patient"]["conditions"]["completeness"];
            items(&list["sources"]).iter().any(|it| {
                text(&it["source"]["name"]).starts_with("Harbor") && it["state"] == "ERROR"
            })
        };
        insider.until(is_told).await;
        assert!(watcher.is_silent(Duration::from_millis(1_500)).await, "nothing moved for them");
        assert!(teller.is_silent(Duration::from_millis(100)).await, "nor is it told of");
        assert_eq!(last(&gateway, &eyes, &id).await, before);
        gateway.stop().await;
    });
}
