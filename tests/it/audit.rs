//! Who saw what is written down before an answer leaves; the log is searched, exported and checked.

use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::gateway::{TestGateway, run, until};

pub(crate) const CHART: &str = "query Chart($id: ID!) { patient(id: $id) { id name { text } identifiers { value } conditions { nodes { code { text } } } } }";
const OWN: &str = "query($id: ID!, $after: String) { patient(id: $id) { accessLog(first: 2, after: $after) { nodes { at event outcome viewer role organization purpose classes } pageInfo { hasNextPage endCursor } completeness { state } } } }";
const LOG: &str = "query($patient: ID, $viewer: String, $from: DateTime, $until: DateTime, $after: String, $first: Int) {
    accessLog(patient: $patient, viewer: $viewer, from: $from, until: $until, after: $after, first: $first) {
        nodes { entry at event outcome patient viewer role organization purpose operation document request policy classes redactions labels sources }
        pageInfo { hasNextPage endCursor } } }";

pub(crate) async fn gateway() -> TestGateway {
    TestGateway::builder().patients(20).start().await
}

async fn log(gateway: &TestGateway, variables: Value) -> Vec<Value> {
    let data = gateway.ask(Role::Auditor, LOG, variables).await.data();
    items(&data["accessLog"]["nodes"]).to_vec()
}

/// The entry of an answer.
async fn entry_of(gateway: &TestGateway, answer: &Answer) -> Value {
    let request = answer.header("x-request-id").to_owned();
    let found = log(gateway, json!({ "first": 100 })).await;
    let entry = found.into_iter().find(|entry| entry["request"] == request);
    entry.unwrap_or_else(|| panic!("there is no entry of {request}"))
}

#[test]
fn an_answer_has_an_entry_that_says_who_saw_which_kinds_of_data() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let answer = gateway.ask(Role::Coordinator, CHART, json!({ "id": id })).await;
        let entry = entry_of(&gateway, &answer).await;
        assert_eq!(entry["event"], "READ");
        assert_eq!(entry["outcome"], "DONE");
        assert_eq!(entry["role"], "COORDINATOR");
        assert_eq!(entry["operation"], Value::Null, "it was not named in the request");
        assert_eq!(entry["classes"], json!(["NAME", "CONDITIONS"]));
        assert_eq!(entry["redactions"], json!(["patient.identifiers"]));
        assert_eq!(entry["document"].as_str().unwrap().len(), 64);
        assert_eq!(entry["policy"].as_str().unwrap(), format!("{}-without-labels", policy()));
        assert_eq!(entry["sources"], json!([]), "an auditor may not know the sources");
        gateway.stop().await;
    });
}

/// The version of the default policy, reckoned here once more.
fn policy() -> String {
    let text = caregraph::access::Policy::DEFAULT.as_bytes();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text);
    caregraph::audit::hexadecimal(&digest.as_ref()[..8])
}

