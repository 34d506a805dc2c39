//! The audit log at rest: checked, searched and exported by the command line, and what happens when it cannot be written.

use std::path::Path;
use std::process::{Command, Output};

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::text;
use crate::audit::{CHART, gateway};
use crate::gateway::{TestGateway, run};
use crate::home::Home;

/// The configuration of a gateway, as a file for the command line.
pub(crate) fn config(gateway: &TestGateway, home: &Home) -> String {
    let path = home.path().join("caregraph.toml");
    let text = crate::config::Shape::default().text(&gateway.sandbox, home.path());
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

pub(crate) fn caregraph(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_caregraph")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) async fn break_log(home: &Path) {
    change(home, "ALTER TABLE audit_entry RENAME TO away").await;
}

pub(crate) async fn mend_log(home: &Path) {
    change(home, "ALTER TABLE away RENAME TO audit_entry").await;
}

/// Takes the file for itself, as a backup that hangs would.
pub(crate) async fn lock_log(home: &Path) -> sqlx::AnyConnection {
    let mut connection = connect(home).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
    connection
}

pub(crate) async fn unlock_log(mut lock: sqlx::AnyConnection) {
    use sqlx::Connection as _;
    sqlx::query("ROLLBACK").execute(&mut lock).await.unwrap();
    lock.close().await.unwrap();
}

async fn change(home: &Path, statement: &'static str) {
    use sqlx::Connection as _;
    let mut connection = connect(home).await;
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn connect(home: &Path) -> sqlx::AnyConnection {
    use sqlx::Connection as _;
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", home.join("caregraph-audit.db").display());
    sqlx::AnyConnection::connect(&url).await.unwrap()
}

/// All texts of an answer that are long enough to mean something.
pub(crate) fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() > 3 => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        _ => {}
    }
}

#[test]
fn the_command_line_checks_searches_and_exports() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let answer = gateway.ask(Role::Coordinator, CHART, json!({ "id": id })).await;
        let request = answer.header("x-request-id").to_owned();
        let home = gateway.home.clone();
        let config = config(&gateway, &home);
        let whole = said(&caregraph(&["audit", "verify", "--config", &config]));
        assert!(whole.starts_with("the audit log is whole: "), "it is checked while it is written");
        gateway.stop().await;
        let whole = said(&caregraph(&["audit", "verify", "--config", &config]));
        assert!(whole.contains(" in 1 chains"), "{whole}");
        let key = said(&caregraph(&["audit", "key", "--config", &config]));
        let url = format!("sqlite://{}", home.path().join("caregraph-audit.db").display());
        let by_key = ["audit", "verify", "--store", &url, "--key", key.trim()];
        assert_eq!(said(&caregraph(&by_key)), whole);
        let strange = ["audit", "verify", "--store", &url, "--key", &"ab".repeat(32)];
        assert_eq!(caregraph(&strange).status.code(), Some(1));
        let found = said(&caregraph(&["audit", "search", "--config", &config, "--patient", &id]));
        assert!(found.lines().all(|line| line.contains(&id)), "{found}");
        assert!(found.lines().any(|line| line.contains(&request)), "{found}");
        let export =
            said(&caregraph(&["audit", "export", "--config", &config, "--format", "fhir"]));
        let count = export.lines().map(crate::audit_event::check).count();
        assert!(count > 2, "{export}");
        change(home.path(), "UPDATE audit_entry SET viewer = 'nobody' WHERE seq = 3").await;
        let broken = caregraph(&["audit", "verify", "--config", &config]);
        assert_eq!(broken.status.code(), Some(1));
        let why = String::from_utf8(broken.stderr).unwrap();
        assert!(why.contains("entry 3 of chain 1: it was changed"), "{why}");
    });
}

#[test]
fn a_log_that_was_cut_stops_the_start() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        gateway.data(CHART, json!({ "id": id })).await;
        let home = gateway.home.clone();
        let config = config(&gateway, &home);
        let sandbox = gateway.sandbox.clone();
        gateway.stop().await;
        let again = TestGateway::builder().before(sandbox).at_home(home.clone()).start().await;
        again.data(CHART, json!({ "id": id })).await;
        again.stop().await;
        let whole = said(&caregraph(&["audit", "verify", "--config", &config]));
        assert!(whole.contains(" in 1 chains"), "{whole}");
        change(home.path(), "DELETE FROM audit_entry WHERE seq > 5").await;
        let cut = caregraph(&["audit", "verify", "--config", &config]);
        assert!(
            String::from_utf8(cut.stderr).unwrap().contains("entry 6 of chain 1: it is missing")
        );
        let refused = caregraph(&["serve", "--config", &config]);
        assert_eq!(refused.status.code(), Some(1));
        let why = String::from_utf8(refused.stderr).unwrap();
        assert!(why.contains("which its head file vouches for"), "{why}");
    });
}

#[test]
fn an_answer_that_cannot_be_recorded_is_not_given_and_nothing_is_changed() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let token = gateway.token_for(Role::Patient, &id);
        gateway.data(CHART, json!({ "id": id })).await;
        break_log(gateway.home.path()).await;
        let answer = gateway.ask(Role::PrimaryCare, CHART, json!({ "id": id })).await;
        assert_eq!(answer.status, 503);
        assert_eq!(
            answer.json(),
            json!({ "errors": [{
                "message": "What was asked could not be recorded, so nothing is shown.",
                "extensions": { "code": "SOURCE_UNAVAILABLE" },
            }] })
        );
        let record = "mutation($id: ID!) { recordConsent(input: { patient: $id, decision: DENY, basis: \"form 17\" }) { id } }";
        let answer = gateway.ask_with(&token, record, json!({ "id": id })).await;
        assert_eq!(answer.status, 503);
        let public = gateway.ask(Role::PrimaryCare, "{ me { subject } }", json!({})).await;
        assert_eq!(public.status, 200, "what is about nobody needs no record");
        mend_log(gateway.home.path()).await;
        gateway.data(CHART, json!({ "id": id })).await;
        let list = "query($id: ID!) { consents(patient: $id) { id } }";
        let list = gateway.ask_with(&token, list, json!({ "id": id })).await.data();
        assert_eq!(list["consents"], json!([]), "what could not be recorded was done");
        let home = gateway.home.clone();
        let config = config(&gateway, &home);
        gateway.stop().await;
        said(&caregraph(&["audit", "verify", "--config", &config]));
    });
}

#[test]
fn nothing_that_was_seen_or_asked_stands_in_the_log() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let all = "query($id: ID!, $word: String) { patient(id: $id) { name { text } birthDate identifiers { value } addresses { line city } telecom { value } conditions { nodes { code { text } } } medications { nodes { drug { text } } } } patients(search: $word) { nodes { id } } }";
        let name = gateway.data(CHART, json!({ "id": id })).await["patient"]["name"]["text"].take();
        let word = text(&name).split(' ').next().unwrap_or_default().to_owned();
        let data = gateway.data(all, json!({ "id": id, "word": word })).await;
        let home = gateway.home.clone();
        gateway.stop().await;
        let mut bytes = std::fs::read(home.path().join("caregraph-audit.db")).unwrap();
        bytes.extend(std::fs::read(home.path().join("caregraph-audit.db-wal")).unwrap_or_default());
        let kept = String::from_utf8_lossy(&bytes).into_owned();
        assert!(kept.contains("CONDITIONS"), "the log was read");
        let mut values = Vec::new();
        collect(&data["patient"], &mut values);
        assert!(values.len() > 10);
        for value in values.iter().map(String::as_str).chain([word.as_str()]) {
            assert!(!kept.contains(value), "{value}");
        }
    });
}
