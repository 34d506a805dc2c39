//! The next version, asked in the shadow of the one in use.

use caregraph_sandbox::{Options, PharmacyFile, Sandbox};

use super::examples::{approve, example};
use super::*;
use crate::home::Home;
use crate::metrics::scrape;
use crate::servers::Postgres;
use crate::servers::two_doors::{Mood, TwoDoors};

const METRICS: &str = "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n";
const CHART: &str = "query($id: ID!) { patient(id: $id) { \
    medications(first: 100) { totalCount completeness { state sources { source { name } state } } \
      nodes { drug { text } fills { dispensed pharmacy } provenance { records { source { name } reference } } } } \
    allergies(first: 100) { totalCount completeness { state } \
      nodes { substance { text } provenance { records { source { name } reference } } } } } }";
const SHADOW: &str = "{ connectors { name connector { state version } history { change version share by reason } \
    shadow { version share since asked dropped sections { section asked same differing gone new problems mended } } } }";

/// The pharmacy of the examples, in use, with a second version of its manifest that has passed its test.
struct Canary {
    gateway: TestGateway,
    doors: TwoDoors,
    /// Of the connector.
    id: String,
    partner: String,
    /// Of our first patient.
    patient: String,
}

fn shape(shape: &mut Shape) {
    shape.extra = format!("{EGRESS}{METRICS}");
    shape.systems = vec!["lakeside", "stmary"];
}

impl Canary {
    async fn new() -> Self {
        Self::at(TestGateway::builder().patients(30).shape(shape).start().await).await
    }

    async fn at(gateway: TestGateway) -> Self {
        let system = gateway.sandbox.system("greenleaf").expect("it runs");
        let doors = TwoDoors::before(system.base_url()).await;
        let organization = Some(system.organization().to_owned());
        let spec = TokenSpec { organization, ..TokenSpec::new(Role::Partner) };
        let partner = gateway.sandbox.issuer().token(&spec);
        let (manifest, credential) = example(&gateway, "greenleaf-pharmacy.toml", "greenleaf");
        let first = manifest.replace(&format!("{}/", system.base_url()), &doors.url);
        let mutation = format!(
            "mutation($input: ConnectorInput!) {{ registerConnector(input: $input) {{ {WHOLE} }} }}"
        );
        let input = json!({ "input": { "manifest": first, "credential": credential } });
        let registered = gateway.ask_with(&partner, &mutation, input).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        approve(&gateway, &id).await;
        let mutation = format!(
            "mutation($id: ID!, $manifest: String!) {{ updateConnector(id: $id, manifest: $manifest) {{ {WHOLE} }} }}"
        );
        let variables = json!({ "id": id, "manifest": second(&first, &doors.url) });
        let updated = gateway.ask_with(&partner, &mutation, variables).await.data();
        let updated = &updated["updateConnector"];
        assert_eq!(updated["setup"]["waiting"]["report"]["passed"], true, "{updated}");
        let patient = gateway.patient(0).await;
        Self { gateway, doors, id, partner, patient }
    }

    async fn shadow(&self, gateway: &TestGateway, version: u32, share: &str) -> Answer {
        let rest = format!(", version: {version}, share: {share}");
        act(gateway, &admin(gateway, "admin-1"), "shadowConnector", &self.id, &rest).await
    }

    /// What a clinician is shown, to the letter.
    async fn chart(&self, gateway: &TestGateway) -> String {
        gateway.data(CHART, json!({ "id": self.patient })).await.to_string()
    }

    /// How the connector stands at a node.
    async fn stands(&self, gateway: &TestGateway) -> Value {
        gateway.ask_with(&self.partner, SHADOW, Value::Null).await.data()["connectors"][0].take()
    }

    async fn change(&self, gateway: &TestGateway) -> Value {
        let history = self.stands(gateway).await["history"].take();
        items(&history).last().cloned().expect("something was done")
    }

    /// Waits until so many questions were asked of both.
    async fn compared(&self, gateway: &TestGateway, questions: u64) -> Value {
        let is_so = || async { self.stands(gateway).await["shadow"]["asked"] == questions };
        until("the versions are compared", is_so).await;
        self.stands(gateway).await["shadow"].take()
    }
}

/// The next version: by the second door, without the directions of what was handed out, and without prescriptions.
fn second(first: &str, url: &str) -> String {
    let (above, rest) = first.split_once("# What was prescribed.").expect("it is there");
    let (_, below) = rest.split_once("# What members said").expect("it is there");
    let directions = "dosage = [{ text = \"$.sig\" }]\n";
    assert!(above.contains(directions));
    let above = above.replace(directions, "");
    format!("{above}# What members said{below}").replace(url, &format!("{url}next/"))
}

