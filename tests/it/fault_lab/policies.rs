//! Policies that come, go and are broken, under load: F30, F31.

use std::path::Path;
use std::time::Duration;

use caregraph::access::Policy;
use caregraph_sandbox::{Options, Role, Sandbox, TokenSpec};
use serde_json::{Value, json};

use super::tell;
use crate::config::Shape;
use crate::crowd::{Crowd, Question};
use crate::exposition::Exposition;
use crate::gateway::{TestGateway, run, until};
use crate::home::Home;
use crate::killed::people;
use crate::process::Process;
use crate::proof::size;

/// Two sections which one policy opens to pharmacists and the other closes, both of them.
const BOTH: &str = "query($id: ID!) { patient(id: $id) { conditions(first: 100) { totalCount } medications(first: 100) { totalCount } me: conditions(first: 1) { totalCount } } }";

/// Puts a text in the place of a file as a whole.
fn put(folder: &Path, text: &str) {
    let beside = folder.join("draft");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(&beside, folder.join("policy.toml")).unwrap();
}

/// The default policy, with both sections closed to everybody but clinicians of a practice.
fn closed() -> String {
    let mut text = Policy::DEFAULT.to_owned();
    for row in ["CONDITIONS ", "MEDICATIONS "] {
        let line = Policy::DEFAULT.lines().find(|line| line.starts_with(row)).unwrap();
        let cells = line.split('"').nth(1).unwrap();
        let mut cells: Vec<&str> = cells.split_whitespace().collect();
        cells[3] = "-";
        text = text.replace(line, &format!("{row} = \"{}\"", cells.join(" ")));
    }
    text
}

#[test]
fn f30_no_request_sees_two_policies_and_a_broken_one_is_seen_by_none() {
    run(async {
        let gateway = TestGateway::builder().patients(12).start().await;
        let id = gateway.patient(0).await;
        let (open, closed) = (Policy::DEFAULT.to_owned(), closed());
        let sees = || async {
            let answer = gateway.ask(Role::Pharmacist, BOTH, json!({ "id": id })).await.data();
            answer["patient"]["conditions"]["totalCount"].is_number()
        };
        assert!(sees().await);
        let (address, token) = (gateway.address.to_string(), gateway.token(Role::Pharmacist));
        let variables = json!({ "id": id });
        let crowd = Crowd::start(8, move |_, _| Question::new(&address, &token, BOTH, &variables));
        let folder = gateway.home.path().to_owned();
        let (mut changes, mut broken) = (0, 0);
        for round in 0..size("CAREGRAPH_FAULT_RELOADS", 6) {
            let (next, is_open) = if round % 2 == 0 { (&closed, false) } else { (&open, true) };
            // Broken ones first: half of the next one, one without a row, and none at all.
            for wrong in [&next[..next.len() / 2], &next.replace("CONDITIONS ", "CONDITION "), ""] {
                put(&folder, wrong);
                tokio::time::sleep(Duration::from_millis(300)).await;
                assert_eq!(sees().await, !is_open, "a broken policy was taken");
                broken += 1;
            }
            put(&folder, next);
            until("the policy holds", || async { sees().await == is_open }).await;
            changes += 1;
        }
        let heard = crowd.ends().await;
        let (mut opened, mut shut, mut mixed) = (0, 0, 0);
        for heard in &heard {
            let (status, _, text) = heard.reply.as_ref().expect("nobody is turned away");
            assert_eq!(*status, 200, "{text}");
            let answer: Value = serde_json::from_str(text).unwrap();
            let patient = &answer["data"]["patient"];
            let shown = ["conditions", "medications", "me"]
                .map(|list| patient[list]["totalCount"].is_number());
            match shown {
                [true, true, true] => opened += 1,
                [false, false, false] => shut += 1,
                _ => mixed += 1,
            }
        }
        assert_eq!(mixed, 0);
        assert!(opened > 0 && shut > 0);
        tell(
            "F30",
            "refused whole, the old one stays, 0 requests of two versions",
            format!(
                "{mixed} of {} answers of two versions ({opened} open, {shut} closed) through {changes} changes and {broken} \
                 broken files",
                heard.len()
            ),
        );
        gateway.stop().await;
    });
}

/// What the process has: open files, threads, bytes of memory.
async fn has(gateway: &Process, client: &reqwest::Client, metrics: &str) -> [f64; 3] {
    let text = client.get(metrics).send().await.unwrap().text().await.unwrap();
    assert!(!gateway.address.is_empty());
    let figures = Exposition::read(&text);
    ["process_open_fds", "process_threads", "process_resident_memory_bytes"]
        .map(|name| figures.value(name, &[]))
}

#[test]
fn f31_reading_policies_again_and_again_leaves_nothing_behind() {
    run(async {
        let options = Options { patients: 4, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let home = Home::new();
        let port = crate::servers::free_port();
        let extra = format!("\n[telemetry]\nmetrics = \"127.0.0.1:{port}\"\n");
        let shape = Shape { extra, ..Shape::default() };
        let path = home.path().join("caregraph.toml");
        std::fs::write(&path, shape.text(&sandbox, home.path())).unwrap();
        let config = path.display().to_string();
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let id = people(&config, &token).await.remove(0);
        let gateway = Process::start(&config);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let metrics = format!("http://127.0.0.1:{port}/metrics");
        let reloads = size("CAREGRAPH_FAULT_RELOADS", 6) * 5;
        let reload = async |number: usize| {
            put(home.path(), &format!("{}\n# version {number}\n", Policy::DEFAULT));
            let before = gateway.said("the policy has changed").len();
            until("it is read", || async { gateway.said("the policy has changed").len() > before })
                .await;
            let question = Question::new(&gateway.address, &token, BOTH, &json!({ "id": id }));
            assert!(question.ask(&client).await.is_fine());
        };
        // The first ones fill what is kept for good.
        for number in 0..4 {
            reload(number).await;
        }
        let before = has(&gateway, &client, &metrics).await;
        for number in 0..reloads {
            reload(4 + number).await;
        }
        let after = has(&gateway, &client, &metrics).await;
        // Connections to sources come and go by themselves.
        assert!(after[0] <= before[0] + 8.0 && after[1] <= before[1] + 2.0, "{before:?} {after:?}");
        let grown = (after[2] - before[2]) / 1024.0;
        assert!(grown <= 24.0 * 1024.0, "{grown} KiB");
        tell(
            "F31",
            "open files and threads stay, memory does not climb",
            format!(
                "{reloads} reloads: open files {} -> {}, threads {} -> {}, memory {grown:+.0} KiB; connectors are not \
                 changed while it runs",
                before[0], after[0], before[1], after[1]
            ),
        );
    });
}
