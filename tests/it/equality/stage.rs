//! Nodes with copies, one without, and people who change their minds between questions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use caregraph_sandbox::Role;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::sync::{Mutex, RwLock};

use super::ROLES;
use super::chart::{plain, questions};
use crate::answer::{Answer, items, text};
use crate::consents::{RECORD, REVOKE};
use crate::gateway::TestGateway;

/// Within that time every node knows what a patient decided at another one.
const KNOWN_EVERYWHERE: Duration = Duration::from_secs(1);

/// Answers without freshness, by question and role.
type Answers = BTreeMap<(usize, usize), Value>;

/// Somebody, and all that the node without copies answers about them at present.
struct Somebody {
    id: String,
    tokens: Vec<String>,
    /// Held by all who ask, and by whoever changes something alone.
    right: RwLock<Mutex<Answers>>,
    consents: Mutex<Vec<String>>,
}

/// All nodes and people.
pub(super) struct Stage {
    /// The one without copies.
    oracle: TestGateway,
    nodes: Vec<TestGateway>,
    people: Vec<Somebody>,
    questions: Vec<String>,
}

/// What came of many questions.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) asked: usize,
    pub(super) from_copies: usize,
    pub(super) live: usize,
    pub(super) different: usize,
    /// Refused as a whole, because a database did not answer in time.
    pub(super) unanswered: usize,
    pub(super) changes: BTreeMap<&'static str, usize>,
    pub(super) distinct: BTreeSet<String>,
}

impl Stage {
    pub(super) async fn new(oracle: TestGateway, nodes: Vec<TestGateway>, people: u64) -> Self {
        let mut all = Vec::new();
        for person in 0..people {
            let id = oracle.patient(person).await;
            let tokens = ROLES.iter().map(|role| oracle.token_for(*role, &id)).collect();
            let (right, consents) = (RwLock::default(), Mutex::default());
            all.push(Somebody { id, tokens, right, consents });
        }
        Self { oracle, nodes, people: all, questions: questions() }
    }

    /// Asks so many questions of all nodes by chance, and compares each answer.
    pub(super) async fn asks(&self, questions: usize, seed: u64) -> Tally {
        let (mut dice, mut tally) = (StdRng::seed_from_u64(seed), Tally::default());
        while tally.asked < questions {
            let person = self.people.choose(&mut dice).expect("there is somebody");
            let node = self.nodes.choose(&mut dice).expect("there is a node");
            let (question, role) =
                (dice.random_range(0..self.questions.len()), dice.random_range(0..ROLES.len()));
            let right = person.right.read().await;
            let expected = self.right(person, &mut *right.lock().await, question, role).await;
            let began = Instant::now();
            let answer = self.ask(node, person, question, role).await;
            tally.asked += 1;
            if is_unanswered(&answer) {
                let took = began.elapsed();
                crate::proof::remark(&format!("unanswered after {took:.1?}: {}", answer.text));
                tally.unanswered += 1;
                continue;
            }
            let is_copy = answer.text.contains("\"CACHED\"") || answer.text.contains("\"STALE\"");
            tally.from_copies += usize::from(is_copy);
            tally.live += usize::from(answer.text.contains("\"LIVE\""));
            if plain(&answer) != expected {
                tally.different += 1;
                tell_difference(&expected, &plain(&answer), ROLES[role]);
            }
            tally.distinct.insert(format!("{} {question} {role}", person.id));
        }
        tally
    }

    /// What the node without copies answers. It is asked once for each question, until the patient changes something.
    async fn right(
        &self,
        person: &Somebody,
        known: &mut Answers,
        question: usize,
        role: usize,
    ) -> Value {
        if let Some(answer) = known.get(&(question, role)) {
            return answer.clone();
        }
        let mut answer = self.ask(&self.oracle, person, question, role).await;
        while is_unanswered(&answer) {
            answer = self.ask(&self.oracle, person, question, role).await;
        }
        assert!(!answer.text.contains("\"CACHED\"") && !answer.text.contains("\"STALE\""));
        known.insert((question, role), plain(&answer));
        plain(&answer)
    }

