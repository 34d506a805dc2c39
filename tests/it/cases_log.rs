//! What the audit log owes to patients: no emergency without it, and no way from it to them.

use caregraph::access::{Policy, Role as OurRole};
use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::audit_log::{break_log, caregraph, collect, config, lock_log, mend_log, unlock_log};
use crate::gateway::{TestGateway, run};
use crate::sdl::{Field, Sdl};

const WHO: &str = "query($id: ID!) { patient(id: $id) { id name { text } } }";
const BREAK: &str = "mutation($id: ID!) { breakGlass(input: { patient: $id, reason: UNABLE_TO_CONSENT, text: \"found unconscious at the bus station\" }) { id patient } }";
const LOG: &str = "query($first: Int) { accessLog(first: $first) { nodes { entry event outcome patient viewer role classes redactions labels object: request policy } } }";
const GLASSES: &str = "{ brokenGlasses { id patient person } }";
const STRANGER: &str = "AQAAAAAAAAAAAAAAAAAAAAA";

async fn gateway() -> TestGateway {
    let builder = TestGateway::builder().patients(10).shape(|shape| {
        shape.relationship = "required";
        shape.labels = "enforced";
    });
    builder.start().await
}

/// A token of a doctor who stands in no relation to anybody.
fn stranger(gateway: &TestGateway) -> String {
    let spec = TokenSpec {
        subject: Some("dr-nassar".to_owned()),
        organization: Some("elsewhere".to_owned()),
        ..TokenSpec::new(Role::Specialist)
    };
    gateway.sandbox.issuer().token(&spec)
}

async fn log(gateway: &TestGateway) -> Vec<Value> {
    let data = gateway.ask(Role::Auditor, LOG, json!({ "first": 100 })).await.data();
    items(&data["accessLog"]["nodes"]).to_vec()
}

#[test]
fn case_16_no_glass_is_broken_while_the_audit_log_cannot_be_written() {
    run(async {
        let gateway = gateway().await;
        let (id, doctor) = (gateway.patient(3).await, stranger(&gateway));
        let ask = async |query: &str, id: &str| {
            gateway.ask_with(&doctor, query, json!({ "id": id })).await
        };
        let home = gateway.home.path().to_owned();
        for is_locked in [false, true] {
            // The table is gone, or another process holds the file and does not let go.
            let lock = if is_locked { Some(lock_log(&home).await) } else { None };
            if !is_locked {
                break_log(&home).await;
            }
            let (known, unknown) = tokio::join!(ask(BREAK, &id), ask(BREAK, STRANGER));
            assert_eq!(known.codes(), ["SOURCE_UNAVAILABLE"], "{}", known.text);
            assert_eq!(known.json()["data"], json!({ "breakGlass": null }));
            assert_eq!(known.text, unknown.text, "the refusal tells that there is such a patient");
            assert_eq!(ask(WHO, &id).await.status, 503);
            match lock {
                Some(lock) => unlock_log(lock).await,
                None => mend_log(&home).await,
            }
            assert_eq!(ask(WHO, &id).await.codes(), ["NOT_FOUND"], "the glass was broken");
            let glasses = gateway.ask(Role::Auditor, GLASSES, json!({})).await.data();
            assert_eq!(glasses["brokenGlasses"], json!([]));
        }
        ask(BREAK, &id).await.data();
        assert_eq!(ask(WHO, &id).await.data()["patient"]["id"], json!(id));
        let entries = log(&gateway).await;
        let outcomes: Vec<&Value> = entries
            .iter()
            .filter(|entry| entry["event"] == "BREAK_GLASS")
            .map(|entry| &entry["outcome"])
            .collect();
        assert_eq!(outcomes[..2], ["DONE", "ATTEMPTED"], "the newest first");
        assert!(!outcomes[2..].contains(&&json!("DONE")), "{outcomes:?}");
        let denied = ask(BREAK, STRANGER).await;
        assert_eq!(denied.codes(), ["NOT_FOUND"]);
        let newest = log(&gateway).await.remove(0);
        let what = [&newest["event"], &newest["outcome"], &newest["patient"]];
        assert_eq!(what, [&json!("BREAK_GLASS"), &json!("FAILED"), &Value::Null]);
        let home = gateway.home.clone();
        let config = config(&gateway, &home);
        gateway.stop().await;
        let whole = caregraph(&["audit", "verify", "--config", &config]);
        assert!(whole.status.success(), "{whole:?}");
    });
}

/// An argument of that type that leads to a patient, if one can.
fn argument(of: &str, clue: &str) -> Option<Value> {
    match of.trim_matches(['[', ']', '!']) {
        "ID" if of.starts_with('[') => Some(json!([clue])),
        "ID" | "String" => Some(json!(clue)),
        "IdentifierInput" => Some(json!({ "system": clue, "value": clue })),
        "ViewerInput" => Some(json!({ "role": "PRIMARY_CARE", "organization": "lakeside" })),
        _ => None,
    }
}

