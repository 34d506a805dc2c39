//! Connectors that come and go while the gateway runs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use caregraph_sandbox::{Fault, Role, TokenSpec};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::config::Shape;
use crate::gateway::{TestGateway, run, until};

const WHOLE: &str = "connector { id kind state version sections } mistakes { line column path message } \
                     setup { waiting { number report { passed findings { check passed message remedy } } } \
                     history { change version by reason } versions { number approvedBy } }";
const MEDICATIONS: &str = "query($id: ID!) { patient(id: $id) { \
    medications(first: 100) { completeness { state } nodes { provenance { records { source { id name } } } } } \
    sources { source { name connector { state version } } state message } } }";

/// Partners of these tests are on this machine.
const EGRESS: &str =
    "\n[egress]\nallow_private = [\"127.0.0.0/8\"]\nallow_ports = [\"1024-65535\"]\n";

/// Does not know the pharmacy yet.
fn without_pharmacy(shape: &mut Shape) {
    shape.systems = vec!["lakeside", "northgate", "stmary", "harbor", "commons"];
    shape.extra = EGRESS.to_owned();
}

/// A gateway that does not know the pharmacy yet.
async fn before() -> TestGateway {
    TestGateway::builder().patients(8).shape(without_pharmacy).start().await
}

fn manifest(gateway: &TestGateway) -> String {
    let pharmacy = gateway.sandbox.system("cornerstone").expect("it runs");
    format!(
        "id = \"cornerstone\"\nname = \"Cornerstone Pharmacy\"\ncategory = \"PHARMACY\"\nkind = \"fhir-r4\"\n\
         base_url = {:?}\ntimeout_ms = 15000\n",
        pharmacy.base_url()
    )
}

async fn partner(gateway: &TestGateway, mutation: &str, variables: Value) -> Answer {
    gateway.ask(Role::Partner, mutation, variables).await
}

fn admin(gateway: &TestGateway, subject: &str) -> String {
    let subject = Some(subject.to_owned());
    gateway.sandbox.issuer().token(&TokenSpec { subject, ..TokenSpec::new(Role::Admin) })
}

async fn register(gateway: &TestGateway, manifest: &str) -> Answer {
    let mutation = format!(
        "mutation($input: ConnectorInput!) {{ registerConnector(input: $input) {{ {WHOLE} }} }}"
    );
    partner(gateway, &mutation, json!({ "input": { "manifest": manifest } })).await
}

/// What an administrator, or the partner, does with a connector.
async fn act(gateway: &TestGateway, token: &str, what: &str, id: &str, rest: &str) -> Answer {
    let mutation = format!("mutation($id: ID!) {{ {what}(id: $id{rest}) {{ {WHOLE} }} }}");
    gateway.ask_with(token, &mutation, json!({ "id": id })).await
}

/// The sources of which a patient's medicines are shown, and how the pharmacy stands.
async fn shown(gateway: &TestGateway, patient: &str) -> (usize, Value) {
    let data = gateway.data(MEDICATIONS, json!({ "id": patient })).await;
    let of_pharmacy = items(&data["patient"]["medications"]["nodes"])
        .iter()
        .flat_map(|node| items(&node["provenance"]["records"]).to_vec())
        .filter(|record| record["source"]["name"] == "Cornerstone Pharmacy")
        .count();
    let sources = items(&data["patient"]["sources"]).to_vec();
    let pharmacy = sources.into_iter().find(|it| it["source"]["name"] == "Cornerstone Pharmacy");
    (of_pharmacy, pharmacy.unwrap_or(Value::Null))
}

/// Somebody of whom the pharmacy knows something.
async fn customer(gateway: &TestGateway) -> String {
    for (number, truth) in (0..).zip(gateway.sandbox.truths()) {
        if truth.record("cornerstone").is_some() && truth.record("lakeside").is_some() {
            return gateway.patient(number).await;
        }
    }
    panic!("nobody is known to both")
}

