//! Whoever has no relation to a patient cannot tell that there is one.

use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::answer::{Answer, items, text};
use crate::gateway::{TestGateway, run};

const WHO: &str = "query($id: ID!) { patient(id: $id) { id name { text } } }";
const RECORD: &str = "mutation($input: RelationshipInput!) { recordRelationship(input: $input) {
    id kind role person organization classes until basis recordedBy endedAt } }";
const END: &str = "mutation($id: ID!) { endRelationship(id: $id) { id endedAt endedBy } }";
const LIST: &str =
    "query($id: ID!) { relationships(patient: $id) { id kind person organization endedAt } }";
pub(crate) const STRANGER: &str = "AQAAAAAAAAAAAAAAAAAAAAA";

/// A gateway that wants relations.
pub(crate) async fn gateway() -> &'static TestGateway {
    static SHARED: OnceCell<TestGateway> = OnceCell::const_new();
    let start = || {
        let builder = TestGateway::builder().patients(20);
        builder.shape(|shape| shape.relationship = "required").start()
    };
    SHARED.get_or_init(start).await
}

/// A token of somebody in particular.
pub(crate) fn token(
    gateway: &TestGateway,
    role: Role,
    subject: &str,
    organization: &str,
) -> String {
    let spec = TokenSpec {
        subject: Some(subject.to_owned()),
        organization: Some(organization.to_owned()),
        ..TokenSpec::new(role)
    };
    gateway.sandbox.issuer().token(&spec)
}

/// Our id of the featured patient, by the practice that has a record of them.
async fn featured(gateway: &TestGateway) -> String {
    gateway.patient(0).await
}

pub(crate) async fn sees(gateway: &TestGateway, token: &str, id: &str) -> bool {
    let answer = gateway.ask_with(token, WHO, json!({ "id": id })).await;
    let data = answer.json()["data"]["patient"].take();
    if data.is_null() {
        let unknown = gateway.ask_with(token, WHO, json!({ "id": STRANGER })).await;
        assert_eq!(answer.text, unknown.text, "the refusal tells something");
    }
    !data.is_null()
}

pub(crate) async fn record(gateway: &TestGateway, token: &str, id: &str, input: Value) -> Answer {
    let mut whole = json!({ "patient": id, "basis": "letter of referral 7" });
    whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
    gateway.ask_with(token, RECORD, json!({ "input": whole })).await
}

#[test]
fn those_of_an_organisation_see_whom_it_has_and_nobody_else() {
    run(async {
        let gateway = gateway().await;
        let id = featured(gateway).await;
        for (role, organization, expected) in [
            (Role::PrimaryCare, "lakeside", true),
            (Role::PrimaryCare, "elsewhere", false),
            (Role::Pharmacist, "cornerstone", true),
            (Role::Coordinator, "river-county-health", false),
            (Role::CommunityWorker, "lakeside", false),
        ] {
            let token = token(gateway, role, "user-1", organization);
            assert_eq!(sees(gateway, &token, &id).await, expected, "{role} of {organization}");
        }
    });
}

#[test]
fn every_way_to_a_patient_without_a_relation_leads_nowhere() {
    run(async {
        let gateway = gateway().await;
        let id = featured(gateway).await;
        let token = token(gateway, Role::Specialist, "user-1", "elsewhere");
        let record = gateway.sandbox.truth(0).records.remove(0);
        let identifier = gateway.record_number(record.system, &record.id).await;
        let unknown = json!({ "system": identifier["system"], "value": "nobody's" });
        for (query, known, stranger) in [
            ("query($x: ID!) { node(id: $x) { id } }", json!(id), json!(STRANGER)),
            ("query($x: ID!) { nodes(ids: [$x]) { id } }", json!(id), json!(STRANGER)),
            ("query($x: ID!) { patient(id: $x) { id } }", json!(id), json!(STRANGER)),
            ("query($x: IdentifierInput!) { patient(identifier: $x) { id } }", identifier, unknown),
            (
                "query($x: String) { patients(search: $x) { totalCount nodes { id } } }",
                Value::Null,
                json!("Zzyzx"),
            ),
        ] {
            let known = gateway.ask_with(&token, query, json!({ "x": known })).await;
            let stranger = gateway.ask_with(&token, query, json!({ "x": stranger })).await;
            assert_eq!(known.text, stranger.text, "{query}");
            assert!(!known.text.contains(&id), "{query}");
        }
    });
}