fn file(gateway: &TestGateway, person: u64) -> PharmacyFile {
    gateway.sandbox.population().pharmacy_file(person).expect("they are a member")
}

#[test]
fn what_the_next_version_says_otherwise_is_counted_and_never_shown() {
    run(async {
        let canary = Canary::new().await;
        let gateway = &canary.gateway;
        let (before, file) = (canary.chart(gateway).await, file(gateway, 0));
        assert!(before.contains("order/") && before.contains("fill/"), "{before}");
        let mutation = "mutation($id: ID!) { shadowConnector(id: $id, version: 2) { connector { state version } setup { shadow { version share asked } } } }";
        let answer = gateway.ask_with(&canary.partner, mutation, json!({ "id": canary.id })).await;
        assert_eq!(answer.codes(), ["FORBIDDEN"]);
        let admin = admin(gateway, "admin-1");
        let answer = gateway.ask_with(&admin, mutation, json!({ "id": canary.id })).await.data();
        let expected = json!({ "connector": { "state": "ACTIVE", "version": 1 },
            "setup": { "shadow": { "version": 2, "share": 0.1, "asked": 0 } } });
        assert_eq!(answer["shadowConnector"], expected);
        assert_eq!(canary.shadow(gateway, 2, "1.5").await.codes(), ["BAD_USER_INPUT"]);
        assert_eq!(canary.shadow(gateway, 1, "1").await.codes(), ["CONFLICT"]);
        canary.shadow(gateway, 2, "1").await.data();

        assert_eq!(canary.chart(gateway).await, before);
        let shadow = canary.compared(gateway, 2).await;
        let fills = file.fills.iter().filter(|fill| !fill.voided).count();
        let (orders, allergies) = (file.prescriptions.len(), file.allergies.len());
        assert!(fills > 0 && orders > 0);
        let section = |section: &str, same, differing, gone| {
            json!({ "section": section, "asked": 1, "same": same,
            "differing": differing, "gone": gone, "new": 0, "problems": 0, "mended": 0 })
        };
        let expected = json!([
            section("ALLERGIES", allergies, 0, 0),
            section("MEDICATIONS", 0, fills, orders)
        ]);
        assert_eq!((&shadow["sections"], &shadow["dropped"]), (&expected, &json!(0)), "{shadow}");
        let metrics = scrape(gateway).await;
        let of = |outcome| {
            let labels =
                [("source", "greenleaf"), ("section", "MEDICATIONS"), ("outcome", outcome)];
            metrics.value("caregraph_shadow_records_total", &labels).to_string()
        };
        assert_eq!((of("gone"), of("differing")), (orders.to_string(), fills.to_string()));
        assert_eq!(canary.chart(gateway).await, before);
        canary.compared(gateway, 4).await;

        // It goes on after a restart, and counts anew.
        let (sandbox, home) = (gateway.sandbox.clone(), gateway.home.clone());
        let Canary { gateway, doors, id, partner, patient } = canary;
        gateway.stop().await;
        let again = TestGateway::builder().before(sandbox).at_home(home).shape(shape).start().await;
        let canary = Canary { gateway: again, doors, id, partner, patient };
        let gateway = &canary.gateway;
        assert_eq!(canary.chart(gateway).await, before);
        canary.compared(gateway, 2).await;

        // The differences were seen, so that they block nothing.
        let rest = ", version: 2";
        act(gateway, &admin, "approveConnector", &canary.id, rest).await.data();
        let stands = canary.stands(gateway).await;
        assert_eq!((&stands["shadow"], &stands["connector"]["version"]), (&Value::Null, &json!(2)));
        assert!(!canary.chart(gateway).await.contains("order/"));
        let changes: Vec<String> =
            items(&stands["history"]).iter().skip(5).map(|it| text(&it["change"])).collect();
        assert_eq!(changes, ["TESTED", "SHADOWED", "SHADOWED", "APPROVED"]);
    });
}

