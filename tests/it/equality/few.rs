//! A few people, each role first somewhere: one gateway without copies and one with them, one after the other.

use std::sync::Arc;

use caregraph_sandbox::Sandbox;
use serde_json::json;

use super::ROLES;
use super::chart::{plain, whole};
use crate::answer::Answer;
use crate::cached::{LONG, asked};
use crate::config::Shape;
use crate::gateway::{TestGateway, run};
use crate::home::Home;

const PEOPLE: u64 = 6;

/// Asks everybody about everybody, the patients in turns of the roles, so that each role comes first somewhere.
async fn everything(
    sandbox: &Arc<Sandbox>,
    home: &Arc<Home>,
    cache: &'static str,
    rounds: usize,
) -> Vec<Vec<Answer>> {
    let shape = |shape: &mut Shape| {
        shape.labels = "enforced";
        shape.cache = cache;
    };
    let builder = TestGateway::builder().before(sandbox.clone()).at_home(home.clone());
    let gateway = builder.shape(shape).start().await;
    let mut all = Vec::new();
    for _ in 0..rounds {
        let mut round = Vec::new();
        for person in 0..PEOPLE {
            let id = gateway.patient(person).await;
            for turn in 0..ROLES.len() {
                let role = ROLES[(turn + usize::try_from(person).unwrap()) % ROLES.len()];
                let token = gateway.token_for(role, &id);
                round.push(gateway.ask_with(&token, &whole(), json!({ "id": id })).await);
            }
        }
        all.push(round);
    }
    gateway.stop().await;
    all
}

#[test]
fn with_and_without_copies_the_same_is_shown_to_everybody() {
    run(async {
        let options = caregraph_sandbox::Options {
            patients: 20,
            seed: 1,
            faults: caregraph_sandbox::Faults::default(),
            ports: caregraph_sandbox::Ports::Ephemeral,
        };
        let sandbox = Arc::new(Sandbox::start(options).await.expect("the sandbox starts"));
        let home = Arc::new(Home::new());
        let without = everything(&sandbox, &home, "enabled = false", 1).await.remove(0);
        let before = asked(&sandbox);
        let with = everything(&sandbox, &home, LONG, 2).await;
        let while_warm = asked(&sandbox) - before;
        assert!(while_warm <= PEOPLE, "{while_warm} questions about {PEOPLE} people");
        let mut cached = 0;
        for round in &with {
            assert_eq!(round.len(), without.len());
            for (with, without) in round.iter().zip(&without) {
                assert_eq!(plain(with), plain(without));
                assert_eq!(with.status, without.status);
                cached += usize::from(with.text.contains("\"CACHED\""));
                assert!(!without.text.contains("\"CACHED\""));
            }
        }
        assert!(cached > without.len(), "only {cached} answers came from copies");
    });
}
