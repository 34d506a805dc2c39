//! What patients decide about their own data holds at once, and a denial overrides everything.

use caregraph_sandbox::{FactTruth, Role, Section, TokenSpec};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::gateway::{Builder, TestGateway, run};

pub(crate) const RECORD: &str = "mutation($input: ConsentInput!) { recordConsent(input: $input) {
    id decision labels sources { name } roles organizations people purposes from until basis recordedBy revokedAt } }";
pub(crate) const REVOKE: &str =
    "mutation($id: ID!) { revokeConsent(id: $id) { id revokedAt revokedBy } }";
const LIST: &str = "query($id: ID!) { consents(patient: $id) { id decision labels revokedAt } }";
pub(crate) const CONDITIONS: &str = "query($id: ID!) { patient(id: $id) { id conditions(first: 100) { totalCount nodes { code { text } provenance { records { reference } } } } } }";

fn gateway(patients: u64) -> Builder {
    TestGateway::builder().patients(patients).shape(|shape| shape.labels = "enforced")
}

/// Somebody with a condition of that sensitivity, and where it stands.
pub(crate) async fn somebody(gateway: &TestGateway, sensitivity: &str) -> (String, String) {
    for truth in gateway.sandbox.truths() {
        let sensitive = |fact: &&FactTruth| {
            fact.sensitivity.contains(&sensitivity)
                && fact
                    .contributions
                    .iter()
                    .any(|said| !said.entered_in_error && said.system != "harbor")
        };
        if let Some(fact) = truth.facts(Section::Conditions).iter().find(sensitive) {
            let said = fact.contributions.iter().find(|said| said.system != "harbor");
            let said = said.expect("such a contribution was looked for");
            let record = truth.record(said.system).expect("whoever states has a record");
            let identifier = gateway.record_number(said.system, &record.id).await;
            let query = "query($of: IdentifierInput!) { patient(identifier: $of) { id } }";
            let data = gateway.data(query, json!({ "of": identifier })).await;
            return (text(&data["patient"]["id"]), said.reference.clone());
        }
    }
    panic!("nobody has a condition of {sensitivity}")
}

async fn conditions(gateway: &TestGateway, role: Role, id: &str) -> Answer {
    gateway.ask(role, CONDITIONS, json!({ "id": id })).await
}

pub(crate) fn shows(answer: &Answer, reference: &str) -> bool {
    let nodes = answer.data()["patient"]["conditions"]["nodes"].take();
    items(&nodes)
        .iter()
        .flat_map(|node| items(&node["provenance"]["records"]).to_vec())
        .any(|record| record["reference"] == reference)
}

/// Records a directive in the name of the patient; tells its id.
pub(crate) async fn record(gateway: &TestGateway, id: &str, mut input: Value) -> String {
    input["patient"] = json!(id);
    input["basis"] = json!("form 17");
    let token = gateway.token_for(Role::Patient, id);
    let data = gateway.ask_with(&token, RECORD, json!({ "input": input })).await.data();
    text(&data["recordConsent"]["id"])
}

#[test]
fn a_permit_opens_and_its_revocation_closes_at_once() {
    run(async {
        let gateway = gateway(120).start().await;
        let (id, reference) = somebody(&gateway, "ETHUD").await;
        let before = conditions(&gateway, Role::Coordinator, &id).await;
        assert!(!shows(&before, &reference));
        let permit = json!({ "decision": "PERMIT", "labels": ["SUBSTANCE_USE", "PART_2"], "roles": ["COORDINATOR"] });
        let consent = record(&gateway, &id, permit).await;
        let open = conditions(&gateway, Role::Coordinator, &id).await;
        assert!(shows(&open, &reference));
        let access = open.json()["extensions"]["access"].take();
        assert!(
            access["obligations"][0].as_str().unwrap().starts_with("42 CFR part 2"),
            "{access}"
        );
        let other = conditions(&gateway, Role::PrimaryCare, &id).await;
        assert!(!shows(&other, &reference), "the permit is for coordinators");
        let token = gateway.token_for(Role::Patient, &id);
        let revoked = gateway.ask_with(&token, REVOKE, json!({ "id": consent })).await.data();
        assert!(revoked["revokeConsent"]["revokedAt"].is_string());
        let after = conditions(&gateway, Role::Coordinator, &id).await;
        assert_eq!(after.json()["data"], before.json()["data"]);
        assert_eq!(after.json()["extensions"], before.json()["extensions"]);
        gateway.stop().await;
    });
}