#[test]
fn a_next_version_that_hangs_delays_no_answer_and_is_called_off_with_the_connector() {
    run(async {
        let canary = Canary::new().await;
        let gateway = &canary.gateway;
        let before = canary.chart(gateway).await;
        canary.shadow(gateway, 2, "1").await.data();
        canary.doors.set(Mood::Hangs);
        for _ in 0..5 {
            assert_eq!(canary.chart(gateway).await, before);
        }
        // Its questions wait still, a few of them; the others were not asked.
        let is_hanging = || async { canary.doors.hanging() >= 4 };
        until("four questions wait", is_hanging).await;
        let shadow = canary.stands(gateway).await["shadow"].take();
        assert_eq!(shadow["dropped"], 6, "{shadow}");
        // Whoever is shown the source that was in use goes on with it, and not with its shadow.
        let used = gateway.source("greenleaf");
        assert!(used.shadow.get().is_some());
        let rest = ", reason: \"an audit\"";
        act(gateway, &canary.partner, "suspendConnector", &canary.id, rest).await.data();
        assert!(used.shadow.get().is_none());
        until("nothing is asked any more", || async { canary.doors.hanging() == 0 }).await;
        assert_eq!(canary.stands(gateway).await["shadow"], Value::Null);
        canary.doors.set(Mood::Well);
        let rest = ", version: 1";
        act(gateway, &admin(gateway, "admin-1"), "approveConnector", &canary.id, rest).await.data();
        let asked = canary.doors.asked();
        assert_eq!(canary.chart(gateway).await, before);
        assert_eq!(
            (canary.doors.asked(), canary.stands(gateway).await["shadow"].take()),
            (asked, Value::Null)
        );
    });
}

#[test]
fn a_next_version_that_mixes_up_patients_is_asked_no_more_and_the_one_in_use_stays() {
    run(async {
        let canary = Canary::new().await;
        let gateway = &canary.gateway;
        let before = canary.chart(gateway).await;
        let has_all =
            |file: &PharmacyFile| !file.fills.is_empty() && !file.prescriptions.is_empty();
        let files = (1..30).filter_map(|number| gateway.sandbox.population().pharmacy_file(number));
        let stranger = files.into_iter().find(has_all).expect("somebody else is a member");
        canary.shadow(gateway, 2, "1").await.data();
        canary.doors.set(Mood::Mixes(stranger.member_number));
        assert_eq!(canary.chart(gateway).await, before);
        let ended = || async { canary.change(gateway).await["change"] == "SHADOW_ENDED" };
        until("the shadow ends", ended).await;
        let change = canary.change(gateway).await;
        assert_eq!((&change["version"], &change["by"]), (&json!(2), &Value::Null));
        assert!(text(&change["reason"]).contains("other patients"), "{change}");
        let stands = canary.stands(gateway).await;
        let expected = json!({ "state": "ACTIVE", "version": 1 });
        assert_eq!((&stands["shadow"], &stands["connector"]), (&Value::Null, &expected));
        let asked = canary.doors.asked();
        assert_eq!(canary.chart(gateway).await, before);
        assert_eq!(canary.doors.asked(), asked);
    });
}

#[test]
fn every_node_asks_the_next_version_and_tells_its_own_figures() {
    run(async {
        let Some(postgres) = Postgres::start().await else { return };
        let options = Options { patients: 8, ..Options::default() };
        let sandbox = Arc::new(Sandbox::start(options).await.expect("the sandbox starts"));
        let home = Arc::new(Home::new());
        std::fs::write(home.path().join("key"), "5c0ffee0".repeat(8)).expect("it can be written");
        let key = home.path().join("key").display().to_string();
        let of_both = |it: &mut Shape| {
            shape(it);
            it.store = Some(format!("url = {:?}\nkey = \"file:{key}\"", postgres.url()));
        };
        let node = || TestGateway::builder().before(sandbox.clone()).at_home(home.clone());
        let canary = Canary::at(node().shape(of_both).start().await).await;
        let (one, other) = (&canary.gateway, &node().shape(of_both).start().await);
        let before = canary.chart(one).await;
        until("both show the same", || async { canary.chart(other).await == before }).await;
        canary.shadow(one, 2, "1").await.data();
        let is_asked = || async { canary.stands(other).await["shadow"]["asked"] == 0 };
        until("the other node asks it too", is_asked).await;
        assert_eq!(canary.chart(other).await, before);
        canary.compared(other, 2).await;
        assert_eq!(canary.stands(one).await["shadow"]["asked"], 0, "figures of this node");
        // Ended at the other node.
        canary.shadow(other, 2, "0").await.data();
        assert_eq!(canary.stands(other).await["shadow"], Value::Null);
        assert_eq!(canary.change(other).await["change"], "SHADOW_ENDED");
        let has_ended = || async { canary.stands(one).await["shadow"] == Value::Null };
        until("the first node follows", has_ended).await;
        let asked = canary.doors.asked();
        for node in [one, other] {
            assert_eq!(canary.chart(node).await, before);
        }
        assert_eq!(canary.doors.asked(), asked);
    });
}
