//! A partner that lists nobody is asked for one patient, by an identifier that the patient agreed to have told to it.

use super::*;
use crate::servers::WalkIn;

const LINK: &str = "mutation($input: LinkByIdentifierInput!) { linkByIdentifier(input: $input) { \
    outcome message consent { id system basis recordedBy revokedAt source { name } } } }";
const REVOKE: &str =
    "mutation($id: ID!) { revokeIdentifierConsent(id: $id) { revokedAt revokedBy } }";
const LIST: &str =
    "query($id: ID!) { identifierConsents(patient: $id) { id basis revokedAt source { name } } }";
const CHART: &str = "query($id: ID!) { patient(id: $id) { links { source { name } basis } \
    allergies(first: 100) { completeness { state sources { source { name } state message } } \
    nodes { provenance { records { source { name } reference } } } } } }";
const CLINIC: &str = "Walk-in Clinic";

/// The clinic before a gateway, and one of its patients, who is known elsewhere too.
struct Town {
    gateway: TestGateway,
    clinic: WalkIn,
    /// The clinic as a source.
    source: String,
    patient: String,
    /// The number by which another practice knows the patient.
    number: Value,
    /// The patient as the clinic knows them.
    member: Value,
}

/// With copies of what sources said, so that what is over must be forgotten.
fn with_egress(shape: &mut Shape) {
    shape.extra = EGRESS.to_owned();
    shape.cache = "enabled = true";
}

impl Town {
    async fn new() -> Self {
        let gateway = TestGateway::builder().patients(8).shape(with_egress).start().await;
        let clinic = WalkIn::open().await;
        let (patient, number, member) = somebody(&gateway).await;
        let source = open(&gateway, &clinic, &text(&number["system"])).await;
        clinic.knows(std::slice::from_ref(&member));
        Self { gateway, clinic, source, patient, number, member }
    }

    fn input(&self) -> Value {
        json!({ "patient": self.patient, "source": self.source, "system": self.number["system"],
            "value": self.number["value"], "basis": "form 17, cabinet 3" })
    }

    async fn link(&self, input: Value) -> Value {
        let linked = self.gateway.data(LINK, json!({ "input": input })).await;
        linked["linkByIdentifier"].clone()
    }

    /// How the clinic stands among the allergies, which of its records are shown, and whether it is linked.
    async fn chart(&self, role: Role) -> (Value, Vec<String>, bool) {
        chart(&self.gateway, role, &self.patient).await
    }
}

async fn chart(gateway: &TestGateway, role: Role, patient: &str) -> (Value, Vec<String>, bool) {
    let data = gateway.ask(role, CHART, json!({ "id": patient })).await.data();
    let allergies = &data["patient"]["allergies"];
    let of_clinic = |it: &&Value| it["source"]["name"] == CLINIC;
    let mut state = items(&allergies["completeness"]["sources"]).iter().find(of_clinic).cloned();
    if let Some(state) = state.as_mut().filter(|it| it["state"] == "CACHED") {
        state["state"] = json!("OK");
    }
    let records = items(&allergies["nodes"])
        .iter()
        .flat_map(|node| items(&node["provenance"]["records"]).to_vec())
        .filter(|record| of_clinic(&record))
        .map(|record| text(&record["reference"]))
        .collect();
    let links = &data["patient"]["links"];
    let is_linked = links.as_array().is_some_and(|links| links.iter().any(|it| of_clinic(&it)));
    (state.unwrap_or(Value::Null), records, is_linked)
}

/// Somebody whom a practice knows: who they are, their number there, and what a clinic would write down.
async fn somebody(gateway: &TestGateway) -> (String, Value, Value) {
    for (number, truth) in (0..).zip(gateway.sandbox.truths()) {
        let is_one = truth.records.iter().all(|it| it.cluster == 0 && !it.ambiguous);
        let Some(record) = truth.record("lakeside").filter(|_| is_one) else { continue };
        let resource = gateway.resource("lakeside", &format!("Patient/{}", record.id)).await;
        let number_there = gateway.record_number("lakeside", &record.id).await;
        let name = &resource["name"][0];
        let member = json!({ "key": "K-1", "no": number_there["value"], "last": name["family"],
            "first": name["given"][0], "born": resource["birthDate"] });
        return (gateway.patient(number).await, number_there, member);
    }
    panic!("nobody is known to the practice alone")
}

