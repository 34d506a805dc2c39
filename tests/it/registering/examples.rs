//! The examples that are shipped, each registered by its own manifest before the system that it describes.

use std::path::Path;

use caregraph_sandbox::{Credential, PharmacyFile};

use super::*;

/// How many people of the population are asked for.
const PEOPLE: usize = 20;

const MEDICINES: &str = "query($id: ID!) { patient(id: $id) { \
    medications(first: 100) { completeness { state } \
      nodes { drug { text } fills { dispensed pharmacy } provenance { records { source { name } reference } } } } \
    sources { source { name connector { state } } state message } } }";
const EYES: &str = "query($id: ID!) { patient(id: $id) { conditions(first: 100) { \
    nodes { code { text } provenance { records { source { name } reference } } } } } }";
const SERVICES: &str = "query($words: String!) { services(search: $words, first: 100) { \
    completeness { state sources { source { name } state } } \
    nodes { name categories provenance { records { source { name } } } } } }";

/// An example, with the address where its system runs and time enough for a busy machine.
pub(super) fn example(gateway: &TestGateway, file: &str, id: &str) -> (String, Option<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors/examples").join(file);
    let text = std::fs::read_to_string(path).expect("the example is there");
    let system = gateway.sandbox.system(id).expect("it runs");
    let at = |key: &str| {
        let table: toml::Table = text.parse().expect("it is TOML");
        let auth = table.get("auth").and_then(|auth| auth.get(key));
        format!("{:?}", auth.or(table.get(key)).and_then(toml::Value::as_str).expect("it is there"))
    };
    let mut here = text.replace(&at("base_url"), &format!("\"{}/\"", system.base_url()));
    here = here.replace("timeout_ms = 1500", "timeout_ms = 15000");
    here = here.replace("timeout_ms = 5000", "timeout_ms = 15000");
    if let Some(Credential::Key { client_id, token_url, .. }) = system.credential() {
        here = here.replace(&at("token_url"), &format!("{token_url:?}"));
        here = here.replace(&at("client_id"), &format!("{client_id:?}"));
    }
    (here, system.credential().map(|it| it.secret().to_owned()))
}

/// Registers an example as its own organisation; it must pass its test. Tells the id of the connector.
async fn join(gateway: &TestGateway, file: &str, id: &str) -> String {
    let (manifest, credential) = example(gateway, file, id);
    let organization = gateway.sandbox.system(id).map(|it| it.organization().to_owned());
    let spec = TokenSpec { organization, ..TokenSpec::new(Role::Partner) };
    let token = gateway.sandbox.issuer().token(&spec);
    let mutation = format!(
        "mutation($input: ConnectorInput!) {{ registerConnector(input: $input) {{ {WHOLE} }} }}"
    );
    let input = json!({ "input": { "manifest": manifest, "credential": credential } });
    let registered = gateway.ask_with(&token, &mutation, input).await.data();
    let registered = &registered["registerConnector"];
    assert_eq!(registered["mistakes"], json!([]));
    assert_eq!(registered["connector"]["state"], "AWAITING_APPROVAL", "{registered}");
    assert_eq!(registered["setup"]["waiting"]["report"]["passed"], true);
    text(&registered["connector"]["id"])
}

pub(super) async fn approve(gateway: &TestGateway, id: &str) {
    let approved = act(gateway, &admin(gateway, "admin-1"), "approveConnector", id, "").await;
    assert_eq!(approved.data()["approveConnector"]["connector"]["state"], "ACTIVE");
}

async fn suspend(gateway: &TestGateway, id: &str) {
    let rest = ", reason: \"an audit\"";
    let suspended = act(gateway, &admin(gateway, "admin-1"), "suspendConnector", id, rest).await;
    assert_eq!(suspended.data()["suspendConnector"]["connector"]["state"], "SUSPENDED");
}

