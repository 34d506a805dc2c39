//! Who may change the policy: nobody alone.

use std::path::Path;
use std::sync::Arc;

use caregraph::access::{ApprovalKey, Policy};
use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::items;
use crate::audit_log::caregraph;
use crate::config::Shape;
use crate::gateway::{TestGateway, run, until};
use crate::home::Home;

const WHO: &str = "query($id: ID!) { patient(id: $id) { id name { text } identifiers { value } } }";
const CHANGES: &str =
    "{ accessLog(first: 100) { nodes { event outcome policy policyBefore approvers } } }";

fn key(seed: u8) -> ApprovalKey {
    ApprovalKey::of_seed(&[seed; 32]).unwrap()
}

/// The part of a configuration that names Ada and Ben.
fn approvers() -> String {
    let (privacy, security) = (key(1).public().to_string(), key(2).public().to_string());
    format!("\n[access.approvers]\n\"privacy\" = {privacy:?}\n\"security\" = {security:?}\n")
}

/// Puts a text in the place of a file as a whole.
fn put(folder: &Path, name: &str, text: &str) {
    let beside = folder.join("draft");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(&beside, folder.join(name)).unwrap();
}

/// The default policy with another cell for one role.
fn with_cell(row: &str, column: usize, cell: &str) -> String {
    let line = Policy::DEFAULT
        .lines()
        .find(|line| line.split('=').next().map(str::trim) == Some(row))
        .unwrap();
    let mut cells: Vec<&str> = line.split('"').nth(1).unwrap().split_whitespace().collect();
    cells[column] = cell;
    Policy::DEFAULT.replace(line, &format!("{row} = \"{}\"", cells.join(" ")))
}

/// What the log says of changes of policy: what became of them, the versions, who approved; the oldest first.
async fn changes(gateway: &TestGateway) -> Vec<(String, Value, Value, Value)> {
    let data = gateway.ask(Role::Auditor, CHANGES, json!({})).await.data();
    let entries = items(&data["accessLog"]["nodes"]).iter().rev();
    let entries = entries.filter(|entry| entry["event"] == "POLICY_CHANGED");
    let entry = |entry: &Value| {
        let outcome = entry["outcome"].as_str().unwrap().to_owned();
        let [before, after, who] =
            ["policyBefore", "policy", "approvers"].map(|it| entry[it].clone());
        (outcome, before, after, who)
    };
    entries.map(entry).collect()
}

/// Roles come from whoever issues the tokens, and caregraph cannot grant one: what an administrator could give themselves
/// is a policy that opens more. So the policy is what needs a second approver, and no policy opens a patient to an
/// administrator, however many approve it.
#[test]
fn case_19_a_policy_takes_effect_only_once_two_approvers_signed_it_and_an_admin_sees_no_patient() {
    run(async {
        let home = Arc::new(Home::new());
        let (privacy, security) = (key(1), key(2));
        let both = |text: &str| format!("{}\n{}\n", privacy.approve(text), security.approve(text));
        put(home.path(), "policy.toml.approvals", &both(Policy::DEFAULT));
        let builder = TestGateway::builder().patients(3).at_home(home.clone());
        let gateway = builder.shape(|shape| shape.extra = approvers()).start().await;
        let id = gateway.patient(0).await;
        let sees_numbers = async || {
            let answer = gateway.ask(Role::Coordinator, WHO, json!({ "id": id })).await;
            !answer.data()["patient"]["identifiers"].is_null()
        };
        assert!(!sees_numbers().await);

        let wider = with_cell("IDENTIFIERS", 0, "F");
        put(home.path(), "policy.toml", &wider);
        let said = async |count: usize| {
            until("the log tells", || async { changes(&gateway).await.len() == count }).await;
            changes(&gateway).await.pop().unwrap()
        };
        let (outcome, before, refused, who) = said(1).await;
        assert_eq!((outcome.as_str(), &who), ("DENIED", &json!([])));
        assert_ne!(before, refused);
        let mut approvals = both(Policy::DEFAULT);
        // One person who signs twice is one person, and a stranger is nobody.
        for (count, key) in [(2, &privacy), (3, &privacy), (4, &key(3))] {
            approvals.extend([&key.approve(&wider), "\n"]);
            put(home.path(), "policy.toml.approvals", &approvals);
            let (outcome, stays, asked, who) = said(count).await;
            assert_eq!((outcome.as_str(), &who), ("DENIED", &json!(["privacy"])));
            assert_eq!((&stays, &asked), (&before, &refused));
            assert!(!sees_numbers().await, "a policy of one approver holds");
        }
        approvals.extend([&security.approve(&wider), "\n"]);
        put(home.path(), "policy.toml.approvals", &approvals);
        let (outcome, from, to, who) = said(5).await;
        assert_eq!((outcome.as_str(), &who), ("DONE", &json!(["privacy", "security"])));
        // What hides nothing by the configuration is told in the version.
        let marked = json!(format!("{}-without-labels", refused.as_str().unwrap()));
        assert_eq!((&from, &to), (&before, &marked));
        until("the policy of two approvers holds", &sees_numbers).await;
        for query in
            [WHO, "query($id: ID!) { node(id: $id) { id } }", "{ patients { nodes { id } } }"]
        {
            let admin = gateway.ask(Role::Admin, query, json!({ "id": id })).await;
            let nobody = json!({ "id": "AQAAAAAAAAAAAAAAAAAAAAA" });
            assert_eq!(admin.text, gateway.ask(Role::Admin, query, nobody).await.text);
            assert!(!admin.text.contains(&id), "{}", admin.text);
        }
        gateway.stop().await;
    });
}