#[test]
fn a_pharmacy_is_registered_tried_approved_suspended_and_retired_while_the_gateway_runs() {
    run(async {
        let gateway = before().await;
        let patient = customer(&gateway).await;
        assert_eq!(shown(&gateway, &patient).await, (0, Value::Null));

        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let registered = &registered["registerConnector"];
        assert_eq!(registered["connector"]["state"], "AWAITING_APPROVAL", "{registered}");
        assert_eq!(registered["setup"]["waiting"]["report"]["passed"], true);
        let id = text(&registered["connector"]["id"]);
        assert_eq!(shown(&gateway, &patient).await, (0, Value::Null), "nobody has approved it");

        let one = admin(&gateway, "admin-1");
        let approved = act(&gateway, &one, "approveConnector", &id, "").await.data();
        assert_eq!(approved["approveConnector"]["connector"]["state"], "ACTIVE");
        let (fills, pharmacy) = shown(&gateway, &patient).await;
        assert!(fills > 0, "the very next query shows them");
        assert_eq!(pharmacy["source"]["connector"], json!({ "state": "ACTIVE", "version": 1 }));
        assert_eq!(pharmacy["state"], "OK");

        let token = gateway.token(Role::Partner);
        let rest = ", reason: \"their office moves\"";
        let suspended = act(&gateway, &token, "suspendConnector", &id, rest).await.data();
        assert_eq!(suspended["suspendConnector"]["connector"]["state"], "SUSPENDED");
        let (fills, pharmacy) = shown(&gateway, &patient).await;
        assert_eq!((fills, &pharmacy["state"]), (0, &json!("CIRCUIT_OPEN")));
        assert!(
            text(&pharmacy["message"]).contains("suspended"),
            "it is told that they are missing"
        );

        act(&gateway, &one, "approveConnector", &id, "").await.data();
        assert!(shown(&gateway, &patient).await.0 > 0);
        let rest = ", reason: \"they closed\"";
        let retired = act(&gateway, &token, "retireConnector", &id, rest).await.data();
        let history = items(&retired["retireConnector"]["setup"]["history"]).to_vec();
        let done: Vec<String> = history.iter().map(|it| text(&it["change"])).collect();
        let expected = ["REGISTERED", "TESTED", "APPROVED", "SUSPENDED", "APPROVED", "RETIRED"];
        assert_eq!(done, expected);
        assert_eq!(shown(&gateway, &patient).await, (0, Value::Null));
    });
}

#[test]
fn what_was_registered_is_in_force_after_a_restart() {
    run(async {
        let gateway = before().await;
        let patient = customer(&gateway).await;
        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let one = admin(&gateway, "admin-1");
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        let (sandbox, home) = (gateway.sandbox.clone(), gateway.home.clone());
        gateway.stop().await;
        let again = TestGateway::builder().before(sandbox).at_home(home);
        let again = again.shape(without_pharmacy).start().await;
        assert!(shown(&again, &patient).await.0 > 0);
    });
}

#[test]
fn a_manifest_is_refused_with_all_its_mistakes_and_changes_nothing() {
    run(async {
        let gateway = before().await;
        let wrong =
            manifest(&gateway).replace("fhir-r4", "fhir-r5").replace("PHARMACY", "DRUGSTORE");
        let answer = register(&gateway, &wrong).await.data();
        let answer = &answer["registerConnector"];
        assert_eq!(answer["connector"], Value::Null);
        let mistakes = answer["mistakes"].to_string();
        for (line, path) in [(3, "category"), (4, "kind")] {
            let place = format!("\"column\":1,\"line\":{line},");
            assert!(mistakes.contains(&place) && mistakes.contains(path), "{mistakes}");
        }
        let list = "{ connectors { name origin } }";
        let all = gateway.ask(Role::Partner, list, Value::Null).await.data();
        assert_eq!(all["connectors"], json!([]));
        let all = gateway.ask(Role::Auditor, list, Value::Null).await.data();
        assert!(items(&all["connectors"]).iter().all(|it| it["origin"] == "CONFIGURED"));
        assert_eq!(items(&all["connectors"]).len(), 5);
    });
}

