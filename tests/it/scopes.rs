//! SMART scopes: what a client was let do, which is never more than its viewer may.

use caregraph::access::Policy;
use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::answer::{Answer, items, text};
use crate::gateway::{TestGateway, run};

/// The classes that partners see by the policy of these tests.
const OPENED: [&str; 7] = [
    "NAME",
    "IDENTITY",
    "CONDITIONS",
    "ALLERGIES",
    "MEDICATIONS",
    "OBSERVATIONS",
    "OBSERVATION_VALUES",
];

/// A policy that opens some classes to partners, as far as their scopes go.
fn policy() -> String {
    let open = |line: &str| {
        let class = line.split_whitespace().next().unwrap_or_default();
        let Some((head, cells)) = line.split_once('"').filter(|_| OPENED.contains(&class)) else {
            return line.to_owned();
        };
        let mut cells: Vec<&str> = cells.trim_end_matches('"').split_whitespace().collect();
        cells[7] = "F";
        format!("{head}\"{}\"", cells.join(" "))
    };
    Policy::DEFAULT.lines().map(open).collect::<Vec<_>>().join("\n")
}

async fn gateway() -> &'static TestGateway {
    static SHARED: OnceCell<TestGateway> = OnceCell::const_new();
    let start =
        || TestGateway::builder().patients(8).shape(|shape| shape.policy = policy()).start();
    SHARED.get_or_init(start).await
}

/// A token with these scopes, which names the patient.
fn token(gateway: &TestGateway, role: Role, scope: &str, patient: &str) -> String {
    let named = (!patient.is_empty()).then(|| patient.to_owned());
    let spec = TokenSpec { scope: Some(scope.to_owned()), patient: named, ..TokenSpec::new(role) };
    gateway.sandbox.issuer().token(&spec)
}

const CHART: &str = "query($id: ID!) { patient(id: $id) { id name { text } identifiers { value }
    conditions(first: 100) { totalCount completeness { state } nodes { id } }
    medications(first: 100) { totalCount nodes { id provenance { records { reference } } } }
    observations { totalCount }
    laboratory: observations(first: 100, category: LABORATORY) { totalCount nodes { id category value { __typename } } }
    vitals: observations(first: 100, category: VITAL_SIGNS) { totalCount nodes { id category } }
    carePlans { totalCount completeness { state } nodes { id } } } }";

async fn chart(gateway: &TestGateway, token: &str, id: &str) -> Answer {
    gateway.ask_with(token, CHART, json!({ "id": id })).await
}

/// What stands for a patient of whom the viewer may know nothing.
fn is_nobody(answer: &Answer, unknown: &Answer) {
    assert_eq!(answer.codes(), ["NOT_FOUND"], "{}", answer.text);
    assert_eq!(answer.text, unknown.text);
}

/// A well-formed id that nobody has.
async fn unknown(gateway: &TestGateway, token: &str, id: &str) -> Answer {
    let mut other = id.to_owned();
    let last = if other.ends_with('A') { "B" } else { "A" };
    other.replace_range(other.len() - 1.., last);
    chart(gateway, token, &other).await
}

#[test]
fn case_25_a_system_with_laboratory_results_alone_sees_no_vital_signs() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let laboratory = "system/Observation.rs?category=laboratory";
        let partner = token(gateway, Role::Partner, laboratory, "");
        let seen = chart(gateway, &partner, &id).await;
        let patient = &seen.data()["patient"];
        let full = chart(gateway, &gateway.token(Role::PrimaryCare), &id).await.data();
        let (all, results) = (&full["patient"], &patient["laboratory"]);
        assert_eq!(results["nodes"], all["laboratory"]["nodes"]);
        let count = results["totalCount"].as_u64().expect("all sources answered");
        assert!(count > 10, "{}", seen.text);
        assert_eq!(patient["observations"]["totalCount"], count, "nothing else is counted");
        assert!(all["observations"]["totalCount"].as_u64() > Some(count));
        assert!(!items(&all["vitals"]["nodes"]).is_empty());
        assert!(items(&patient["vitals"]["nodes"]).is_empty(), "{}", seen.text);
        assert_eq!(
            (&patient["name"], &patient["conditions"]["totalCount"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(patient["conditions"]["completeness"]["state"], "UNAVAILABLE");
        assert_eq!(
            seen.redactions(),
            ["carePlans", "conditions", "identifiers", "medications", "name"]
                .map(|field| format!("patient.{field}"))
        );
        assert_eq!(seen.json()["extensions"]["access"]["notice"], "RESTRICTED_MAY_EXIST");
        let list = "{ patients { nodes { id } } }";
        let list = gateway.ask_with(&partner, list, Value::Null).await.data();
        assert!(items(&list["patients"]["nodes"]).is_empty(), "{list}");
    });
}