/// Lets the clinic join; its id as a source.
async fn open(gateway: &TestGateway, clinic: &WalkIn, system: &str) -> String {
    let registered = register(gateway, &clinic.manifest(system)).await.data();
    let registered = &registered["registerConnector"];
    assert_eq!(registered["connector"]["state"], "AWAITING_APPROVAL", "{registered:#}");
    let findings = &registered["setup"]["waiting"]["report"]["findings"];
    let find = |check: &str| items(findings).iter().find(|it| it["check"] == check).cloned();
    assert_eq!(find("lookup.nobody").unwrap()["passed"], true);
    assert!(text(&find("lookup").unwrap()["remedy"]).contains("--identifier"));
    assert_eq!(clinic.asked(), ["/members?caregraph-nobody-0"]);
    let id = text(&registered["connector"]["id"]);
    let one = admin(gateway, "admin-1");
    act(gateway, &one, "approveConnector", &id, "").await.data();
    source_id(gateway).await
}

async fn source_id(gateway: &TestGateway) -> String {
    let sources = gateway.data("{ sources { id name identifierSystem } }", Value::Null).await;
    let clinic = items(&sources["sources"]).iter().find(|it| it["name"] == CLINIC).cloned();
    let clinic = clinic.expect("it is in force");
    assert!(clinic["identifierSystem"].is_string());
    text(&clinic["id"])
}

#[test]
fn a_patient_is_linked_by_an_identifier_shown_and_unlinked_again() {
    run(async {
        let mut town = Town::new().await;
        let (state, records, is_linked) = town.chart(Role::PrimaryCare).await;
        assert_eq!(
            (state["state"].clone(), records.len(), is_linked),
            (json!("NOT_LINKED"), 0, false)
        );
        assert!(text(&state["message"]).contains("may know them"), "{state}");
        let nobody = "{ patient(id: \"AQAAAAAAAAAAAAAAAAAAAAA\") { id } }";
        let nobody = town.gateway.ask(Role::PrimaryCare, nobody, Value::Null).await;
        assert_eq!(nobody.codes(), ["NOT_FOUND"], "no list of the clinic is waited for");
        let before = town.clinic.asked().len();
        assert_eq!(before, 1, "nobody has been asked for");

        let linked = town.link(town.input()).await;
        assert_eq!(linked["outcome"], "LINKED", "{linked}");
        assert_eq!(linked["consent"]["basis"], "form 17, cabinet 3");
        assert_eq!(linked["consent"]["revokedAt"], Value::Null);
        let question = format!("/members?{}", text(&town.number["value"]));
        assert_eq!(town.clinic.asked()[before..], [question]);
        let (state, records, is_linked) = town.chart(Role::PrimaryCare).await;
        assert_eq!((state["state"].clone(), is_linked), (json!("OK"), true), "{state}");
        assert_eq!(records, ["allergy/a-K-1"], "the very next query shows them");

        // What is shown of it is the patient's to decide, as of any source.
        let deny = json!({ "patient": town.patient, "decision": "DENY", "sources": [town.source],
            "roles": ["COORDINATOR"], "basis": "form 18" });
        let token = town.gateway.token_for(Role::Patient, &town.patient);
        let record = "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";
        town.gateway.ask_with(&token, record, json!({ "input": deny })).await.data();
        assert_eq!(town.chart(Role::Coordinator).await, (Value::Null, Vec::new(), false));
        let ask = |query: &'static str, variables: Value| {
            town.gateway.ask(Role::Coordinator, query, variables)
        };
        let listed = ask(LIST, json!({ "id": town.patient })).await.data();
        assert_eq!(listed["identifierConsents"], json!([]), "of what they may not know");
        let answer = ask(LINK, json!({ "input": town.input() })).await;
        assert_eq!(answer.codes(), ["NOT_FOUND"], "as if there were no such source");
        let answer = ask(REVOKE, json!({ "id": linked["consent"]["id"] })).await;
        assert_eq!(answer.codes(), ["NOT_FOUND"]);
        assert_eq!(town.chart(Role::PrimaryCare).await.1.len(), 1);

        let asked = town.clinic.asked().len();
        let again =
            town.gateway.ask(Role::PrimaryCare, LINK, json!({ "input": town.input() })).await;
        assert_eq!(
            (again.codes(), town.clinic.asked().len()),
            (vec!["CONFLICT".to_owned()], asked)
        );

        let (sandbox, home) = (town.gateway.sandbox.clone(), town.gateway.home.clone());
        town.gateway.stop().await;
        let builder = TestGateway::builder().before(sandbox).at_home(home);
        town.gateway = builder.shape(with_egress).start().await;
        assert_eq!(
            town.chart(Role::PrimaryCare).await.1,
            ["allergy/a-K-1"],
            "it outlasts a restart"
        );

        let listed = town.gateway.data(LIST, json!({ "id": town.patient })).await;
        let listed = &listed["identifierConsents"];
        assert_eq!(items(listed).len(), 1);
        assert_eq!(listed[0]["source"]["name"], CLINIC);
        let revoked = town.gateway.data(REVOKE, json!({ "id": listed[0]["id"] })).await;
        assert!(revoked["revokeIdentifierConsent"]["revokedAt"].is_string());
        let asked = town.clinic.asked().len();
        let (state, records, is_linked) = town.chart(Role::PrimaryCare).await;
        assert_eq!(
            (state["state"].clone(), records.len(), is_linked),
            (json!("NOT_LINKED"), 0, false)
        );
        assert_eq!(town.clinic.asked().len(), asked, "it is asked no more");
        nothing_is_told(&town).await;
    });
}