#[test]
fn denials_misses_searches_and_refusals_are_entries_too() {
    run(async {
        let gateway = gateway().await;
        let (id, other) = (gateway.patient(0).await, gateway.patient(1).await);
        let token = gateway.token_for(Role::Patient, &other);
        let denied = gateway.ask_with(&token, CHART, json!({ "id": id })).await;
        assert_eq!(denied.codes(), ["NOT_FOUND"]);
        let entry = entry_of(&gateway, &denied).await;
        assert_eq!((&entry["event"], &entry["outcome"]), (&json!("READ"), &json!("DENIED")));
        assert_eq!(entry["classes"], json!([]));
        assert!(entry["patient"].is_string());
        let nobody = json!({ "id": "AQAAAAAAAAAAAAAAAAAAAAA" });
        let missed = gateway.ask(Role::PrimaryCare, CHART, nobody).await;
        let entry = entry_of(&gateway, &missed).await;
        assert_eq!((&entry["outcome"], &entry["patient"]), (&json!("NOT_FOUND"), &Value::Null));
        let guesses = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let guesses = gateway
            .ask(Role::PrimaryCare, guesses, json!({ "ids": [id, "AQAAAAAAAAAAAAAAAAAAAAA"] }))
            .await;
        let request = guesses.header("x-request-id");
        let entries = log(&gateway, json!({ "first": 100 })).await;
        let of_guesses = entries.iter().filter(|entry| entry["request"] == request);
        let mut outcomes: Vec<&str> =
            of_guesses.filter_map(|entry| entry["outcome"].as_str()).collect();
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["DONE", "NOT_FOUND"], "who is found hides no guess");
        let forbidden =
            gateway.ask(Role::Pharmacist, "{ removedLinks { reason } }", json!({})).await;
        assert_eq!(entry_of(&gateway, &forbidden).await["outcome"], "DENIED");
        let search = "{ patients(first: 3) { nodes { id name { text } } } }";
        let found = gateway.ask(Role::PrimaryCare, search, json!({})).await;
        let request = found.header("x-request-id").to_owned();
        let entries = log(&gateway, json!({ "first": 100 })).await;
        let of_search: Vec<&Value> =
            entries.iter().filter(|entry| entry["request"] == request).collect();
        assert_eq!(of_search.len(), 3);
        assert!(
            of_search
                .iter()
                .all(|entry| entry["event"] == "SEARCH" && entry["patient"].is_string())
        );
        let none = "{ patients(search: \"zzzzzzzzzz\") { nodes { id } } }";
        let none = gateway.ask(Role::PrimaryCare, none, json!({})).await;
        let entry = entry_of(&gateway, &none).await;
        assert_eq!((&entry["event"], &entry["patient"]), (&json!("SEARCH"), &Value::Null));
        let strict = gateway.client.post(gateway.url("/graphql"));
        let strict = strict.bearer_auth(gateway.token(Role::Coordinator));
        let strict =
            strict.header("content-type", "application/json").header("x-access-mode", "reject");
        let body = json!({ "query": CHART, "variables": { "id": id } }).to_string();
        let refused = Answer::of(strict.body(body).send().await.unwrap()).await;
        assert_eq!(refused.codes(), ["FORBIDDEN"]);
        let entry = entry_of(&gateway, &refused).await;
        assert_eq!((&entry["outcome"], &entry["classes"]), (&json!("DENIED"), &json!([])));
        let public =
            gateway.ask(Role::PrimaryCare, "{ me { subject } sources { id } }", json!({})).await;
        let request = public.header("x-request-id").to_owned();
        let entries = log(&gateway, json!({ "first": 100 })).await;
        assert!(entries.iter().all(|entry| entry["request"] != request), "it is about nobody");
        gateway.stop().await;
    });
}

#[test]
fn a_change_is_written_down_before_and_after_it_is_made() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let token = gateway.token_for(Role::Patient, &id);
        let record = "mutation($id: ID!) { recordConsent(input: { patient: $id, decision: DENY, roles: [PHARMACIST], basis: \"form 17\" }) { id } }";
        let recorded = gateway.ask_with(&token, record, json!({ "id": id })).await;
        let consent = text(&recorded.data()["recordConsent"]["id"]);
        let revoke = "mutation($id: ID!) { revokeConsent(id: $id) { id } }";
        let revoked = gateway.ask_with(&token, revoke, json!({ "id": consent })).await;
        let entries = log(&gateway, json!({ "patient": id })).await;
        for (answer, event) in [(&recorded, "CONSENT_RECORDED"), (&revoked, "CONSENT_REVOKED")] {
            let request = answer.header("x-request-id");
            let of_it = entries.iter().filter(|entry| entry["request"] == request);
            let of_it: Vec<(&Value, &Value)> =
                of_it.map(|entry| (&entry["event"], &entry["outcome"])).collect();
            let event = &json!(event);
            assert_eq!(of_it, [(event, &json!("DONE")), (event, &json!("ATTEMPTED"))]);
        }
        assert!(!recorded.text.contains("form 17") && !format!("{entries:?}").contains("form 17"));
        gateway.stop().await;
    });
}

