//! A list holds exactly those whom its viewer may see, whichever way they came to be related, but for those of whom
//! only a source states it.

use std::collections::BTreeSet;

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::emergencies::token;
use crate::gateway::{TestGateway, run};

const EACH: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
const SOME: &str = "query($after: String) { patients(first: 3, after: $after) {
    pageInfo { hasNextPage endCursor } nodes { id } } }";
const RECORD: &str =
    "mutation($input: RelationshipInput!) { recordRelationship(input: $input) { id } }";
const END: &str = "mutation($id: ID!) { endRelationship(id: $id) { id } }";
const DENY: &str = "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";

/// Whom the viewer's list holds, page by page.
async fn listed(gateway: &TestGateway, token: &str) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = gateway.ask_with(token, SOME, json!({ "after": after })).await;
        assert!(answer.codes().is_empty(), "{}", answer.text);
        let page = answer.data()["patients"].take();
        ids.extend(items(&page["nodes"]).iter().map(|node| text(&node["id"])));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            return ids;
        }
    }
}

async fn record(gateway: &TestGateway, id: &str, mut relation: Value) -> String {
    relation["patient"] = json!(id);
    relation["basis"] = json!("panel of the year");
    let token = gateway.token(Role::Admin);
    let data = gateway.ask_with(&token, RECORD, json!({ "input": relation })).await.data();
    text(&data["recordRelationship"]["id"])
}

#[test]
fn a_list_holds_exactly_whom_its_viewer_may_see() {
    run(async {
        let builder = TestGateway::builder().patients(20);
        let gateway = builder.shape(|shape| shape.relationship = "required").start().await;
        let mut everybody = Vec::new();
        for person in 0..20 {
            everybody.push(gateway.patient(person).await);
        }
        let team = |extra: Value| {
            let mut relation = json!({ "kind": "CARE_TEAM", "role": "COORDINATOR" });
            relation.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            relation
        };
        for id in &everybody[..4] {
            record(&gateway, id, team(json!({ "person": "nurse" }))).await;
        }
        record(&gateway, &everybody[4], team(json!({ "organization": "river" }))).await;
        let other = team(json!({ "person": "nurse", "organization": "hill" }));
        record(&gateway, &everybody[5], other).await;
        let over = team(json!({ "person": "nurse", "until": "2020-01-01T00:00:00Z" }));
        record(&gateway, &everybody[6], over).await;
        let ended = record(&gateway, &everybody[7], team(json!({ "person": "nurse" }))).await;
        gateway.ask_with(&gateway.token(Role::Admin), END, json!({ "id": ended })).await.data();
        let denial = json!({ "patient": everybody[3], "decision": "DENY", "roles": ["COORDINATOR"], "basis": "form 17" });
        let patient = gateway.token_for(Role::Patient, &everybody[3]);
        gateway.ask_with(&patient, DENY, json!({ "input": denial })).await.data();

        let mut sizes = Vec::new();
        for (role, organization) in [
            (Role::Coordinator, "river"),
            (Role::Coordinator, "hill"),
            (Role::Coordinator, "lakeside"),
            (Role::Coordinator, "nowhere"),
            (Role::PrimaryCare, "river"),
            (Role::CommunityWorker, "lakeside"),
        ] {
            let token = token(&gateway, role, "nurse", organization);
            let ids = listed(&gateway, &token).await;
            let distinct: BTreeSet<String> = ids.iter().cloned().collect();
            assert_eq!(ids.len(), distinct.len(), "{role} of {organization} sees somebody twice");
            let each = gateway.ask_with(&token, EACH, json!({ "ids": everybody })).await.data();
            let seen = items(&each["nodes"]).iter().filter(|node| !node.is_null());
            let visible: BTreeSet<String> = seen.map(|node| text(&node["id"])).collect();
            let of_these: BTreeSet<String> =
                distinct.into_iter().filter(|id| everybody.contains(id)).collect();
            assert_eq!(of_these, visible, "{role} of {organization}");
            sizes.push(visible.len());
        }
        // Three who are theirs, and one of the organisation or of both; at the practice all whom it has as well.
        assert_eq!((sizes[0], sizes[1], sizes[3], sizes[4], sizes[5]), (4, 4, 3, 0, 0));
        assert!(sizes[2] > 4, "{sizes:?}");
        gateway.stop().await;
    });
}