/// A gateway before these systems; before all but the partners' when none is named.
async fn before(patients: u64, systems: &[&'static str]) -> TestGateway {
    let open = |shape: &mut Shape| {
        shape.extra = EGRESS.to_owned();
        shape.systems = systems.to_vec();
    };
    TestGateway::builder().patients(patients).shape(open).start().await
}

/// The references of one source among the origins of some things.
fn of_source(nodes: &Value, name: &str) -> BTreeSet<String> {
    let records =
        items(nodes).iter().flat_map(|node| items(&node["provenance"]["records"]).to_vec());
    let own = records.filter(|record| record["source"]["name"] == name);
    own.map(|record| text(&record["reference"])).collect()
}

/// What the pharmacy has on file about medicines and has not taken back.
fn on_file(file: &PharmacyFile) -> BTreeSet<String> {
    let fills = file.fills.iter().filter(|fill| !fill.voided);
    let fills = fills.map(|fill| format!("fill/{}-{}", fill.prescription, fill.number));
    let orders = file.prescriptions.iter().map(|it| format!("order/{}", it.number));
    fills.chain(orders).collect()
}

/// The days on which it handed out what it has not taken back.
fn days(file: &PharmacyFile) -> Vec<String> {
    let fills = file.fills.iter().filter(|fill| !fill.voided);
    let mut days: Vec<String> = fills.filter_map(|fill| Some(fill.filled?.to_string())).collect();
    days.sort();
    days
}

/// The days on which one of its stores handed something out, by the answer.
fn handed_out(nodes: &Value) -> Vec<String> {
    let fills = items(nodes).iter().flat_map(|node| items(&node["fills"]).to_vec());
    let own = fills.filter(|fill| text(&fill["pharmacy"]).starts_with("Greenleaf "));
    let mut days: Vec<String> =
        own.map(|fill| text(&fill["dispensed"])).filter(|day| !day.is_empty()).collect();
    days.sort();
    days
}

/// People of whom the pharmacy has something, and who are one person wherever they are known.
fn customers(gateway: &TestGateway) -> Vec<(u64, PharmacyFile)> {
    let of_one = |number: &u64| {
        let records = gateway.sandbox.truth(*number).records;
        !records.is_empty() && records.iter().all(|it| it.cluster == 0 && !it.ambiguous)
    };
    let population = gateway.sandbox.population();
    let numbers = (0..population.size()).filter(of_one);
    let files = numbers.filter_map(|number| Some((number, population.pharmacy_file(number)?)));
    files.filter(|(_, file)| !file.is_empty()).take(PEOPLE).collect()
}

/// A worker of the community is let in by the patient's own word, and is still shown no medicine of the pharmacy, which is not
/// asked for any.
async fn sees_no_medicines(gateway: &TestGateway, patient: &str) {
    let pharmacy = gateway.sandbox.system("greenleaf").expect("it runs");
    let asked =
        || ["members/fills?", "members/prescriptions?"].map(|it| pharmacy.requests().of(it));
    let before = asked();
    let variables = json!({ "id": patient });
    let answer = gateway.ask(Role::CommunityWorker, MEDICINES, variables.clone()).await;
    assert_eq!(answer.codes(), ["NOT_FOUND"]);
    let permit = "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";
    let consent = json!({ "patient": patient, "decision": "PERMIT", "classes": ["NAME"],
        "organizations": ["commons"], "roles": ["COMMUNITY_WORKER"], "basis": "form 17" });
    let token = gateway.token_for(Role::Patient, patient);
    gateway.ask_with(&token, permit, json!({ "input": consent })).await.data();
    let answer = gateway.ask(Role::CommunityWorker, MEDICINES, variables).await;
    let data = answer.data();
    assert!(!data["patient"].is_null(), "{}", answer.text);
    assert_eq!(items(&data["patient"]["medications"]["nodes"]).len(), 0);
    let hidden = answer.redactions().iter().any(|path| path.contains("medications"));
    assert!(hidden && !answer.text.contains("fill/"), "{}", answer.text);
    assert_eq!(asked(), before, "it was not asked for them");
}

#[test]
fn the_pharmacy_shows_what_it_has_on_file_for_whoever_may_see_it_until_it_is_suspended() {
    run(async {
        let gateway = before(90, &[]).await;
        let id = join(&gateway, "greenleaf-pharmacy.toml", "greenleaf").await;
        let customers = customers(&gateway);
        assert_eq!(customers.len(), PEOPLE);
        approve(&gateway, &id).await;
        let mut featured = String::new();
        for (number, file) in &customers {
            let patient = gateway.patient(*number).await;
            let data = gateway.data(MEDICINES, json!({ "id": patient })).await;
            let medications = &data["patient"]["medications"];
            let shown = of_source(&medications["nodes"], "Greenleaf Pharmacy");
            assert_eq!(shown, on_file(file), "person {number}");
            assert_eq!(handed_out(&medications["nodes"]), days(file), "person {number}");
            assert_eq!(medications["completeness"]["state"], "COMPLETE", "{medications}");
            if *number == 0 {
                featured = patient;
            }
        }
        sees_no_medicines(&gateway, &featured).await;
        suspend(&gateway, &id).await;
        let data = gateway.data(MEDICINES, json!({ "id": featured })).await;
        let medications = &data["patient"]["medications"];
        assert!(of_source(&medications["nodes"], "Greenleaf Pharmacy").is_empty());
        assert_eq!(medications["completeness"]["state"], "PARTIAL");
        let sources = items(&data["patient"]["sources"]).to_vec();
        let told = sources.iter().find(|it| it["source"]["name"] == "Greenleaf Pharmacy");
        let told = told.expect("it is told as missing");
        assert_eq!(told["state"], "CIRCUIT_OPEN");
        assert!(text(&told["message"]).contains("suspended"), "{told}");
    });
}

#[test]
fn approving_and_suspending_the_pharmacy_under_load_fails_no_request() {
    run(async {
        let gateway = Arc::new(before(8, &[]).await);
        let id = join(&gateway, "greenleaf-pharmacy.toml", "greenleaf").await;
        let file = gateway.sandbox.population().pharmacy_file(0).expect("they are a member");
        let (patient, all) = (gateway.patient(0).await, Arc::new(on_file(&file)));
        approve(&gateway, &id).await;
        let (is_over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let clients: Vec<_> = (0..3)
            .map(|_| {
                let (gateway, patient, all) = (gateway.clone(), patient.clone(), all.clone());
                let (is_over, asked) = (is_over.clone(), asked.clone());
                tokio::spawn(async move {
                    while !is_over.load(Ordering::Relaxed) {
                        let data = gateway.data(MEDICINES, json!({ "id": patient })).await;
                        let medications = &data["patient"]["medications"];
                        let shown = of_source(&medications["nodes"], "Greenleaf Pharmacy");
                        // All of it, or none and it is told.
                        let is_whole = medications["completeness"]["state"] == "COMPLETE";
                        assert_eq!(shown == *all, is_whole, "{medications}");
                        assert_eq!(shown.is_empty(), !is_whole, "{medications}");
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for _ in 0..5 {
            suspend(&gateway, &id).await;
            approve(&gateway, &id).await;
        }
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.expect("no request failed");
        }
        assert!(asked.load(Ordering::Relaxed) > 10);
    });
}

/// The names of services that a source gives, and how it stands.
async fn services(gateway: &TestGateway, words: &str, source: &str) -> (Vec<String>, Value) {
    let data = gateway.data(SERVICES, json!({ "words": words })).await;
    let is_of = |node: &&Value| {
        items(&node["provenance"]["records"]).iter().any(|it| it["source"]["name"] == source)
    };
    let nodes = items(&data["services"]["nodes"]);
    let names = nodes.iter().filter(is_of).map(|node| text(&node["name"])).collect();
    let stand = items(&data["services"]["completeness"]["sources"]).to_vec();
    let stand = stand.into_iter().find(|it| it["source"]["name"] == source);
    (names, stand.map_or(Value::Null, |it| it["state"].clone()))
}

#[test]
fn a_table_and_a_vendors_directory_are_searched_as_soon_as_they_are_approved() {
    run(async {
        let gateway = before(2, &["lakeside", "stmary"]).await;
        for (file, id, name, words, count) in [
            ("harvest-food-bank.toml", "harvest", "Harvest Food Bank", "food pantry", 24),
            ("lantern-help-line.toml", "lantern", "Lantern Help Line", "", 58),
        ] {
            let connector = join(&gateway, file, id).await;
            assert_eq!(services(&gateway, words, name).await.0, [""; 0], "nobody has approved it");
            approve(&gateway, &connector).await;
            let (names, stand) = services(&gateway, words, name).await;
            assert_eq!((names.len(), &stand), (count, &json!("CACHED")), "{names:?}");
            suspend(&gateway, &connector).await;
            let (names, stand) = services(&gateway, words, name).await;
            assert!(names.is_empty() && stand != "CACHED", "{stand}: {names:?}");
        }
    });
}

#[test]
fn the_clinic_that_wants_a_signature_is_asked_with_tokens_that_it_gave() {
    run(async {
        let gateway = before(30, &[]).await;
        let id = join(&gateway, "clearview-eye-clinic.toml", "clearview").await;
        let patient = gateway.patient(0).await;
        let shown = async || {
            let data = gateway.data(EYES, json!({ "id": patient })).await;
            of_source(&data["patient"]["conditions"]["nodes"], "Clearview Eye Clinic").len()
        };
        assert_eq!(shown().await, 0);
        approve(&gateway, &id).await;
        assert_eq!(shown().await, 3, "cataract, glaucoma, retinopathy");
        suspend(&gateway, &id).await;
        assert_eq!(shown().await, 0);
    });
}

#[test]
fn a_pharmacy_that_takes_people_for_others_is_never_shown_for_them() {
    run(async {
        let gateway = before(30, &[]).await;
        let id = join(&gateway, "greenleaf-pharmacy.toml", "greenleaf").await;
        approve(&gateway, &id).await;
        let patient = gateway.patient(0).await;
        let pharmacy = gateway.sandbox.system("greenleaf").expect("it runs");
        pharmacy.set_fault(Fault::WrongPatient);
        let data = gateway.data(MEDICINES, json!({ "id": patient })).await;
        let medications = &data["patient"]["medications"];
        assert!(of_source(&medications["nodes"], "Greenleaf Pharmacy").is_empty());
        assert_eq!(medications["completeness"]["state"], "PARTIAL");
    });
}