#[test]
fn case_12_a_recorded_relation_opens_and_its_end_closes_at_once() {
    run(async {
        let gateway = gateway().await;
        let id = featured(gateway).await;
        let keeper = token(gateway, Role::PrimaryCare, "dr-holt", "lakeside");
        let coordinator = token(gateway, Role::Coordinator, "nurse-1", "river-county-health");
        let colleague = token(gateway, Role::Coordinator, "nurse-2", "river-county-health");
        assert!(!sees(gateway, &coordinator, &id).await);
        let input = json!({ "kind": "CARE_TEAM", "role": "COORDINATOR", "person": "nurse-1" });
        let made = record(gateway, &keeper, &id, input).await.data();
        let made = &made["recordRelationship"];
        assert_eq!((&made["kind"], &made["recordedBy"]), (&json!("CARE_TEAM"), &json!("dr-holt")));
        assert!(sees(gateway, &coordinator, &id).await);
        assert!(!sees(gateway, &colleague, &id).await, "the relation is one person's");
        let other = gateway.patient(1).await;
        assert!(!sees(gateway, &coordinator, &other).await, "the relation is to one patient");
        let everybody = "{ patients(first: 100) { nodes { id } pageInfo { hasNextPage } } }";
        let listed = gateway.ask_with(&coordinator, everybody, json!({})).await.data();
        assert_eq!(listed["patients"]["nodes"], json!([{ "id": id }]));
        assert_eq!(listed["patients"]["pageInfo"]["hasNextPage"], false);
        let list = gateway.ask_with(&coordinator, LIST, json!({ "id": id })).await.data();
        let own = items(&list["relationships"]).iter().any(|it| it["id"] == made["id"]);
        assert!(own, "{list}");
        let ended = gateway.ask_with(&keeper, END, json!({ "id": made["id"] })).await.data();
        assert!(ended["endRelationship"]["endedAt"].is_string());
        assert!(!sees(gateway, &coordinator, &id).await);
    });
}

#[test]
fn case_09_a_proxy_sees_what_was_granted_until_it_is_over() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(2).await;
        let patient = gateway.token_for(Role::Patient, &id);
        let proxy = |subject: &str| {
            let spec = TokenSpec {
                subject: Some(subject.to_owned()),
                patient: Some(id.clone()),
                ..TokenSpec::new(Role::Caregiver)
            };
            gateway.sandbox.issuer().token(&spec)
        };
        let (sister, former) = (proxy("sister"), proxy("former partner"));
        assert!(!sees(gateway, &sister, &id).await, "a token alone is no grant");
        let grant = json!({ "kind": "PROXY", "role": "CAREGIVER", "person": "sister", "classes": ["NAME", "APPOINTMENTS"] });
        text(&record(gateway, &patient, &id, grant).await.data()["recordRelationship"]["id"]);
        let over = json!({ "kind": "PROXY", "role": "CAREGIVER", "person": "former partner", "until": "2020-01-01T00:00:00Z" });
        text(&record(gateway, &patient, &id, over).await.data()["recordRelationship"]["id"]);
        assert!(!sees(gateway, &former, &id).await);
        let query = "query($id: ID!) { patient(id: $id) { name { text } birthDate appointments { completeness { state } } conditions { totalCount nodes { id } } } }";
        let answer = gateway.ask_with(&sister, query, json!({ "id": id })).await;
        let patient = answer.data()["patient"].take();
        assert!(patient["name"]["text"].is_string());
        assert_eq!(patient["birthDate"], Value::Null);
        assert_eq!(patient["conditions"], json!({ "totalCount": null, "nodes": [] }));
        assert_eq!(answer.redactions(), ["patient.birthDate", "patient.conditions"]);
    });
}

