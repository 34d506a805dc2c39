//! Case 13: ids of things of patients whom somebody may not see.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::text;
use crate::gateway::{TestGateway, run};
use crate::relations::{gateway, record, sees, token};

/// An id with other bytes in these places.
fn altered(id: &str, places: std::ops::Range<usize>, with: &[u8]) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(id).expect("an id is base64");
    bytes[places].copy_from_slice(with);
    URL_SAFE_NO_PAD.encode(bytes)
}

async fn node(gateway: &TestGateway, token: &str, id: &str) -> String {
    let query = "query($id: ID!) { node(id: $id) { id ... on Observation { code { text } } } }";
    gateway.ask_with(token, query, json!({ "id": id })).await.text
}

#[test]
fn case_13_an_observation_of_somebody_elses_patient_is_no_node() {
    run(async {
        let gateway = gateway().await;
        let (theirs, own) = (gateway.patient(0).await, gateway.patient(11).await);
        let keeper = token(gateway, Role::PrimaryCare, "dr-holt", "lakeside");
        let query =
            "query($id: ID!) { patient(id: $id) { observations(first: 1) { nodes { id } } } }";
        let data = gateway.ask_with(&keeper, query, json!({ "id": theirs })).await.data();
        let observation = text(&data["patient"]["observations"]["nodes"][0]["id"]);
        assert!(node(gateway, &keeper, &observation).await.contains(&observation));

        // Somebody with one patient of their own, who is not this one.
        let doctor = token(gateway, Role::PrimaryCare, "dr-elsewhere", "elsewhere");
        let input =
            json!({ "kind": "CARE_TEAM", "role": "PRIMARY_CARE", "person": "dr-elsewhere" });
        let admin = gateway.token(Role::Admin);
        record(gateway, &admin, &own, input).await.data();
        assert!(sees(gateway, &doctor, &own).await && !sees(gateway, &doctor, &theirs).await);

        let random = altered(&observation, 1..33, &[0x5a; 32]);
        let nothing = node(gateway, &doctor, &random).await;
        let answer: Value = serde_json::from_str(&nothing).expect("this is JSON");
        assert_eq!(answer["data"], json!({ "node": null }));
        assert_eq!(node(gateway, &doctor, &observation).await, nothing);
        // The same observation, asked for as if it were their own patient's: they may see that patient, so the answer
        // tells of the decision, and it is the one to an observation that nobody has.
        let person = URL_SAFE_NO_PAD.decode(&own).expect("an id is base64");
        let as_own = altered(&observation, 1..17, &person[1..]);
        let nobodys = altered(&as_own, 17..33, &[0x5a; 16]);
        let of_own = node(gateway, &doctor, &nobodys).await;
        let answer: Value = serde_json::from_str(&of_own).expect("this is JSON");
        assert_eq!(answer["data"], json!({ "node": null }));
        assert_eq!(node(gateway, &doctor, &as_own).await, of_own);
    });
}