#[test]
fn who_may_not_register_or_approve_is_told_so_and_nothing_is_done() {
    run(async {
        let gateway = before().await;
        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let token = gateway.token(Role::Partner);
        let approval = act(&gateway, &token, "approveConnector", &id, "").await;
        assert_eq!(approval.codes(), ["FORBIDDEN"]);
        let mutation = "mutation($input: ConnectorInput!) { registerConnector(input: $input) { mistakes { path } } }";
        let input = json!({ "input": { "manifest": manifest(&gateway) } });
        for role in [Role::Coordinator, Role::Auditor, Role::Pharmacist] {
            let answer = gateway.ask(role, mutation, input.clone()).await;
            assert_eq!(answer.codes(), ["FORBIDDEN"], "{role:?}");
        }
        // Another organisation's partner neither sees it nor learns that there is such a connector.
        let organization = Some("riverside".to_owned());
        let stranger = TokenSpec { organization, ..TokenSpec::new(Role::Partner) };
        let stranger = gateway.sandbox.issuer().token(&stranger);
        let rest = ", reason: \"mine now\"";
        let answer = act(&gateway, &stranger, "suspendConnector", &id, rest).await;
        assert_eq!(answer.codes(), ["NOT_FOUND"]);
        let foreign = manifest(&gateway) + "organization = \"lakeside\"\n";
        assert_eq!(register(&gateway, &foreign).await.codes(), ["FORBIDDEN"]);
        assert_eq!(register(&gateway, &manifest(&gateway)).await.codes(), ["CONFLICT"]);
        let theirs = manifest(&gateway).replace("\"cornerstone\"", "\"lakeside\"");
        assert_eq!(register(&gateway, &theirs).await.codes(), ["CONFLICT"]);
        // Who wrote it does not approve it in another role, nor does anybody of the same organisation.
        let itself = admin(&gateway, "demo-partner");
        assert_eq!(
            act(&gateway, &itself, "approveConnector", &id, "").await.codes(),
            ["FORBIDDEN"]
        );
        let organization = Some("cornerstone".to_owned());
        let colleague = TokenSpec { organization, ..TokenSpec::new(Role::Admin) };
        let colleague = gateway.sandbox.issuer().token(&colleague);
        let answer = act(&gateway, &colleague, "approveConnector", &id, "").await;
        assert_eq!(answer.codes(), ["FORBIDDEN"]);
    });
}