#[test]
fn the_log_is_searched_by_patient_viewer_and_time_page_by_page() {
    run(async {
        let gateway = gateway().await;
        let (one, two) = (gateway.patient(0).await, gateway.patient(1).await);
        let ada =
            TokenSpec { subject: Some("ada".to_owned()), ..TokenSpec::new(Role::PrimaryCare) };
        let ada = gateway.sandbox.issuer().token(&ada);
        for id in [&one, &two, &one] {
            gateway.ask_with(&ada, CHART, json!({ "id": id })).await.data();
        }
        gateway.ask(Role::Coordinator, CHART, json!({ "id": one })).await.data();
        let by_ada = log(&gateway, json!({ "viewer": "ada" })).await;
        assert_eq!(by_ada.len(), 3);
        assert!(by_ada.iter().all(|entry| entry["viewer"] == "ada"));
        assert_eq!(by_ada[0]["patient"], by_ada[2]["patient"], "the newest first");
        assert_ne!(by_ada[0]["patient"], by_ada[1]["patient"]);
        assert_eq!(log(&gateway, json!({ "viewer": "ada", "patient": two })).await.len(), 1);
        assert_eq!(log(&gateway, json!({ "viewer": "nobody" })).await.len(), 0);
        let (first, last) = (by_ada[2]["at"].clone(), by_ada[0]["at"].clone());
        let between = json!({ "viewer": "ada", "from": first, "until": last });
        let between = log(&gateway, between).await;
        assert!((1..=2).contains(&between.len()), "{between:?}, {first} to {last}");
        assert_eq!(log(&gateway, json!({ "until": "2020-01-01T00:00:00Z" })).await.len(), 0);
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = json!({ "viewer": "ada", "first": 2, "after": after });
            let data = gateway.ask(Role::Auditor, LOG, page).await.data();
            seen.extend(items(&data["accessLog"]["nodes"]).to_vec());
            after = data["accessLog"]["pageInfo"]["endCursor"].clone();
            if data["accessLog"]["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(seen, by_ada);
        let reads = log(&gateway, json!({ "patient": two })).await;
        assert!(
            reads.iter().any(|entry| entry["event"] == "LOG_READ"),
            "reading the log is logged"
        );
        for wrong in [json!({ "patient": "x" }), json!({ "after": "x" }), json!({ "from": "soon" })]
        {
            let answer = gateway.ask(Role::Auditor, LOG, wrong).await;
            assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{}", answer.text);
        }
        gateway.stop().await;
    });
}

#[test]
fn auditors_see_no_ids_and_no_names_and_nobody_else_sees_the_log() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let spec = TokenSpec {
            subject: Some("Ada.Lovelace@example.org".to_owned()),
            patient: Some(id.clone()),
            ..TokenSpec::new(Role::Patient)
        };
        let own = gateway.sandbox.issuer().token(&spec);
        gateway.ask_with(&own, CHART, json!({ "id": id })).await.data();
        let name = gateway.data(CHART, json!({ "id": id })).await["patient"]["name"]["text"].take();
        let listed = gateway.ask(Role::Auditor, LOG, json!({ "first": 100, "patient": id })).await;
        assert!(items(&listed.data()["accessLog"]["nodes"]).len() >= 2);
        let guessed = log(&gateway, json!({ "viewer": "Ada.Lovelace@example.org" })).await;
        assert_eq!(guessed.len(), 0, "nobody finds out by a guess that she is a patient here");
        let other = gateway.patient(1).await;
        gateway.ask_with(&own, CHART, json!({ "id": other })).await;
        let token = gateway.token_for(Role::Patient, &other);
        let theirs = gateway.ask_with(&token, OWN, json!({ "id": other }));
        let theirs = theirs.await.data()["patient"]["accessLog"]["nodes"].take();
        assert_eq!((&theirs[0]["outcome"], &theirs[0]["viewer"]), (&json!("DENIED"), &Value::Null));
        for secret in [&id, &text(&name), "Ada.Lovelace"] {
            assert!(!listed.text.contains(secret), "{secret}");
        }
        for role in [
            Role::Coordinator,
            Role::PrimaryCare,
            Role::Specialist,
            Role::Pharmacist,
            Role::CommunityWorker,
            Role::Partner,
            Role::Admin,
        ] {
            let answer = gateway.ask(role, LOG, json!({})).await;
            assert_eq!(answer.codes(), ["FORBIDDEN"], "{role}");
        }
        for role in [Role::Patient, Role::Caregiver] {
            let answer = gateway.ask_with(&gateway.token_for(role, &id), LOG, json!({})).await;
            assert_eq!(answer.codes(), ["FORBIDDEN"], "{role}");
        }
        gateway.stop().await;
    });
}

