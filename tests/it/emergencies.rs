//! Breaking the glass: who may, what it opens, for how long, and who learns of it.

use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::answer::{Answer, items, text};
use crate::gateway::{TestGateway, run};

const WHO: &str =
    "query($id: ID!) { patient(id: $id) { id conditions(first: 100) { totalCount } } }";
const BREAK: &str = "mutation($input: BreakGlassInput!) { breakGlass(input: $input) { id until review { outcome } } }";
const LIST: &str = "query($open: Boolean!) { brokenGlasses(toReview: $open) { id reason text person role review { outcome note by } } }";
const REVIEW: &str = "mutation($id: ID!) { reviewBrokenGlass(id: $id, outcome: JUSTIFIED, note: \"seen in the ward\") { review { outcome by } } }";
const STRANGER: &str = "AQAAAAAAAAAAAAAAAAAAAAA";

pub(crate) async fn gateway() -> &'static TestGateway {
    static SHARED: OnceCell<TestGateway> = OnceCell::const_new();
    let start = || {
        let builder = TestGateway::builder().patients(20).shape(|shape| {
            shape.relationship = "required";
            shape.labels = "enforced";
        });
        builder.start()
    };
    SHARED.get_or_init(start).await
}

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

fn input(id: &str) -> Value {
    let text = "found unconscious at the bus station";
    json!({ "patient": id, "reason": "UNABLE_TO_CONSENT", "text": text })
}

async fn break_it(gateway: &TestGateway, token: &str, id: &str) -> Answer {
    gateway.ask_with(token, BREAK, json!({ "input": input(id) })).await
}

async fn who(gateway: &TestGateway, token: &str, id: &str) -> Answer {
    gateway.ask_with(token, WHO, json!({ "id": id })).await
}

#[test]
fn a_broken_glass_opens_one_patient_and_everybody_concerned_learns_of_it() {
    run(async {
        let gateway = gateway().await;
        let (id, other) = (gateway.patient(3).await, gateway.patient(4).await);
        let doctor = token(gateway, Role::Specialist, "dr-nassar", "elsewhere");
        assert_eq!(who(gateway, &doctor, &id).await.codes(), ["NOT_FOUND"]);
        let broken = break_it(gateway, &doctor, &id).await.data();
        let glass = text(&broken["breakGlass"]["id"]);
        assert!(broken["breakGlass"]["until"].is_string());
        let seen = who(gateway, &doctor, &id).await;
        assert_eq!(seen.data()["patient"]["id"], json!(id));
        let access = seen.json()["extensions"]["access"].take();
        assert_eq!((&access["purpose"], &access["remedy"]), (&json!("BTG"), &json!("BREAK_GLASS")));
        assert!(access["brokenUntil"].is_string(), "{access}");
        assert_eq!(who(gateway, &doctor, &other).await.codes(), ["NOT_FOUND"]);
        let colleague = token(gateway, Role::Specialist, "dr-carmody", "elsewhere");
        assert_eq!(who(gateway, &colleague, &id).await.codes(), ["NOT_FOUND"]);

        let own = gateway.token_for(Role::Patient, &id);
        let told = gateway.ask_with(&own, LIST, json!({ "open": false })).await.data();
        assert_eq!(told["brokenGlasses"][0]["person"], "dr-nassar");
        let others = gateway.token_for(Role::Patient, &other);
        let told = gateway.ask_with(&others, LIST, json!({ "open": false })).await.data();
        assert_eq!(told["brokenGlasses"], json!([]));

        let auditor = gateway.token(Role::Auditor);
        let tasks = gateway.ask_with(&auditor, LIST, json!({ "open": true })).await.data();
        assert!(items(&tasks["brokenGlasses"]).iter().any(|it| it["id"] == json!(glass)));
        assert!(!tasks.to_string().contains(&id), "an auditor does not learn who it is");
        let done = gateway.ask_with(&auditor, REVIEW, json!({ "id": glass })).await.data();
        assert_eq!(done["reviewBrokenGlass"]["review"]["outcome"], "JUSTIFIED");
        let again = gateway.ask_with(&auditor, REVIEW, json!({ "id": glass })).await;
        assert_eq!(again.codes(), ["CONFLICT"]);
        let tasks = gateway.ask_with(&auditor, LIST, json!({ "open": true })).await.data();
        assert!(!items(&tasks["brokenGlasses"]).iter().any(|it| it["id"] == json!(glass)));
    });
}