#[test]
fn case_25_a_vital_sign_is_no_node_to_a_system_with_laboratory_results_alone() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let full = chart(gateway, &gateway.token(Role::PrimaryCare), &id).await.data();
        let laboratory = "system/Observation.rs?category=laboratory";
        let partner = token(gateway, Role::Partner, laboratory, "");
        let query = "query($id: ID!) { node(id: $id) { id } }";
        let some = |list: &str| items(&full["patient"][list]["nodes"]).iter().take(10);
        for thing in some("laboratory").chain(some("vitals")) {
            let answer = gateway.ask_with(&partner, query, json!({ "id": thing["id"] })).await;
            let is_shown = answer.data()["node"].is_object();
            assert_eq!(is_shown, thing["category"] == "LABORATORY", "{thing} {}", answer.text);
        }
    });
}

#[test]
fn case_25_a_scope_of_one_patient_opens_no_other() {
    run(async {
        let gateway = gateway().await;
        let (own, other) = (gateway.patient(0).await, gateway.patient(1).await);
        for role in [Role::Partner, Role::PrimaryCare, Role::Coordinator, Role::Patient] {
            let bound = token(gateway, role, "launch/patient patient/*.rs", &own);
            assert_eq!(chart(gateway, &bound, &own).await.data()["patient"]["id"], own, "{role}");
            let nobody = unknown(gateway, &bound, &other).await;
            is_nobody(&chart(gateway, &bound, &other).await, &nobody);
            let node = "query($id: ID!) { node(id: $id) { id } }";
            let node = gateway.ask_with(&bound, node, json!({ "id": other })).await;
            assert_eq!(node.data()["node"], Value::Null);
            let list = "{ patients(first: 1) { pageInfo { hasNextPage } nodes { id } } }";
            let list = gateway.ask_with(&bound, list, Value::Null).await.data();
            assert_eq!(list["patients"]["nodes"], json!([{ "id": own }]), "{role}");
            assert_eq!(list["patients"]["pageInfo"]["hasNextPage"], false, "{role}");
            let unnamed = token(gateway, role, "patient/*.rs", "");
            if !role.names_patient() {
                is_nobody(&chart(gateway, &unnamed, &own).await, &nobody);
            }
        }
    });
}

#[test]
fn case_25_a_scope_that_is_none_grants_nothing() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        for role in [Role::Partner, Role::PrimaryCare, Role::Patient] {
            for scope in ["patient/*.sr", "patient/*.read", "openid patient/Dragon.rs"] {
                let token = token(gateway, role, scope, &id);
                let nobody = unknown(gateway, &token, &id).await;
                is_nobody(&chart(gateway, &token, &id).await, &nobody);
            }
        }
    });
}

#[test]
fn a_system_without_scopes_sees_nobody_and_a_person_without_them_is_not_narrowed() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        for silent in ["openid profile", "user/*.rs"] {
            let partner = token(gateway, Role::Partner, silent, "");
            let nobody = unknown(gateway, &partner, &id).await;
            is_nobody(&chart(gateway, &partner, &id).await, &nobody);
        }
        for role in [Role::Coordinator, Role::PrimaryCare, Role::Pharmacist] {
            let silent = token(gateway, role, "openid profile", "");
            let reading = token(gateway, role, "user/*.rs", "");
            let (silent, reading) =
                (chart(gateway, &silent, &id).await, chart(gateway, &reading, &id).await);
            assert_eq!(silent.data(), reading.data(), "{role}");
            assert_eq!(silent.redactions(), reading.redactions(), "{role}");
            assert_eq!(reading.json()["extensions"]["access"]["notice"], "NONE", "{role}");
        }
        let system = token(gateway, Role::Partner, "system/*.rs", "");
        let system = chart(gateway, &system, &id).await;
        assert!(system.data()["patient"]["name"].is_object(), "{}", system.text);
        assert_eq!(system.redactions(), ["patient.carePlans", "patient.identifiers"]);
    });
}