#[test]
fn patients_see_who_looked_at_their_own_data() {
    run(async {
        let gateway = gateway().await;
        let (id, other) = (gateway.patient(0).await, gateway.patient(1).await);
        for role in [Role::PrimaryCare, Role::Coordinator, Role::Pharmacist] {
            gateway.ask(role, CHART, json!({ "id": id })).await.data();
        }
        gateway.ask(Role::Pharmacist, CHART, json!({ "id": other })).await.data();
        let own = gateway.token_for(Role::Patient, &id);
        let answer = gateway.ask_with(&own, OWN, json!({ "id": id })).await.data();
        let list = &answer["patient"]["accessLog"];
        let roles: Vec<&Value> = items(&list["nodes"]).iter().map(|it| &it["role"]).collect();
        assert_eq!(roles, ["PHARMACIST", "COORDINATOR"], "the newest first, and nobody else's");
        assert_eq!(list["nodes"][1]["classes"], json!(["NAME", "CONDITIONS"]));
        assert_eq!(list["nodes"][1]["purpose"], "CAREMGT");
        assert!(list["nodes"][1]["viewer"].is_string());
        assert_eq!(list["completeness"]["state"], "COMPLETE");
        let after = &list["pageInfo"]["endCursor"];
        let next = gateway.ask_with(&own, OWN, json!({ "id": id, "after": after })).await.data();
        let next = &next["patient"]["accessLog"];
        assert!(!items(&next["nodes"]).is_empty(), "an older one stands on the next page");
        let everywhere = "query($id: ID!) { node(id: $id) { ... on Patient { accessLog(first: 1) { nodes { role } } } } patients { nodes { a: accessLog(first: 1) { nodes { role } } b: accessLog(first: 2) { nodes { role } } } } }";
        let everywhere = gateway.ask_with(&own, everywhere, json!({ "id": id })).await.data();
        assert_eq!(items(&everywhere["node"]["accessLog"]["nodes"]).len(), 1);
        assert_eq!(items(&everywhere["patients"]["nodes"][0]["a"]["nodes"]).len(), 1);
        assert_eq!(items(&everywhere["patients"]["nodes"][0]["b"]["nodes"]).len(), 2);
        for role in [Role::Coordinator, Role::PrimaryCare, Role::Pharmacist] {
            let answer = gateway.ask(role, OWN, json!({ "id": id })).await;
            assert_eq!(answer.redactions(), ["patient.accessLog"], "{role}");
            assert_eq!(answer.data()["patient"]["accessLog"]["nodes"], json!([]));
        }
        let wrong = gateway.ask_with(&own, OWN, json!({ "id": id, "after": "x" })).await;
        assert_eq!(wrong.codes(), ["BAD_USER_INPUT"]);
        gateway.stop().await;
    });
}

#[test]
fn a_change_of_policy_is_an_entry_and_answers_name_the_one_that_held() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let before = gateway.ask(Role::PrimaryCare, CHART, json!({ "id": id })).await;
        let before = entry_of(&gateway, &before).await["policy"].take();
        let changed = format!("{}\n# Reviewed.\n", caregraph::access::Policy::DEFAULT);
        std::fs::write(gateway.home.path().join("policy.toml"), changed).unwrap();
        let has_changed = || async {
            let entries = log(&gateway, json!({ "first": 100 })).await;
            entries.iter().any(|entry| entry["event"] == "POLICY_CHANGED")
        };
        until("the change is in the log", has_changed).await;
        let after = gateway.ask(Role::PrimaryCare, CHART, json!({ "id": id })).await;
        let after = entry_of(&gateway, &after).await["policy"].take();
        let entries = log(&gateway, json!({ "first": 100 })).await;
        let change = entries.iter().find(|entry| entry["event"] == "POLICY_CHANGED").unwrap();
        assert_eq!(change["policy"], after);
        assert_ne!(before, after);
        let start = entries.iter().find(|entry| entry["event"] == "START").unwrap();
        assert_eq!(start["policy"], before);
        gateway.stop().await;
    });
}