#[test]
fn a_denial_overrides_a_permit_and_a_total_one_leaves_no_patient() {
    run(async {
        let gateway = gateway(120).start().await;
        let (id, reference) = somebody(&gateway, "PSY").await;
        assert!(shows(&conditions(&gateway, Role::PrimaryCare, &id).await, &reference));
        record(&gateway, &id, json!({ "decision": "PERMIT", "labels": ["MENTAL_HEALTH"] })).await;
        record(
            &gateway,
            &id,
            json!({ "decision": "DENY", "labels": ["MENTAL_HEALTH"], "roles": ["PRIMARY_CARE"] }),
        )
        .await;
        assert!(!shows(&conditions(&gateway, Role::PrimaryCare, &id).await, &reference));
        assert!(shows(&conditions(&gateway, Role::Coordinator, &id).await, &reference));
        record(&gateway, &id, json!({ "decision": "DENY", "roles": ["COORDINATOR"] })).await;
        let gone = conditions(&gateway, Role::Coordinator, &id).await;
        let stranger = "AQAAAAAAAAAAAAAAAAAAAAA";
        let unknown = conditions(&gateway, Role::Coordinator, stranger).await;
        assert_eq!(gone.text, unknown.text);
        let everybody = "query { patients(first: 100) { nodes { id } } }";
        let listed = gateway.ask(Role::Coordinator, everybody, json!({})).await;
        assert!(!listed.text.contains(&id));
        let by_id = gateway
            .ask(Role::Coordinator, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": id }))
            .await;
        assert_eq!(by_id.data()["node"], Value::Null);
        let own = gateway
            .ask_with(&gateway.token_for(Role::Patient, &id), CONDITIONS, json!({ "id": id }))
            .await;
        assert!(shows(&own, &reference), "nobody is kept from their own record");
        gateway.stop().await;
    });
}

#[test]
fn directives_narrow_by_whom_and_when() {
    run(async {
        let gateway = gateway(120).start().await;
        let (id, reference) = somebody(&gateway, "ETHUD").await;
        let labels = ["SUBSTANCE_USE", "PART_2"];
        for (narrowed, expected) in [
            (json!({ "organizations": ["Nowhere"] }), false),
            (json!({ "people": ["nobody"] }), false),
            (json!({ "purposes": ["HRESCH"] }), false),
            (json!({ "until": "2020-01-01T00:00:00Z" }), false),
            (json!({ "from": "2100-01-01T00:00:00Z" }), false),
            (json!({ "from": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z" }), true),
        ] {
            let mut input = json!({ "decision": "PERMIT", "labels": labels });
            input.as_object_mut().unwrap().extend(narrowed.as_object().unwrap().clone());
            let consent = record(&gateway, &id, input).await;
            let answer = conditions(&gateway, Role::Coordinator, &id).await;
            assert_eq!(shows(&answer, &reference), expected, "{narrowed}");
            let token = gateway.token_for(Role::Patient, &id);
            gateway.ask_with(&token, REVOKE, json!({ "id": consent })).await.data();
        }
        gateway.stop().await;
    });
}

#[test]
fn a_denied_source_is_not_asked_and_not_named() {
    run(async {
        let gateway = gateway(20).start().await;
        let id = gateway.patient(0).await;
        let query = "query { sources { id name } }";
        let data = gateway.data(query, json!({})).await;
        let source = items(&data["sources"])
            .iter()
            .find(|it| it["name"].as_str().unwrap().starts_with("Lakeside"))
            .unwrap()
            .clone();
        record(&gateway, &id, json!({ "decision": "DENY", "sources": [source["id"]] })).await;
        let system = gateway.sandbox.system("lakeside").unwrap();
        let asked = system.requests().of("Condition?");
        let answer = gateway.ask(Role::PrimaryCare, "query($id: ID!) { patient(id: $id) { links { reference } sources { source { name } } conditions { completeness { state sources { source { name } } } } } }", json!({ "id": id })).await;
        assert!(!answer.text.contains(system.name()), "{}", answer.text);
        assert_eq!(system.requests().of("Condition?"), asked);
        let list = gateway.ask(Role::PrimaryCare, LIST, json!({ "id": id })).await.data();
        assert_eq!(
            list["consents"],
            json!([]),
            "whoever may not know the source may not know that it is closed"
        );
        gateway.stop().await;
    });
}

#[test]
fn directives_survive_a_restart_and_are_shown_to_those_who_may_know() {
    run(async {
        let gateway = gateway(120).start().await;
        let (id, reference) = somebody(&gateway, "ETHUD").await;
        let permit = json!({ "decision": "PERMIT", "labels": ["SUBSTANCE_USE", "PART_2"], "roles": ["PRIMARY_CARE"] });
        let consent = record(&gateway, &id, permit).await;
        let (sandbox, home) = (gateway.sandbox.clone(), gateway.home.clone());
        gateway.stop().await;
        let gateway = self::gateway(120).before(sandbox).at_home(home).start().await;
        assert!(shows(&conditions(&gateway, Role::PrimaryCare, &id).await, &reference));
        for (role, expected) in [(Role::PrimaryCare, 1), (Role::Coordinator, 0)] {
            let list = gateway.ask(role, LIST, json!({ "id": id })).await.data();
            assert_eq!(items(&list["consents"]).len(), expected, "{role:?}");
        }
        let refused = gateway.ask(Role::Pharmacist, LIST, json!({ "id": id })).await;
        assert_eq!(refused.codes(), ["FORBIDDEN"]);
        let hidden = gateway.ask(Role::Coordinator, REVOKE, json!({ "id": consent })).await;
        assert_eq!(hidden.codes(), ["NOT_FOUND"], "a coordinator may not know of it");
        gateway.stop().await;
    });
}

#[test]
fn a_denial_is_lifted_by_the_patient_or_whoever_recorded_it() {
    run(async {
        let gateway = gateway(20).start().await;
        let id = gateway.patient(0).await;
        let deny = json!({ "decision": "DENY", "roles": ["PHARMACIST"] });
        let denial = record(&gateway, &id, deny.clone()).await;
        let revoke = json!({ "id": denial });
        for role in [Role::Coordinator, Role::PrimaryCare] {
            assert_eq!(gateway.ask(role, REVOKE, revoke.clone()).await.codes(), ["FORBIDDEN"]);
        }
        assert_eq!(conditions(&gateway, Role::Pharmacist, &id).await.codes(), ["NOT_FOUND"]);
        let token = gateway.token_for(Role::Patient, &id);
        gateway.ask_with(&token, REVOKE, revoke).await.data();
        conditions(&gateway, Role::Pharmacist, &id).await.data();
        let mut input = deny;
        input["patient"] = json!(id);
        input["basis"] = json!("form 18");
        let own = gateway.ask(Role::Coordinator, RECORD, json!({ "input": input })).await.data();
        let revoke = json!({ "id": own["recordConsent"]["id"] });
        gateway.ask(Role::Coordinator, REVOKE, revoke).await.data();
        gateway.stop().await;
    });
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_is_recorded() {
    run(async {
        let gateway = gateway(20).start().await;
        let id = gateway.patient(0).await;
        let token = gateway.token_for(Role::Patient, &id);
        for wrong in [
            json!({ "decision": "PERMIT" }),
            json!({ "decision": "PERMIT", "labels": ["HIV"], "sources": ["AQ"] }),
            json!({ "decision": "DENY", "sources": ["AQ"] }),
            json!({ "decision": "DENY", "from": "yesterday" }),
            json!({ "decision": "DENY", "from": "2027-01-02T00:00:00Z", "until": "2027-01-01T00:00:00Z" }),
            json!({ "decision": "DENY", "people": [""] }),
            json!({ "decision": "DENY", "basis": " " }),
            json!({ "decision": "MAYBE" }),
            json!({ "decision": "DENY", "labels": ["GOSSIP"] }),
        ] {
            let mut input = json!({ "patient": id, "basis": "form 17" });
            input.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            let answer = gateway.ask_with(&token, RECORD, json!({ "input": input })).await;
            assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{wrong} {}", answer.text);
        }
        let list = gateway.ask_with(&token, LIST, json!({ "id": id })).await.data();
        assert_eq!(list["consents"], json!([]));
        for role in [Role::Pharmacist, Role::Auditor, Role::Admin] {
            let input = json!({ "patient": id, "basis": "form 17", "decision": "DENY" });
            let answer = gateway.ask(role, RECORD, json!({ "input": input })).await;
            assert_eq!(answer.codes(), ["FORBIDDEN"], "{role:?}");
        }
        let other = gateway.patient(1).await;
        let input = json!({ "patient": other, "basis": "form 17", "decision": "DENY" });
        let answer = gateway.ask_with(&token, RECORD, json!({ "input": input })).await;
        assert_eq!(answer.codes(), ["NOT_FOUND"]);
        gateway.stop().await;
    });
}

/// The token of a person of an organisation is narrowed by it.
#[test]
fn a_permit_for_an_organisation_opens_for_that_one_alone() {
    run(async {
        let gateway = gateway(120).start().await;
        let (id, reference) = somebody(&gateway, "ETHUD").await;
        let permit = json!({ "decision": "PERMIT", "labels": ["SUBSTANCE_USE", "PART_2"], "organizations": ["River County"] });
        record(&gateway, &id, permit).await;
        for (organization, expected) in [("River County", true), ("Hill County", false)] {
            let spec = TokenSpec {
                organization: Some(organization.to_owned()),
                ..TokenSpec::new(Role::Coordinator)
            };
            let token = gateway.sandbox.issuer().token(&spec);
            let answer = gateway.ask_with(&token, CONDITIONS, json!({ "id": id })).await;
            assert_eq!(shows(&answer, &reference), expected, "{organization}");
        }
        gateway.stop().await;
    });
}