/// The log says what was done, and neither it nor the store holds the identifier.
async fn nothing_is_told(town: &Town) {
    let log = "query($id: ID) { accessLog(patient: $id, first: 100) { nodes { event outcome } } }";
    let log = town.gateway.ask(Role::Auditor, log, json!({ "id": town.patient })).await.data();
    let entries = items(&log["accessLog"]["nodes"]).to_vec();
    let looked_up = entries.iter().filter(|it| it["event"] == "LOOKED_UP");
    let mut outcomes: Vec<String> = looked_up.map(|it| text(&it["outcome"])).collect();
    outcomes.sort();
    assert_eq!(outcomes, ["ATTEMPTED", "DONE"]);
    assert!(entries.iter().any(|it| it["event"] == "CONSENT_REVOKED"));
    let number = text(&town.number["value"]);
    let (mut read, home) = (0, town.gateway.home.path());
    for file in std::fs::read_dir(home).expect("it is there") {
        let path = file.expect("it can be listed").path();
        if path.to_string_lossy().contains(".db") {
            let bytes = std::fs::read(&path).expect("it can be read");
            read += bytes.len();
            let kept = String::from_utf8_lossy(&bytes);
            assert!(!kept.contains(&number), "{}", path.display());
        }
    }
    assert!(read > 100_000);
}

#[test]
fn whoever_is_not_this_patient_is_linked_to_nobody_and_nothing_of_them_is_kept() {
    run(async {
        let town = Town::new().await;
        let member = |change: Value| {
            let mut member = town.member.clone();
            for (key, value) in change.as_object().expect("a table") {
                member[key] = value.clone();
            }
            member
        };
        let other = member(json!({ "key": "K-2", "no": "999-1" }));
        let stranger = member(json!({ "last": "Zyx", "first": "Quentin", "born": "1901-01-01" }));
        let answers = [
            (200, json!({ "members": [other] }), "FAILED"),
            (200, json!({ "members": [town.member, other] }), "FAILED"),
            (200, json!({ "members": [stranger] }), "NOT_THE_SAME"),
            (200, json!({ "members": [town.member, member(json!({ "key": "K-3" }))] }), "SEVERAL"),
            (200, json!({ "members": [] }), "NOBODY"),
            (200, json!({ "members": [{ "no": town.number["value"] }] }), "FAILED"),
            (404, json!({}), "FAILED"),
            (200, json!({ "error": "try later" }), "FAILED"),
        ];
        for (status, body, expected) in answers {
            town.clinic.says(status, &body);
            let linked = town.link(town.input()).await;
            assert_eq!(linked["outcome"], expected, "{body}: {linked}");
            assert!(linked["consent"]["revokedAt"].is_string(), "it came to nothing: {linked}");
            let (state, records, is_linked) = town.chart(Role::PrimaryCare).await;
            assert_eq!(
                (state["state"].clone(), records.len(), is_linked),
                (json!("NOT_LINKED"), 0, false)
            );
        }
        let people = "{ patients(search: \"Zyx\") { nodes { id } } }";
        let found = town.gateway.data(people, Value::Null).await;
        assert_eq!(found["patients"]["nodes"], json!([]), "the stranger is known to nobody");
        town.clinic.knows(std::slice::from_ref(&town.member));
        assert_eq!(
            town.link(town.input()).await["outcome"],
            "LINKED",
            "none of that stands in the way"
        );
    });
}