#[test]
fn case_17_who_may_not_break_the_glass_learns_nothing_by_trying() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(5).await;
        for role in
            [Role::Coordinator, Role::CommunityWorker, Role::Partner, Role::Auditor, Role::Admin]
        {
            let token = gateway.token(role);
            let known = break_it(gateway, &token, &id).await;
            let unknown = break_it(gateway, &token, STRANGER).await;
            assert_eq!(known.codes(), ["FORBIDDEN"], "{role}");
            assert_eq!(known.text, unknown.text, "{role}");
        }
        let patient = gateway.token_for(Role::Patient, &id);
        assert_eq!(break_it(gateway, &patient, &id).await.codes(), ["FORBIDDEN"]);
        assert_eq!(
            gateway.ask(Role::PrimaryCare, LIST, json!({ "open": true })).await.codes(),
            ["FORBIDDEN"]
        );
        assert_eq!(
            gateway.ask(Role::PrimaryCare, REVIEW, json!({ "id": "CA" })).await.codes(),
            ["FORBIDDEN"]
        );
    });
}

#[test]
fn case_14_a_glass_is_not_broken_without_a_word_of_why() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(6).await;
        let doctor = token(gateway, Role::PrimaryCare, "dr-short", "elsewhere");
        for (field, value) in [
            ("text", json!("")),
            ("text", json!("too short")),
            ("text", json!("                         ")),
            ("text", json!("x".repeat(1_001))),
            ("reason", json!("CURIOSITY")),
        ] {
            let mut input = input(&id);
            input[field] = value.clone();
            let answer = gateway.ask_with(&doctor, BREAK, json!({ "input": input })).await;
            assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{field} {value}");
        }
        assert_eq!(break_it(gateway, &doctor, STRANGER).await.codes(), ["NOT_FOUND"]);
        assert_eq!(who(gateway, &doctor, &id).await.codes(), ["NOT_FOUND"]);
    });
}

#[test]
fn a_denial_for_emergencies_too_is_not_overridden() {
    run(async {
        let gateway = gateway().await;
        let doctor = token(gateway, Role::PrimaryCare, "dr-later", "lakeside");
        for (person, even, expected) in [(7, false, true), (8, true, false)] {
            let id = gateway.patient(person).await;
            let input = json!({ "patient": id, "basis": "form 9", "decision": "DENY", "roles": ["PRIMARY_CARE"], "evenInEmergency": even });
            let record = "mutation($input: ConsentInput!) { recordConsent(input: $input) { evenInEmergency } }";
            let own = gateway.token_for(Role::Patient, &id);
            let made = gateway.ask_with(&own, record, json!({ "input": input })).await.data();
            assert_eq!(made["recordConsent"]["evenInEmergency"], even);
            assert_eq!(who(gateway, &doctor, &id).await.codes(), ["NOT_FOUND"]);
            let broken = break_it(gateway, &doctor, &id).await;
            assert_eq!(broken.codes().is_empty(), expected, "{}", broken.text);
            assert_eq!(who(gateway, &doctor, &id).await.codes().is_empty(), expected);
        }
    });
}

#[test]
fn case_15_a_glass_broken_for_one_patient_opens_no_other_in_the_same_query() {
    run(async {
        let gateway = gateway().await;
        let (id, other) = (gateway.patient(9).await, gateway.patient(10).await);
        let doctor = token(gateway, Role::PrimaryCare, "dr-two", "elsewhere");
        break_it(gateway, &doctor, &id).await.data();
        let both =
            "query($a: ID!, $b: ID!) { a: patient(id: $a) { id } b: patient(id: $b) { id } }";
        let answer = gateway.ask_with(&doctor, both, json!({ "a": id, "b": other })).await;
        assert_eq!(answer.json()["data"], json!({ "a": { "id": id }, "b": null }));
        assert_eq!(answer.codes(), ["NOT_FOUND"]);
    });
}