#[test]
fn a_source_that_names_somebody_in_a_care_team_lets_them_in() {
    run(async {
        let gateway = gateway().await;
        let (mut member, mut stranger) = (0, 0);
        for person in 0..8 {
            let id = gateway.patient(person).await;
            let data = gateway
                .ask_with(
                    &gateway.token_for(Role::Patient, &id),
                    "query($id: ID!) { patient(id: $id) { careTeam { npi } } }",
                    json!({ "id": id }),
                )
                .await
                .data();
            let team = data["patient"]["careTeam"].clone();
            let npis: Vec<&str> = items(&team).iter().filter_map(|it| it["npi"].as_str()).collect();
            let Some(npi) = npis.first() else { continue };
            for (npi, expected) in [(*npi, true), ("1234567893", false)] {
                let spec = TokenSpec {
                    organization: Some("elsewhere".to_owned()),
                    npi: Some(npi.to_owned()),
                    ..TokenSpec::new(Role::Specialist)
                };
                let token = gateway.sandbox.issuer().token(&spec);
                assert_eq!(sees(gateway, &token, &id).await, expected, "{npi}");
                *(if expected { &mut member } else { &mut stranger }) += 1;
            }
        }
        assert!(member > 2 && stranger > 2, "{member} {stranger}");
    });
}

#[test]
fn relations_that_make_no_sense_are_refused() {
    run(async {
        let gateway = gateway().await;
        let id = featured(gateway).await;
        let keeper = token(gateway, Role::PrimaryCare, "dr-holt", "lakeside");
        for wrong in [
            json!({ "kind": "SELF", "role": "SPECIALIST", "person": "x" }),
            json!({ "kind": "SELF", "role": "PATIENT", "organization": "x" }),
            json!({ "kind": "ORGANIZATION", "role": "SPECIALIST", "organization": "x" }),
            json!({ "kind": "CARE_TEAM", "role": "CAREGIVER", "person": "x" }),
            json!({ "kind": "PROXY", "role": "SPECIALIST", "person": "x" }),
            json!({ "kind": "PROXY", "role": "CAREGIVER", "organization": "x" }),
            json!({ "kind": "CARE_TEAM", "role": "ADMIN", "person": "x" }),
            json!({ "kind": "CARE_TEAM", "role": "SPECIALIST" }),
            json!({ "kind": "CARE_TEAM", "role": "SPECIALIST", "person": " " }),
            json!({ "kind": "CARE_TEAM", "role": "SPECIALIST", "person": "x", "classes": ["NAME"] }),
            json!({ "kind": "CARE_TEAM", "role": "SPECIALIST", "person": "x", "until": "soon" }),
            json!({ "kind": "CARE_TEAM", "role": "SPECIALIST", "person": "x", "basis": "" }),
        ] {
            let answer = record(gateway, &keeper, &id, wrong.clone()).await;
            assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{wrong} {}", answer.text);
        }
        let right = json!({ "kind": "CARE_TEAM", "role": "SPECIALIST", "person": "x" });
        let own = gateway.token_for(Role::Patient, &id);
        assert_eq!(record(gateway, &own, &id, right.clone()).await.codes(), ["FORBIDDEN"]);
        let pharmacist = token(gateway, Role::Pharmacist, "p", "cornerstone");
        assert_eq!(record(gateway, &pharmacist, &id, right.clone()).await.codes(), ["FORBIDDEN"]);
        let unrelated = token(gateway, Role::Coordinator, "c", "elsewhere");
        assert_eq!(record(gateway, &unrelated, &id, right).await.codes(), ["NOT_FOUND"]);
    });
}