#[test]
fn what_need_not_be_told_is_told_to_nobody() {
    run(async {
        let town = Town::new().await;
        let sources = town.gateway.data("{ sources { id name } }", Value::Null).await;
        let listing =
            items(&sources["sources"]).iter().find(|it| it["name"] == "St. Mary Hospital");
        let mut others = Vec::new();
        for truth in town.gateway.sandbox.truths() {
            if let Some(record) = truth.record("lakeside") {
                others.push(town.gateway.record_number("lakeside", &record.id).await);
            }
        }
        let other = others.into_iter().find(|it| *it != town.number).expect("the practice has two");
        let change = |key: &str, value: Value| {
            let mut input = town.input();
            input[key] = value;
            input
        };
        let refused = [
            (Role::PrimaryCare, change("source", json!("BHdhbGtpbg")), "NOT_FOUND"),
            (Role::PrimaryCare, change("source", listing.unwrap()["id"].clone()), "BAD_USER_INPUT"),
            (
                Role::PrimaryCare,
                change("system", json!("https://other.example/")),
                "BAD_USER_INPUT",
            ),
            (Role::PrimaryCare, change("value", json!("made-up-1")), "BAD_USER_INPUT"),
            (Role::PrimaryCare, change("value", json!(" ")), "BAD_USER_INPUT"),
            (Role::PrimaryCare, change("basis", json!("")), "BAD_USER_INPUT"),
            (Role::PrimaryCare, change("patient", json!("AQAAAAAAAAAAAAAAAAAAAAA")), "NOT_FOUND"),
            // Another patient's.
            (Role::PrimaryCare, change("value", other["value"].clone()), "BAD_USER_INPUT"),
            (Role::Auditor, town.input(), "FORBIDDEN"),
            (Role::Partner, town.input(), "FORBIDDEN"),
            (Role::Specialist, town.input(), "FORBIDDEN"),
        ];
        let before = town.clinic.asked();
        for (role, input, code) in refused {
            let answer = town.gateway.ask(role, LINK, json!({ "input": input })).await;
            assert_eq!(answer.codes(), [code], "{role:?} {input}: {}", answer.text);
        }
        let token = town.gateway.token_for(Role::Patient, &town.patient);
        let record = "mutation($input: ConsentInput!) { recordConsent(input: $input) { id } }";
        let deny = json!({ "patient": town.patient, "decision": "DENY", "sources": [town.source],
            "roles": ["PHARMACIST"], "basis": "form 18" });
        let denial = town.gateway.ask_with(&token, record, json!({ "input": deny })).await.data();
        let input = json!({ "input": town.input() });
        let answer = town.gateway.ask(Role::PrimaryCare, LINK, input.clone()).await;
        assert_eq!(answer.codes(), ["FORBIDDEN"]);
        assert!(answer.text.contains("denies Walk-in Clinic"), "{}", answer.text);
        assert_eq!(town.clinic.asked(), before, "nothing was told to it");
        let list = town.gateway.data(LIST, json!({ "id": town.patient })).await;
        assert_eq!(list["identifierConsents"], json!([]));

        let revoke = "mutation($id: ID!) { revokeConsent(id: $id) { id } }";
        let id = json!({ "id": denial["recordConsent"]["id"] });
        town.gateway.ask_with(&token, revoke, id).await.data();
        // The patient may have it done themselves.
        let linked = town.gateway.ask_with(&token, LINK, input).await.data();
        assert_eq!(linked["linkByIdentifier"]["outcome"], "LINKED", "{linked}");
    });
}

#[test]
fn a_link_holds_on_every_node_and_so_does_its_end() {
    run(async {
        let Some(shared) = Shared::start(8).await else { return };
        let (one, two) = (shared.node(with_egress).await, shared.node(with_egress).await);
        let clinic = WalkIn::open().await;
        let (patient, number, member) = somebody(&one).await;
        let source = open(&one, &clinic, &text(&number["system"])).await;
        clinic.knows(&[member]);
        let stands = |it: (Value, Vec<String>, bool)| text(&it.0["state"]);
        let state = async |node: &TestGateway| {
            let (state, records, _) = chart(node, Role::PrimaryCare, &patient).await;
            assert_eq!(state["state"] == "OK", records.len() == 1, "{state}");
            stands((state, records, false))
        };
        until("the other node has it", || async { state(&two).await == "NOT_LINKED" }).await;
        let input = json!({ "patient": patient, "source": source, "system": number["system"],
            "value": number["value"], "basis": "form 17" });
        // One of the two does not keep the index.
        let linked = two.data(LINK, json!({ "input": input })).await;
        assert_eq!(linked["linkByIdentifier"]["outcome"], "LINKED", "{linked}");
        assert_eq!(state(&two).await, "OK");
        until("one sees it", || async { state(&one).await == "OK" }).await;
        let id = linked["linkByIdentifier"]["consent"]["id"].clone();
        one.data(REVOKE, json!({ "id": id })).await;
        assert_eq!(state(&one).await, "NOT_LINKED");
        until("the other sees it", || async { state(&two).await == "NOT_LINKED" }).await;
        let again = one.data(LINK, json!({ "input": input })).await;
        assert_eq!(again["linkByIdentifier"]["outcome"], "LINKED", "either may");
        assert_eq!(state(&one).await, "OK");
    });
}
