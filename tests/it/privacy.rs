//! What the log must never hold.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use caregraph_sandbox::{Fault, Role, TokenSpec};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::chart::{self, LISTS};
use crate::gateway::{TestGateway, run, until};

/// Words that stand in the test's documents and nowhere else.
const MARKS: [&str; 3] = ["aliasOfTheQuery", "OperationOfTheQuery", "wordSearchedFor"];

/// All that was logged since the test began, by whatever test ran.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens to everything that our own crates say.
    fn listen() -> Self {
        let log = Self::default();
        let filter = EnvFilter::new("off,caregraph=trace,caregraph_connectors=trace");
        let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
        let subscriber = subscriber.with_writer(log.clone()).finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");
        log
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// What is personal about a person: all that their systems hold of who they are.
async fn personal(gateway: &TestGateway, person: u64) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    for record in gateway.sandbox.truth(person).records {
        let patient = gateway.resource(record.system, &format!("Patient/{}", record.id)).await;
        values.insert(record.id);
        for part in ["name", "birthDate", "telecom", "address", "identifier"] {
            strings(&patient[part], &mut values);
        }
    }
    // Public systems of numbers, and words such as "official" or "home", tell nothing about anybody.
    let common = ["official", "usual", "mobile", "phone", "email", "physical", "secondary"];
    values.retain(|value| value.len() > 3 && !value.contains("://") && !value.starts_with("urn:"));
    values.retain(|value| !common.contains(&value.as_str()));
    values
}

fn strings(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(into.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| {
                !matches!(
                    name.as_str(),
                    "type" | "assigner" | "system" | "use" | "state" | "city" | "country"
                )
            })
            .for_each(|(_, value)| strings(value, into)),
        _ => {}
    }
}

/// Everything that may make somebody write something down: good questions, bad ones, broken sources.
async fn make_noise(gateway: &TestGateway, tokens: &[String]) {
    let sections = LISTS.map(|section| format!("{} {{ nodes {{ id }} }}", section.as_str()));
    let whole = format!(
        "query OperationOfTheQuery($id: ID!) {{ aliasOfTheQuery: patient(id: $id) {{ name {{ text }} birthDate telecom {{ value }} {} }} }}",
        sections.join(" ")
    );
    let patient = gateway.patient(0).await;
    let faults = [
        Fault::None,
        Fault::Dead,
        Fault::Garbage,
        Fault::WrongPatient,
        Fault::Status(500),
        Fault::Status(401),
        Fault::Truncated,
        Fault::EndlessPaging,
    ];
    for fault in faults {
        gateway.sandbox.system("stmary").unwrap().set_fault(fault);
        gateway.ask_with(&tokens[0], &whole, json!({ "id": patient })).await;
    }
    gateway.sandbox.system("stmary").unwrap().set_fault(Fault::None);
    for query in [
        "{ patients(search: \"wordSearchedFor\") { nodes { name { text } } } }",
        "{ aliasOfTheQuery }",
        "{ aliasOfTheQuery: ",
        "mutation { unlinkPatient(link: \"aliasOfTheQuery\", reason: \"wordSearchedFor\") { patient } }",
    ] {
        for token in tokens {
            gateway.ask_with(token, query, Value::Null).await;
        }
    }
    let identifier =
        "query($of: IdentifierInput!) { patient(identifier: $of) { links { reference } } }";
    for person in 0..4 {
        let record = gateway.sandbox.truth(person).records.remove(0);
        let of = gateway.record_number(record.system, &record.id).await;
        gateway.ask_with(&tokens[0], identifier, json!({ "of": of })).await;
    }
    gateway.send(&tokens[0], "{\"query\": \"aliasOfTheQuery".to_owned()).await;
    gateway.send(&format!("{}x", tokens[0]), "{}".to_owned()).await;
}

#[test]
fn the_log_holds_nothing_personal() {
    run(async {
        let log = Log::listen();
        let gateway = TestGateway::builder()
            .patients(12)
            .seed(77)
            .shape(|shape| {
                shape.timeout_ms = 3_000;
                // Each fault is to be met, however many there were before.
                shape.of_system.insert("stmary", "longest_rest_ms = 0\n");
            })
            .start()
            .await;
        let issuer = gateway.sandbox.issuer();
        let tokens =
            [Role::PrimaryCare, Role::Admin].map(|role| issuer.token(&TokenSpec::new(role)));
        make_noise(&gateway, &tokens).await;
        until("a failing source is told", || async { log.text().contains("stmary") }).await;
        let mut secrets: BTreeSet<String> = MARKS.map(str::to_owned).into();
        for token in &tokens {
            secrets.extend(token.split('.').map(str::to_owned));
        }
        for person in 0..12 {
            secrets.extend(personal(&gateway, person).await);
        }
        let patient = gateway.patient(0).await;
        secrets.extend(
            chart::read(&gateway, &patient, 100)
                .await
                .into_values()
                .flatten()
                .map(|thing| thing.id),
        );
        secrets.insert(patient);
        assert!(secrets.len() > 200, "{}", secrets.len());
        let logged = log.text();
        assert!(logged.lines().count() > 10, "{logged}");
        let told: Vec<_> = secrets.iter().filter(|secret| has_word(&logged, secret)).collect();
        let lines: Vec<_> = logged
            .lines()
            .filter(|line| told.iter().any(|secret| line.contains(secret.as_str())))
            .take(5)
            .collect();
        assert!(told.is_empty(), "{told:?} in {lines:#?}");
        gateway.stop().await;
    });
}

/// True when a text holds a word as a whole.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(place, _)| {
        let before = text[..place].chars().next_back();
        let after = text[place + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}