    async fn ask(
        &self,
        node: &TestGateway,
        person: &Somebody,
        question: usize,
        role: usize,
    ) -> Answer {
        let variables = json!({ "id": person.id });
        node.ask_with(&person.tokens[role], &self.questions[question], variables).await
    }

    /// Changes something about somebody: a decision, or what is kept.
    pub(super) async fn changes(&self, seed: u64) -> &'static str {
        let mut dice = StdRng::seed_from_u64(seed);
        let person = self.people.choose(&mut dice).expect("there is somebody");
        let node = self.nodes.choose(&mut dice).expect("there is a node");
        let right = person.right.write().await;
        let mut consents = person.consents.lock().await;
        let what = match dice.random_range(0..4) {
            0 | 1 => {
                let refresh = "mutation($id: ID!) { refreshPatient(id: $id) { patient } }";
                let answer = node.ask(Role::PrimaryCare, refresh, json!({ "id": person.id })).await;
                // Whom a patient shuts out cannot have their copies forgotten either.
                return if answer.codes().is_empty() { "refreshed" } else { "refused" };
            }
            2 if !consents.is_empty() => {
                let token = node.token_for(Role::Patient, &person.id);
                let revoked = json!({ "id": consents.remove(0) });
                let answer = node.ask_with(&token, REVOKE, revoked).await;
                if answer.codes().is_empty() { "revoked" } else { "refused" }
            }
            _ => {
                let mut input = decision(node, &mut dice).await;
                input["patient"] = json!(person.id);
                input["basis"] = json!("form 17");
                let token = node.token_for(Role::Patient, &person.id);
                let answer = node.ask_with(&token, RECORD, json!({ "input": input })).await;
                let consent = text(&answer.json()["data"]["recordConsent"]["id"]);
                if consent.is_empty() {
                    "refused"
                } else {
                    consents.push(consent);
                    "recorded"
                }
            }
        };
        // Nobody asks about this patient until every node has to know; everybody may ask about the others.
        tokio::time::sleep(KNOWN_EVERYWHERE).await;
        right.lock().await.clear();
        what
    }

    pub(super) async fn ends(self) {
        for node in self.nodes {
            node.stop().await;
        }
        self.oracle.stop().await;
    }
}

/// Something that a patient may decide.
async fn decision(node: &TestGateway, dice: &mut StdRng) -> Value {
    match dice.random_range(0..4) {
        0 => json!({ "decision": "DENY", "roles": ["PHARMACIST"] }),
        1 => {
            json!({ "decision": "PERMIT", "labels": ["SUBSTANCE_USE", "PART_2", "MENTAL_HEALTH"] })
        }
        2 => {
            json!({ "decision": "DENY", "labels": ["MENTAL_HEALTH"], "roles": ["PRIMARY_CARE", "SPECIALIST"] })
        }
        _ => {
            let sources = node.data("{ sources { id name } }", json!({})).await;
            let all = items(&sources["sources"]);
            let source = all.choose(dice).expect("there are sources");
            json!({ "decision": "DENY", "sources": [text(&source["id"])] })
        }
    }
}

/// True when nothing was said at all, which a machine that is much too busy may lead to.
fn is_unanswered(answer: &Answer) -> bool {
    let codes = answer.codes();
    !codes.is_empty() && codes.iter().all(|code| code == "INTERNAL" || code == "SOURCE_UNAVAILABLE")
}

/// Says where two answers begin to differ.
fn tell_difference(expected: &Value, found: &Value, role: Role) {
    let (expected, found) = (expected.to_string(), found.to_string());
    let at = expected.bytes().zip(found.bytes()).take_while(|(one, other)| one == other).count();
    let near = |text: &str| {
        let from = at.saturating_sub(120);
        text.chars().skip(from).take(240).collect::<String>()
    };
    crate::proof::remark(&format!("{role}:\n  A: {}\n  B: {}", near(&expected), near(&found)));
}
