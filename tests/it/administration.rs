//! Links, for those who keep them right.

use std::collections::BTreeSet;
use std::sync::Arc;

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::gateway::{TestGateway, run, shared, until};
use crate::people;

const LINKS: &str = "query($after: String) { patientLinks(first: 20, after: $after) { nodes { link patient source { name } basis linkedAt } pageInfo { hasNextPage endCursor } } }";
const UNLINK: &str = "mutation($link: ID!, $reason: String!) { unlinkPatient(link: $link, reason: $reason) { patient remainingLinks } }";
const REMOVED: &str = "{ removedLinks { record source { name } by reason removedAt } }";
const OF_PATIENT: &str = "query($id: ID!) { patient(id: $id) { links { id source { name } reference } conditions(first: 100) { nodes { provenance { records { source { name } reference } } } } } }";

/// Every link that the administrator is shown: id and patient.
async fn links(gateway: &TestGateway) -> BTreeSet<(String, String)> {
    let (mut all, mut after) = (BTreeSet::new(), Value::Null);
    loop {
        let data = gateway.ask(Role::Admin, LINKS, json!({ "after": after })).await.data();
        let page = &data["patientLinks"];
        for link in items(&page["nodes"]) {
            assert!(
                all.insert((text(&link["link"]), text(&link["patient"]))),
                "{link} stands twice"
            );
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[test]
fn an_administrator_sees_every_link_and_nothing_else() {
    run(async {
        let gateway = shared().await;
        let mut expected = BTreeSet::new();
        let query = "query($id: ID!) { patient(id: $id) { id links { id } } }";
        for id in people::shown(gateway).await.into_keys() {
            let data = gateway.data(query, json!({ "id": id })).await;
            let of = |link: &Value| (text(&link["id"]), id.clone());
            let links = items(&data["patient"]["links"]);
            // One record alone is linked to nothing.
            expected.extend(links.iter().filter(|_| links.len() > 1).map(of));
        }
        assert_eq!(links(gateway).await, expected);
    });
}

#[test]
fn nobody_else_sees_or_removes_links() {
    run(async {
        let gateway = shared().await;
        let (link, _) = links(gateway).await.into_iter().next().unwrap();
        let variables = json!({ "link": link, "reason": "because", "after": null });
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
            for query in [LINKS, UNLINK, REMOVED] {
                let answer = gateway.ask(role, query, variables.clone()).await;
                assert_eq!(answer.codes(), ["FORBIDDEN"], "{role}: {}", answer.text);
                let data = answer.json()["data"].take();
                assert!(
                    data.as_object().is_none_or(|data| data.values().all(Value::is_null)),
                    "{role}: {data}"
                );
            }
        }
        let again = links(gateway).await;
        assert!(again.iter().any(|(known, _)| *known == link));
    });
}

#[test]
fn a_link_is_removed_for_good() {
    run(async {
        let gateway = TestGateway::builder().patients(6).start().await;
        let patient = gateway.patient(0).await;
        let before = gateway.data(OF_PATIENT, json!({ "id": patient })).await;
        let of_hospital = |link: &&Value| link["source"]["name"] == "St. Mary Hospital";
        let link =
            items(&before["patient"]["links"]).iter().find(of_hospital).unwrap()["id"].clone();
        for (link, reason, code) in [
            (link.clone(), " ", "BAD_USER_INPUT"),
            (json!(patient), "not a link", "NOT_FOUND"),
            (json!("nonsense"), "not an id", "NOT_FOUND"),
        ] {
            let answer =
                gateway.ask(Role::Admin, UNLINK, json!({ "link": link, "reason": reason })).await;
            assert_eq!(answer.codes(), [code], "{}", answer.text);
        }
        let wanted = json!({ "link": link, "reason": "another person of that name" });
        let removed = gateway.ask(Role::Admin, UNLINK, wanted.clone()).await.data();
        assert_eq!(removed["unlinkPatient"]["remainingLinks"], 4);
        is_apart(&gateway, &patient).await;
        let again = gateway.ask(Role::Admin, UNLINK, wanted).await;
        assert_eq!(
            again.codes().len() + usize::from(again.json()["data"]["unlinkPatient"].is_object()),
            1
        );
        let (sandbox, home) = (Arc::clone(&gateway.sandbox), Arc::clone(&gateway.home));
        let stmary = sandbox.system("stmary").unwrap();
        gateway.stop().await;
        let read = stmary.requests().of("Patient?");
        let gateway =
            TestGateway::builder().before(Arc::clone(&sandbox)).at_home(home).start().await;
        is_apart(&gateway, &patient).await;
        until("the roster is read again", || async { stmary.requests().of("Patient?") > read })
            .await;
        is_apart(&gateway, &patient).await;
        gateway.stop().await;
    });
}

/// The hospital's record stands on its own, and the removal is on record.
async fn is_apart(gateway: &TestGateway, patient: &str) {
    let data = gateway.data(OF_PATIENT, json!({ "id": patient })).await;
    let links = people::links(&gateway.sandbox, &data["patient"]);
    let systems: BTreeSet<&str> = links.iter().map(|(system, _)| system.as_str()).collect();
    assert_eq!(systems, BTreeSet::from(["cornerstone", "harbor", "lakeside", "northgate"]));
    assert!(!data["patient"]["conditions"].to_string().contains("St. Mary"), "{data}");
    let record = gateway.sandbox.truth(0).record("stmary").unwrap().id.clone();
    let number = gateway.record_number("stmary", &record).await;
    let query = "query($of: IdentifierInput!) { patient(identifier: $of) { id links { source { name } reference } } }";
    let apart = gateway.data(query, json!({ "of": number })).await;
    assert_ne!(apart["patient"]["id"], json!(patient));
    let alone = people::links(&gateway.sandbox, &apart["patient"]);
    assert_eq!(alone, BTreeSet::from([("stmary".to_owned(), format!("Patient/{record}"))]));
    let removed = gateway.ask(Role::Admin, REMOVED, Value::Null).await.data();
    let removed = items(&removed["removedLinks"]).to_vec();
    assert_eq!(removed.len(), 1, "{removed:?}");
    assert_eq!(removed[0]["source"]["name"], "St. Mary Hospital");
    assert_eq!(removed[0]["reason"], "another person of that name");
    assert_eq!(removed[0]["by"], "demo-admin");
}

#[test]
fn the_rest_keeps_its_id_whichever_record_is_taken_out() {
    run(async {
        let gateway = TestGateway::builder().patients(30).start().await;
        let of_five = |person: &u64| gateway.sandbox.truth(*person).records.len() == 5;
        let linked = people::shown(&gateway).await;
        let mut count = 0;
        for person in (0..30).filter(of_five) {
            let patient = gateway.patient(person).await;
            if linked[&patient].len() < 5 {
                continue;
            }
            // Another one stays every time.
            for _ in 0..4 {
                let data = gateway.data(OF_PATIENT, json!({ "id": patient })).await;
                let links = items(&data["patient"]["links"]).to_vec();
                let out = &links[count % links.len()];
                let wanted = json!({ "link": out["id"], "reason": "somebody else" });
                let removed = gateway.ask(Role::Admin, UNLINK, wanted).await.data();
                assert_eq!(removed["unlinkPatient"]["patient"], json!(patient));
                let now = gateway.data(OF_PATIENT, json!({ "id": patient })).await;
                let kept: Vec<&Value> =
                    links.iter().filter(|link| link["reference"] != out["reference"]).collect();
                let now: Vec<&Value> = items(&now["patient"]["links"]).iter().collect();
                assert_eq!(now, kept, "person {person} without {out}");
            }
            count += 1;
        }
        assert!(count >= 2, "{count} people are known everywhere");
        gateway.stop().await;
    });
}