/// A query for all that a root has, with every argument that can hold a clue.
fn root(sdl: &Sdl, field: &Field, clue: &str) -> (String, Value) {
    let given: Vec<(&str, &str, Value)> = field
        .arguments
        .iter()
        .filter_map(|(name, of, _)| Some((name.as_str(), of.as_str(), argument(of, clue)?)))
        // A cursor is no clue, and who has one and an identifier may give only one of them.
        .filter(|(name, ..)| {
            *name != "after" && !(field.name == "patient" && *name == "identifier")
        })
        .collect();
    let declared: Vec<String> =
        given.iter().map(|(name, of, _)| format!("${name}: {of}")).collect();
    let passed: Vec<String> = given.iter().map(|(name, ..)| format!("{name}: ${name}")).collect();
    let around = |text: &str| if text.is_empty() { String::new() } else { format!("({text})") };
    let below = if field.type_name() == "Node" {
        "id ... on Patient { name { text } birthDate identifiers { value } links { reference } }"
            .to_owned()
    } else {
        sdl.everything(field.type_name())
    };
    let below = if below.is_empty() { below } else { format!("{{ {below} }}") };
    let (head, call) = (around(&declared.join(" ")), around(&passed.join(" ")));
    let variables = given.into_iter().map(|(name, _, value)| (name.to_owned(), value));
    (format!("query{head} {{ {}{call} {below} }}", field.name), Value::Object(variables.collect()))
}

#[test]
fn case_18_an_auditor_reads_a_log_of_pseudonyms_and_no_path_leads_from_one_to_a_name() {
    run(async {
        let gateway = gateway().await;
        let id = gateway.patient(0).await;
        let doctor = stranger(&gateway);
        gateway.ask_with(&doctor, BREAK, json!({ "id": id })).await.data();
        let all = "query($id: ID!) { patient(id: $id) { name { text family given } birthDate identifiers { value } addresses { line } telecom { value } links { reference } conditions { nodes { id code { text } } } medications { nodes { id } } } }";
        let seen = gateway.ask_with(&doctor, all, json!({ "id": id })).await.data();
        let own = gateway.token_for(Role::Patient, &id);
        let told = gateway.ask_with(&own, all, json!({ "id": id })).await.data();
        let mut secrets = vec![id.clone()];
        collect(&seen["patient"], &mut secrets);
        collect(&told["patient"], &mut secrets);
        assert!(secrets.len() > 20, "{}", secrets.len());
        let tells = |answer: &Answer, except: &str| {
            let told = secrets.iter().find(|it| *it != except && answer.text.contains(it.as_str()));
            told.cloned()
        };

        let answer = gateway.ask(Role::Auditor, LOG, json!({ "first": 100 })).await;
        assert_eq!(tells(&answer, ""), None, "{}", answer.text);
        let entries = log(&gateway).await;
        let of_doctor: Vec<&Value> =
            entries.iter().filter(|entry| entry["viewer"] == "dr-nassar").collect();
        let pseudonym = text(&of_doctor[0]["patient"]);
        assert!(pseudonym.starts_with("p-"), "{pseudonym}");
        assert!(of_doctor.iter().all(|entry| entry["patient"] == json!(pseudonym)));
        let read = of_doctor.iter().find(|entry| entry["event"] == "READ").unwrap();
        assert!(
            items(&read["classes"]).contains(&json!("CONDITIONS")),
            "which kinds, and no values"
        );
        let own = |entry: &&Value| entry["event"] == "LOG_READ" && entry["role"] == "AUDITOR";
        assert_eq!(entries.iter().filter(own).count(), 1, "the reading before is on record");

        // A broken glass bears the same pseudonym, so that an auditor knows which reading was an emergency.
        let broken = of_doctor.iter().find(|entry| entry["event"] == "BREAK_GLASS").unwrap();
        let (policy, all) = (Policy::default_policy(), caregraph::access::Label::ALL.iter());
        let opened = all.filter(|label| policy.clearance(OurRole::Specialist, **label).break_glass);
        let opened: Vec<&str> = opened.map(|label| label.name()).collect();
        assert_eq!(broken["labels"], json!(opened), "what the glass opens to a specialist");
        let glasses = gateway.ask(Role::Auditor, GLASSES, json!({})).await.data();
        let glass = &glasses["brokenGlasses"][0];
        assert_eq!(glass["patient"], json!(pseudonym));
        let patient = gateway.token_for(Role::Patient, &id);
        let theirs = gateway.ask_with(&patient, GLASSES, json!({})).await.data();
        assert_eq!(
            theirs["brokenGlasses"][0]["patient"],
            Value::Null,
            "a pseudonym is for auditors"
        );

        let sdl = Sdl::ours();
        let clues = [pseudonym, text(&glass["id"]), text(&broken["entry"]), id.clone()];
        let (mut answered, mut refused) = (0, 0);
        for field in sdl.fields("Query") {
            for clue in &clues {
                let (query, variables) = root(&sdl, field, clue);
                let answer = gateway.ask(Role::Auditor, &query, variables).await;
                assert_eq!(tells(&answer, clue), None, "{query}: {}", answer.text);
                let json = answer.json();
                let found = json["data"][&field.name].is_null();
                *(if found { &mut refused } else { &mut answered }) += 1;
            }
        }
        assert!(answered >= 8 && refused > 20, "{answered} answered, {refused} refused");
        gateway.stop().await;
    });
}