#[test]
fn case_19_no_policy_shows_an_admin_anything_of_a_patient() {
    let class = |row: &str, cell: &str| Policy::parse(&with_cell(row, 9, cell));
    let mut refused = 0;
    let (tables, _) = Policy::DEFAULT.split_once("[relationships]").unwrap();
    let lines = tables.lines().filter(|line| !line.starts_with('#'));
    for row in lines.filter_map(|line| line.split_once(" = \"")).map(|(row, _)| row.trim()) {
        let open = class(row, "F");
        let may = ["RELATIONSHIPS", "SOURCE_STATUS", "INTROSPECTION"];
        if may.contains(&row) || row.starts_with("CONNECTOR_") || row == "LINK_ADMINISTRATION" {
            assert!(open.is_ok(), "{row}");
            continue;
        }
        refused += 1;
        let mistakes = open.unwrap_err().to_string();
        assert!(mistakes.contains(row), "{row}: {mistakes}");
        assert!(class(row, "-").is_ok(), "{row}");
    }
    assert_eq!(refused, 28 + 11, "classes about patients, and labels");
}

#[test]
fn case_19_without_its_approvals_a_policy_stops_the_start() {
    run(async {
        let sandbox = crate::gateway::shared().await.sandbox.clone();
        let home = Home::new();
        let shape = Shape { extra: approvers(), ..Shape::default() };
        let config = home.path().join("caregraph.toml");
        std::fs::write(&config, shape.text(&sandbox, home.path())).unwrap();
        let config = config.display().to_string();
        let file = |name: &str| home.path().join(name).display().to_string();
        let policy = file("policy.toml");
        let one = format!("{}\n", key(1).approve(Policy::DEFAULT));
        for (approvals, missing) in [("", "0 of 2"), (one.as_str(), "1 of 2")] {
            put(home.path(), "policy.toml.approvals", approvals);
            for arguments in [
                vec!["serve", "--config", &config],
                vec!["policy", "check", &policy, "--config", &config],
            ] {
                let refused = caregraph(&arguments);
                assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
                let why = String::from_utf8(refused.stderr).unwrap();
                assert!(why.contains("is not approved") && why.contains(missing), "{why}");
            }
        }
    });
}

#[test]
fn a_policy_is_checked_and_approved_on_the_command_line() {
    let home = Home::new();
    let file = |name: &str| home.path().join(name).display().to_string();
    let (secret, policy) = (file("privacy.key"), file("policy.toml"));
    let said = |arguments: &[&str]| {
        let output = caregraph(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    std::fs::write(&policy, Policy::DEFAULT).unwrap();
    let public = said(&["policy", "key", "--out", &secret]);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&secret).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let again = caregraph(&["policy", "key", "--out", &secret]);
    assert_eq!(again.status.code(), Some(1), "a key is never written over");
    said(&["policy", "approve", "--key", &secret, &policy]);
    let people = vec![("Ada".to_owned(), public.parse().unwrap())];
    let approvers = caregraph::access::Approvers { people, needed: 1 };
    let approvals = std::fs::read_to_string(file("policy.toml.approvals")).unwrap();
    assert_eq!(approvers.who_approved(Policy::DEFAULT, &approvals), ["Ada"]);
    assert!(said(&["policy", "check", &policy]).contains("no mistakes; version "));
    let matrix = said(&["policy", "check", "--matrix", &policy]);
    assert_eq!(matrix, include_str!("../../access-matrix.txt").trim());
    // A policy that would be refused is not approved either.
    std::fs::write(&policy, with_cell("NAME", 9, "F")).unwrap();
    for arguments in
        [vec!["policy", "check", &policy], vec!["policy", "approve", "--key", &secret, &policy]]
    {
        let refused = caregraph(&arguments);
        assert_eq!(refused.status.code(), Some(1));
        let why = String::from_utf8(refused.stderr).unwrap();
        assert!(why.contains("classes.NAME: the cell of ADMIN must be -"), "{why}");
    }
    let kept = std::fs::read_to_string(file("policy.toml.approvals")).unwrap();
    assert_eq!(kept, approvals);
}