#[test]
fn swapping_sources_under_load_fails_no_request() {
    run(async {
        let gateway = Arc::new(before().await);
        let patient = customer(&gateway).await;
        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let one = admin(&gateway, "admin-1");
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        let (is_over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let clients: Vec<_> = (0..4)
            .map(|_| {
                let (gateway, patient) = (gateway.clone(), patient.clone());
                let (is_over, asked) = (is_over.clone(), asked.clone());
                tokio::spawn(async move {
                    while !is_over.load(Ordering::Relaxed) {
                        let (fills, pharmacy) = shown(&gateway, &patient).await;
                        // Either it is in force and all of it is shown, or it is not and that is told.
                        assert_eq!(fills > 0, pharmacy["state"] == "OK", "{pharmacy}");
                        assert_eq!(fills == 0, pharmacy["state"] == "CIRCUIT_OPEN", "{pharmacy}");
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for _ in 0..5 {
            let rest = ", reason: \"a change of mind\"";
            act(&gateway, &one, "suspendConnector", &id, rest).await.data();
            act(&gateway, &one, "approveConnector", &id, "").await.data();
        }
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.expect("no request failed and none was half of one and half of the other");
        }
        assert!(asked.load(Ordering::Relaxed) > 20);
    });
}

#[test]
fn a_source_that_mixes_up_its_patients_is_taken_out_of_use_and_none_of_it_is_shown() {
    run(async {
        let gateway = before().await;
        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let one = admin(&gateway, "admin-1");
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        let patient = customer(&gateway).await;
        let own: BTreeSet<String> = references(&gateway, &patient).await;
        assert!(!own.is_empty());
        let pharmacy = gateway.sandbox.system("cornerstone").expect("it runs");
        pharmacy.set_fault(Fault::SometimesWrongPatient { rate: 0.3 });
        let list = "{ connectors { name connector { state } history { change reason } } }";
        let quarantined = || async {
            assert!(references(&gateway, &patient).await.is_subset(&own), "a stranger's is shown");
            let all = gateway.ask(Role::Partner, list, Value::Null).await.data();
            all["connectors"][0]["connector"]["state"] == "SUSPENDED"
        };
        until("the source is taken out of use", quarantined).await;
        let all = gateway.ask(Role::Partner, list, Value::Null).await.data();
        let newest = items(&all["connectors"][0]["history"]).last().cloned().unwrap();
        assert_eq!(newest["change"], "QUARANTINED");
        assert!(text(&newest["reason"]).contains("other patients"));
        pharmacy.set_fault(Fault::None);
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        assert_eq!(references(&gateway, &patient).await, own);
    });
}

/// Where what the pharmacy says of a patient's medicines stands.
async fn references(gateway: &TestGateway, patient: &str) -> BTreeSet<String> {
    let query = "query($id: ID!) { patient(id: $id) { medications(first: 100) { nodes { provenance { records { \
                 source { name } reference } } } } } }";
    let data = gateway.data(query, json!({ "id": patient })).await;
    items(&data["patient"]["medications"]["nodes"])
        .iter()
        .flat_map(|node| items(&node["provenance"]["records"]).to_vec())
        .filter(|record| record["source"]["name"] == "Cornerstone Pharmacy")
        .map(|record| text(&record["reference"]))
        .collect()
}

#[test]
fn a_partner_leads_the_gateway_nowhere_and_names_none_of_its_secrets() {
    run(async {
        let gateway = TestGateway::builder().patients(2).start().await;
        let of = |from: &str, to: &str| {
            manifest(&gateway).replace("\"cornerstone\"", "\"hill\"").replace(from, to)
        };
        let url = gateway.sandbox.system("cornerstone").expect("it runs").base_url().to_owned();
        for (manifest, part) in [
            (of("", ""), "only 443 is open"),
            (of(&url, "https://169.254.169.254/latest"), "credentials away"),
            (of(&url, "https://10.0.0.7/fhir"), "private network"),
            (of(&url, "http://hill.example/fhir"), "plain http"),
            (
                of(&url, "https://hill.example/fhir")
                    + "auth = { type = \"bearer\", token = \"env:HOME\" }\n",
                "environment",
            ),
        ] {
            let answer = register(&gateway, &manifest).await.data();
            let mistakes = answer["registerConnector"]["mistakes"].to_string();
            assert!(mistakes.contains(part), "{part}: {mistakes}");
            assert_eq!(answer["registerConnector"]["connector"], Value::Null);
        }
        let all = gateway.ask(Role::Partner, "{ connectors { name } }", Value::Null).await.data();
        assert_eq!(all["connectors"], json!([]));
    });
}

#[test]
fn a_partner_that_calls_its_source_like_somebody_else_opens_nobody_to_them() {
    run(async {
        let built = TestGateway::builder().patients(8).shape(|shape| {
            without_pharmacy(shape);
            shape.relationship = "required";
        });
        let gateway = built.start().await;
        let of = |organization: &str| {
            let organization = Some(organization.to_owned());
            let spec = TokenSpec { organization, ..TokenSpec::new(Role::Pharmacist) };
            gateway.sandbox.issuer().token(&spec)
        };
        let people = async |organization: &str| {
            let query = "{ patients(first: 50) { nodes { id } } }";
            let data = gateway.ask_with(&of(organization), query, Value::Null).await.data();
            items(&data["patients"]["nodes"]).len()
        };
        assert_eq!((people("cornerstone").await, people("riverside").await), (0, 0));
        let named = manifest(&gateway)
            .replace("id = \"cornerstone\"", "id = \"riverside\"")
            .replace("Cornerstone Pharmacy", "riverside");
        let registered = register(&gateway, &named).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        act(&gateway, &admin(&gateway, "admin-1"), "approveConnector", &id, "").await.data();
        assert!(
            people("cornerstone").await > 0,
            "they are customers of the organisation that registered it"
        );
        assert_eq!(people("riverside").await, 0, "the id is only a name that a partner chose");
    });
}
