//! Documents that were made to do harm are refused by their shape, or answered, while others are served.

use std::time::{Duration, Instant};

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::attacks::{self, FINE};
use crate::gateway::{run, shared};
use crate::proof;

/// What stands beside every attack.
const BYSTANDER: &str =
    "{ me { role } sources { name category } patients(first: 3) { totalCount } }";

/// Alone, its figures are those of the attacks: `cargo test --test it no_document_does_harm -- --nocapture`.
#[test]
fn no_document_does_harm() {
    run(async {
        let gateway = shared().await;
        let token = gateway.token(Role::Coordinator);
        let attacks = attacks::all();
        let certain = attacks.iter().filter(|(_, _, _, codes)| !codes.contains(&FINE)).count();
        assert!(certain >= 60, "only {certain} documents must be refused");
        let expected = gateway.ask(Role::PrimaryCare, BYSTANDER, Value::Null).await.text;
        let (mut wrong, mut refused) = (Vec::new(), 0);
        let (count, started, before) = (attacks.len(), Instant::now(), processor_time());
        for (name, document, variables, codes) in attacks {
            let harm = gateway.ask_with(&token, &document, variables);
            let bystander = gateway.ask(Role::PrimaryCare, BYSTANDER, Value::Null);
            let (harm, bystander) = tokio::join!(harm, bystander);
            assert_eq!(bystander.text, expected, "beside {name}");
            let found = harm.codes();
            let code = found.first().map_or(FINE, String::as_str);
            refused += usize::from(harm.json().get("data").is_none());
            if !codes.contains(&code) || found.iter().any(|other| other == "INTERNAL") {
                wrong.push(format!("{name}: {code:?} instead of {codes:?}: {:.200}", harm.text));
            }
        }
        // The figures are there to be read, and no test depends on them.
        proof::tell("attacks", count, "documents beside a bystander", wrong.len());
        proof::remark(&format!(
            "attacks: {refused} refused before execution, {:?} in all, {:?} of processor time",
            started.elapsed(),
            processor_time().saturating_sub(before),
        ));
        assert!(wrong.is_empty(), "{wrong:#?}");
        // The others are refused where they are read, such as too large a page, with nothing fetched.
        assert!(refused >= 75, "only {refused} were refused before execution");
    });
}

/// The processor time of this process so far; nothing where there is no /proc.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold anything, user and system time are the 12th and 13th word, in hundredths.
    let words = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = words.skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

#[test]
fn what_people_ask_is_within_the_limits() {
    run(async {
        let gateway = shared().await;
        let patient = gateway.patient(0).await;
        let sections = [
            "conditions",
            "allergies",
            "medications",
            "immunizations",
            "procedures",
            "encounters",
            "documents",
            "referrals",
        ];
        let sections = sections.map(|section| format!("{section}(first: 100) {{ totalCount completeness {{ state sources {{ source {{ name }} state }} }} nodes {{ id provenance {{ records {{ source {{ name category }} reference recordedAt }} conflicts {{ field claims {{ value source {{ name }} }} }} }} }} }}"));
        let query =
            format!("query($id: ID!) {{ patient(id: $id) {{ id {} }} }}", sections.join(" "));
        let data = gateway.data(&query, json!({ "id": patient })).await;
        assert_eq!(data["patient"]["id"], json!(patient));
    });
}
