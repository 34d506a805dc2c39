//! Before all rosters are read, nobody can say that there is no such patient.

use caregraph_sandbox::{Fault, Role};
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::gateway::{TestGateway, run, until};

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