#[test]
fn one_type_of_a_section_shows_records_of_that_type_alone() {
    run(async {
        let gateway = gateway().await;
        let mut shown = 0;
        for person in 0..4 {
            let id = gateway.patient(person).await;
            for of in ["MedicationRequest", "MedicationStatement", "MedicationDispense"] {
                let token = token(gateway, Role::PrimaryCare, &format!("user/{of}.rs"), "");
                let answer = chart(gateway, &token, &id).await;
                let data = answer.data();
                let notice = &answer.json()["extensions"]["access"]["notice"];
                assert_eq!(notice, "RESTRICTED_MAY_EXIST");
                for medicine in items(&data["patient"]["medications"]["nodes"]) {
                    for record in items(&medicine["provenance"]["records"]) {
                        let reference = text(&record["reference"]);
                        assert!(reference.starts_with(&format!("{of}/")), "{of}: {reference}");
                        shown += 1;
                    }
                }
            }
        }
        assert!(shown > 20, "{shown}");
    });
}

/// True when `seen` is `full`, or what stands for something hidden, or a part of a list.
fn is_within(full: &Value, seen: &Value) -> bool {
    match (full, seen) {
        (_, Value::Null) => true,
        (_, Value::String(word)) if word == "UNAVAILABLE" => true,
        (Value::Array(full), Value::Array(seen)) => {
            seen.iter().all(|seen| full.iter().any(|full| is_within(full, seen)))
        }
        (Value::Object(full), Value::Object(seen)) => {
            seen.iter().all(|(key, seen)| full.get(key).is_some_and(|full| is_within(full, seen)))
        }
        (Value::Number(full), Value::Number(seen)) => seen.as_u64() <= full.as_u64(),
        (full, seen) => full == seen,
    }
}

#[test]
fn no_scope_shows_what_the_role_does_not() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let mut narrower = 0;
        for role in [Role::Coordinator, Role::PrimaryCare, Role::Pharmacist] {
            let full = chart(gateway, &gateway.token(role), &id).await;
            for scope in [
                "user/*.cruds",
                "patient/*.cruds user/*.cruds system/*.cruds",
                "user/Patient.r",
                "user/Patient.rs user/Condition.rs",
                "user/Condition.s patient/Observation.s",
                "patient/Patient.cruds patient/Observation.rs?category=vital-signs",
                "user/Observation.rs?category=laboratory user/Observation.rs?category=survey",
                "user/MedicationRequest.s user/MedicationStatement.s user/MedicationDispense.s",
                "user/CarePlan.rs user/Goal.rs",
            ] {
                let seen = chart(gateway, &token(gateway, role, scope, &id), &id).await;
                if seen.codes() == ["NOT_FOUND"] {
                    // Nothing is left of what the role may see.
                    assert_eq!((role, scope), (Role::Pharmacist, "user/CarePlan.rs user/Goal.rs"));
                    continue;
                }
                assert!(is_within(&full.data(), &seen.data()), "{role} {scope}: {}", seen.text);
                let hidden = seen.redactions();
                let by_role = full.redactions();
                // What holds a hidden field may be hidden itself.
                let is_hidden = |path: &String| hidden.iter().any(|it| path.starts_with(it));
                assert!(by_role.iter().all(is_hidden), "{role} {scope}");
                narrower += usize::from(hidden != by_role);
            }
        }
        assert!(narrower > 12, "{narrower}");
    });
}

#[test]
fn a_list_is_planned_by_what_holds_for_everybody_in_it() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let scope = "user/Patient.rs patient/*.rs";
        let token = token(gateway, Role::PrimaryCare, scope, &id);
        let list =
            "{ patients(first: 100) { nodes { id name { text } conditions { nodes { id } } } } }";
        let answer = gateway.ask_with(&token, list, Value::Null).await;
        let people = answer.data()["patients"]["nodes"].clone();
        assert!(items(&people).len() > 4, "{}", answer.text);
        for person in items(&people) {
            assert!(person["name"].is_object() && items(&person["conditions"]["nodes"]).is_empty());
        }
        assert_eq!(answer.redactions(), ["patients.nodes.conditions"]);
        let own = chart(gateway, &token, &id).await.data();
        assert!(!items(&own["patient"]["conditions"]["nodes"]).is_empty());
    });
}

#[test]
fn recording_a_consent_needs_a_scope_that_writes() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(5).await;
        let record = "mutation($id: ID!) { recordConsent(input: { patient: $id, decision: DENY, basis: \"Form 1\", purposes: [HRESCH] }) { id } }";
        for (scope, may) in [
            ("user/*.rs", false),
            ("user/*.rs user/Consent.c", false),
            ("user/Consent.cu", true),
            ("openid", true),
        ] {
            let token = token(gateway, Role::PrimaryCare, scope, "");
            let answer = gateway.ask_with(&token, record, json!({ "id": id })).await;
            let codes = if may { vec![] } else { vec!["FORBIDDEN".to_owned()] };
            assert_eq!(answer.codes(), codes, "{scope}: {}", answer.text);
        }
    });
}
