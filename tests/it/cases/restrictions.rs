//! Case 8: somebody from whom a patient has to be protected.

use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};

use super::{CONSENT, hidden, known_to, same_on_both};
use crate::emergencies;
use crate::gateway::{TestGateway, run};
use crate::relations::{STRANGER, gateway, record, sees, token};
use crate::twins::world::World;

const FATHER: &str = "the father of twelve";
const REVOKE: &str = "mutation($id: ID!) { revokeConsent(id: $id) { revokedAt } }";

fn father(gateway: &TestGateway, patient: &str) -> String {
    let (subject, patient) = (Some(FATHER.to_owned()), Some(patient.to_owned()));
    gateway.sandbox.issuer().token(&TokenSpec {
        subject,
        patient,
        ..TokenSpec::new(Role::Caregiver)
    })
}

/// Takes somebody into the care team of a patient; tells their token.
async fn in_team(gateway: &TestGateway, id: &str, role: Role, person: &str) -> String {
    let team = json!({ "kind": "CARE_TEAM", "role": role.as_str(), "person": person });
    record(gateway, &gateway.token(Role::Admin), id, team).await.data();
    token(gateway, role, person, "elsewhere")
}

#[test]
fn case_08_to_a_proxy_whom_a_court_keeps_away_there_is_no_such_patient() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(12).await;
        let (father, own) = (father(gateway, &id), gateway.token_for(Role::Patient, &id));
        let grant = json!({ "kind": "PROXY", "role": "CAREGIVER", "person": FATHER });
        record(gateway, &own, &id, grant.clone()).await.data();
        assert!(sees(gateway, &father, &id).await);
        let home = "query($id: ID!) { patient(id: $id) { addresses { line city postalCode } telecom { value } } node(id: $id) { id } patients { nodes { id addresses { line } } totalCount } }";
        let before = gateway.ask_with(&father, home, json!({ "id": id })).await.data();
        let street = before["patient"]["addresses"][0]["line"][0].clone();
        let street = street.as_str().expect("the patient has an address");

        let nurse = in_team(gateway, &id, Role::Coordinator, "nurse-12").await;
        let restriction = json!({ "patient": id, "decision": "DENY", "people": [FATHER],
            "authority": "COURT", "basis": "protective order 12" });
        let made = gateway.ask_with(&nurse, CONSENT, json!({ "input": restriction })).await.data();
        assert!(made["recordConsent"]["id"].is_string());

        // What was granted before is of no use, nor is what is granted now.
        record(gateway, &own, &id, grant).await.data();
        assert!(!sees(gateway, &father, &id).await);
        let after = gateway.ask_with(&father, home, json!({ "id": id })).await;
        let unknown = gateway.ask_with(&father, home, json!({ "id": STRANGER })).await;
        assert_eq!(after.text, unknown.text);
        assert!(!after.text.contains(street), "the address stands in an answer");
        assert_eq!(after.json()["data"]["node"], Value::Null);

        // Whoever has the patient's own login, or that of somebody else who may record, does not lift it.
        let order = json!({ "id": made["recordConsent"]["id"] });
        let colleague = in_team(gateway, &id, Role::PrimaryCare, "dr-12").await;
        for other in [&own, &colleague] {
            let refused = gateway.ask_with(other, REVOKE, order.clone()).await;
            assert_eq!(refused.codes(), ["FORBIDDEN"], "{}", refused.text);
        }
        assert!(!sees(gateway, &father, &id).await);
        gateway.ask_with(&nurse, REVOKE, order).await.data();
        assert!(sees(gateway, &father, &id).await);
    });
}

#[test]
fn case_08_what_a_court_ordered_holds_in_an_emergency_and_is_not_the_patients() {
    run(async {
        let gateway = emergencies::gateway().await;
        let id = gateway.patient(13).await;
        let own = gateway.token_for(Role::Patient, &id);
        let doctor = in_team(gateway, &id, Role::PrimaryCare, "the stepfather").await;
        let keeper = in_team(gateway, &id, Role::PrimaryCare, "dr-13").await;
        let input = |decision: &str| {
            json!({ "patient": id, "decision": decision, "labels": ["HIV"], "people": ["the stepfather"],
                "authority": "COURT", "basis": "protective order 13" })
        };
        let record = |token: &str, input: Value| {
            let token = token.to_owned();
            async move { gateway.ask_with(&token, CONSENT, json!({ "input": input })).await }
        };
        assert_eq!(record(&own, input("DENY")).await.codes(), ["FORBIDDEN"]);
        assert_eq!(record(&keeper, input("PERMIT")).await.codes(), ["BAD_USER_INPUT"]);
        assert!(sees(gateway, &doctor, &id).await);
        let mut whole = input("DENY");
        whole["labels"] = json!([]);
        record(&keeper, whole).await.data();
        assert!(!sees(gateway, &doctor, &id).await);
        let emergency = json!({ "patient": id, "reason": "IMMINENT_HARM",
            "text": "the child is said to be in danger" });
        let glass = "mutation($input: BreakGlassInput!) { breakGlass(input: $input) { id } }";
        let broken = gateway.ask_with(&doctor, glass, json!({ "input": emergency })).await;
        assert_eq!(broken.codes(), ["NOT_FOUND"], "{}", broken.text);
        assert!(!sees(gateway, &doctor, &id).await);
        let list = "query($id: ID!) { consents(patient: $id) { authority evenInEmergency } }";
        let list = gateway.ask_with(&own, list, json!({ "id": id })).await.data();
        assert_eq!(list["consents"], json!([{ "authority": "COURT", "evenInEmergency": true }]));
    });
}

#[test]
fn case_08_what_tells_of_violence_is_hidden_from_every_proxy() {
    run(async {
        let query = "query($id: ID!) { patient(id: $id) { addresses { line } conditions { totalCount nodes { code { text } } completeness { state } } encounters { totalCount nodes { facility } } } }";
        let mut person = known_to(Role::Caregiver, 0, &[0]);
        let body = |id: &str, more: Value| {
            let mut body = more;
            body["id"] = json!(id);
            body["meta"] = json!({ "security": [{ "code": "VIO" }] });
            body
        };
        let stay = json!({ "status": "finished", "class": { "code": "AMB" }, "period": { "start": "2024-05-17T10:00:00Z" },
            "type": [{ "text": "Visit" }], "location": [{ "location": { "display": "Shelter in Elm Street" } }] });
        person.pieces.extend([
            hidden(0, 0, "Condition", body("abuse", json!({ "code": { "text": "Bruises" } }))),
            hidden(0, 0, "Encounter", body("shelter", stay)),
        ]);
        let world = World::of(Role::Caregiver, vec![person]).await;
        let answer = same_on_both(&world, Role::Caregiver, 0, query).await;
        assert_eq!(answer.data()["patient"]["conditions"]["totalCount"], json!(0));
        assert!(!answer.text.contains("Elm Street"));
        let own = same_on_side_a(&world, query).await;
        assert!(own.contains("Elm Street") && own.contains("Bruises"), "{own}");
        world.stop().await;
    });
}

async fn same_on_side_a(world: &World, query: &str) -> String {
    let own = super::bound(world, 0, Role::Patient, 0);
    let id = json!({ "id": world.sides[0].patients[0] });
    super::ask(world, 0, &own, query, id).await.text
}
