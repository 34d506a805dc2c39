//! Whoever asks both sides the same.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caregraph_sandbox::Role;
use serde_json::{Value, json};

use super::world::World;
use super::{LISTS, Tally, same};
use crate::answer::{Answer, items, text};

/// One question: in which name and how it is asked.
pub(super) struct Asker<'w> {
    pub(super) world: &'w World,
    pub(super) role: Role,
    /// The patient whom a token of a patient or caregiver names.
    pub(super) bound: usize,
    pub(super) headers: Vec<(&'static str, &'static str)>,
}

impl Asker<'_> {
    pub(super) async fn ask(&self, query: &str, variables: [&Value; 2]) -> [Answer; 2] {
        let token = |side| self.world.token(self.role, side, self.bound, None);
        let [a, b] = &self.world.sides;
        let (of_a, of_b) = tokio::join!(token(0), token(1));
        let body = |at: usize| json!({ "query": query, "variables": variables[at] });
        let (body_a, body_b) = (body(0), body(1));
        let (one, other) = tokio::join!(
            a.send(&of_a, &self.headers, &body_a),
            b.send(&of_b, &self.headers, &body_b)
        );
        [one, other]
    }

    /// Asks both sides; what differs is noted.
    pub(super) async fn compare(
        &self,
        tally: &mut Tally,
        seed: u64,
        query: &str,
        variables: [&Value; 2],
    ) -> [Answer; 2] {
        let answers = self.ask(query, variables).await;
        let [a, b] = [0, 1].map(|at| same::whole(&answers[at], &self.world.sides[at].names));
        tally.pairs += 1;
        tally.refused += usize::from(a.2.contains("TOO_COMPLEX") || a.2.contains("BAD_USER_INPUT"));
        tally.shown += usize::from(
            answers[0].text.contains("\"id\":") || answers[0].text.contains("nodes\":[{"),
        );
        if a != b {
            let said: Vec<_> = self.world.people.iter().map(|person| &person.said).collect();
            let what = if a.2 == b.2 {
                format!("{} {:?}\n  and {} {:?}", a.0, a.1, b.0, b.1)
            } else {
                same::difference(&a.2, &b.2)
            };
            tally.differences.push(format!(
                "seed {seed}, {} bound to {}, {:?}\n  {query}\n  variables on A: {}\n  directives: {said:?}\n  {what}",
                self.role, self.bound, self.headers, variables[0],
            ));
        }
        answers
    }
}

/// Ids of things of a world on both sides: those that the patient sees on side A, and what they would be on side B.
pub(super) async fn things(world: &World) -> Vec<[String; 2]> {
    let lists: String =
        LISTS.iter().map(|list| format!("{list}(first: 100) {{ nodes {{ id }} }} ")).collect();
    let query = format!(
        "query($id: ID!) {{ patient(id: $id) {{ {lists} careTeam {{ id }} coverage {{ id }} links {{ id }} }} }}"
    );
    let mut found = Vec::new();
    for person in 0..world.people.len() {
        let [answer, _] = as_patient(world, person, &query).await;
        let answer = answer.data();
        let patient = answer["patient"].as_object().expect("patients see themselves");
        let bytes = |id: &str| URL_SAFE_NO_PAD.decode(id).expect("an id is base64");
        let other = bytes(&world.sides[1].patients[person]);
        for list in patient.values() {
            let nodes = if list.is_array() { list } else { &list["nodes"] };
            for node in items(nodes) {
                let id = text(&node["id"]);
                let mut there = bytes(&id);
                there[1..17].copy_from_slice(&other[1..17]);
                found.push([id, URL_SAFE_NO_PAD.encode(there)]);
            }
        }
    }
    found
}

/// Asks on both sides, as a patient, about themselves: what is looked at on one side alone would stand in its log alone.
async fn as_patient(world: &World, person: usize, query: &str) -> [Answer; 2] {
    let asker = Asker { world, role: Role::Patient, bound: person, headers: Vec::new() };
    let variables = [0, 1].map(|side| json!({ "id": world.sides[side].patients[person] }));
    asker.ask(query, [&variables[0], &variables[1]]).await
}
