//! Twins: two patients who differ only in what is hidden from whoever asks are answered alike, byte by byte.
//!
//! Two gateways of one configuration stand before two versions of the same people. Side A holds everything; side B is
//! what is left when all that is hidden from one role never was: records with labels that do not let them through and
//! their namesakes, sources that are closed, what a patient denies, people whom nobody else knows, and other values in
//! fields of classes that the role may not see. Every question is random and goes to both.

#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    reason = "tests put texts together as one reads them"
)]

mod cases;
pub(crate) mod chart;
pub(crate) mod draw;
pub(crate) mod eyes;
mod records;
pub(crate) mod same;
pub(crate) mod server;
mod topic;
pub(crate) mod world;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caregraph_sandbox::Role;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng, SeedableRng as _};
use serde_json::{Value, json};

use crate::answer::{Answer, items, text};
use crate::gateway::run;
use crate::proof;
use crate::roles::SEEING;
use crate::sdl::Sdl;
use chart::SOURCES;
use draw::{Draw, Known};
use server::Mood;
use world::World;

/// How many questions are asked of one world.
const A_WORLD: usize = 25;

/// Sections with pages.
const LISTS: [&str; 12] = [
    "conditions",
    "allergies",
    "medications",
    "observations",
    "immunizations",
    "procedures",
    "encounters",
    "appointments",
    "documents",
    "carePlans",
    "goals",
    "referrals",
];

/// What came of the questions.
#[derive(Default)]
struct Tally {
    pairs: usize,
    /// Answers that show something of a patient.
    shown: usize,
    /// Questions that were refused as a whole.
    refused: usize,
    differences: Vec<String>,
}

/// One question: in which name and how it is asked.
struct Asker<'w> {
    world: &'w World,
    role: Role,
    /// The patient whom a token of a patient or caregiver names.
    bound: usize,
    headers: Vec<(&'static str, &'static str)>,
}

impl Asker<'_> {
    async fn ask(&self, query: &str, variables: [&Value; 2]) -> [Answer; 2] {
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
    async fn compare(
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
async fn things(world: &World) -> Vec<[String; 2]> {
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

/// Fields that a role may see and that speak of everybody at once: who may see them may know all links.
fn left_out(role: Role) -> &'static [&'static str] {
    match role {
        Role::Admin => &["patientLinks", "removedLinks", "Roster.people", "Roster.total"],
        Role::Auditor => &["Roster.people", "Roster.total"],
        _ => &[],
    }
}

/// Purposes that a role may have, and one that none has.
fn purposes(role: Role) -> &'static [&'static str] {
    match role {
        Role::Coordinator => &["CAREMGT", "TREAT", "HRESCH"],
        Role::PrimaryCare | Role::Specialist | Role::Pharmacist => &["TREAT", "CAREMGT"],
        Role::Patient => &["PATRQT"],
        Role::Caregiver => &["FAMRQT", "PATRQT"],
        _ => &["TREAT", "HRESCH"],
    }
}

struct Round<'r> {
    sdl: &'r Sdl,
    world: &'r World,
    things: Vec<[String; 2]>,
    random: StdRng,
    seed: u64,
}

impl<'r> Round<'r> {
    fn asker(&mut self) -> Asker<'r> {
        let role = self.world.role;
        let mut headers = Vec::new();
        if self.random.random_ratio(1, 3) {
            headers.push((
                "x-purpose-of-use",
                *purposes(role).choose(&mut self.random).expect("a role has purposes"),
            ));
        }
        if self.random.random_ratio(1, 8) {
            headers.push(("x-access-mode", "reject"));
        }
        if self.random.random_ratio(1, 8) {
            headers.push(("accept", "application/graphql-response+json"));
        }
        if self.random.random_ratio(1, 4) {
            headers.push(("x-care-trace", "1"));
        }
        let bound = self.random.random_range(0..self.world.people.len());
        Asker { world: self.world, role, bound, headers }
    }

    /// Sources that are closed for all of these people may be slow or dead on side A alone. The others are slow on both
    /// sides at most: while one of them is dead, its hidden records cannot hide their namesakes elsewhere, because
    /// nobody knows of them.
    fn set_moods(&mut self) {
        let [a, b] = &self.world.sides;
        for (at, source) in SOURCES.iter().enumerate() {
            let people = &self.world.people;
            let is_closed =
                people.iter().all(|person| !person.eyes.see(source.id, source.floor, true));
            let moods =
                [Mood::Up, Mood::Up, Mood::Slow, if is_closed { Mood::Dead } else { Mood::Up }];
            let mood = *moods.choose(&mut self.random).expect("there are moods");
            a.set_mood(at, mood);
            b.set_mood(at, if is_closed { Mood::Up } else { mood });
        }
    }

    /// One random document.
    async fn question(&mut self, tally: &mut Tally) {
        let asker = self.asker();
        let world = self.world;
        let patients = world.people.len();
        let some: Vec<&[String; 2]> = self.things.choose_multiple(&mut self.random, 8).collect();
        let identifiers: Vec<_> =
            world.people.iter().flat_map(|person| person.identifiers.clone()).collect();
        let words: Vec<_> = world.people.iter().flat_map(|person| person.words.clone()).collect();
        let known = Known {
            ids: patients + some.len(),
            patients,
            identifiers: &identifiers,
            words: &words,
            left_out: left_out(world.role),
        };
        let variables = [0, 1].map(|side| {
            let ids = world.sides[side].patients.iter().chain(some.iter().map(|id| &id[side]));
            Value::Object(ids.enumerate().map(|(at, id)| (format!("i{at}"), json!(id))).collect())
        });
        let query = Draw::document(self.sdl, &mut self.random, &known);
        asker.compare(tally, self.seed, &query, [&variables[0], &variables[1]]).await;
    }

    /// A list of a patient, page by page to its end.
    async fn pages(&mut self, tally: &mut Tally) {
        let asker = self.asker();
        let person = self.random.random_range(0..self.world.people.len());
        let list = LISTS.choose(&mut self.random).expect("there are lists");
        let first = self.random.random_range(1..4);
        let query = format!(
            "query($id: ID!, $after: String) {{ patient(id: $id) {{ {list}(first: {first}, after: $after) {{ totalCount completeness {{ state sources {{ source {{ name }} state message withdrawn }} }} edges {{ cursor node {{ id provenance {{ records {{ reference }} conflicts {{ field }} }} }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"
        );
        let mut after = Value::Null;
        for _ in 0..20 {
            let variables = [0, 1].map(
                |side| json!({ "id": self.world.sides[side].patients[person], "after": after }),
            );
            let [a, _] =
                asker.compare(tally, self.seed, &query, [&variables[0], &variables[1]]).await;
            let page = a.json()["data"]["patient"][list]["pageInfo"].take();
            if page["hasNextPage"] != json!(true) {
                break;
            }
            after.clone_from(&page["endCursor"]);
        }
    }

    /// The list of patients, page by page to its end. Everybody stands in it in an order of random ids, so that the
    /// pages of both sides are compared in their sizes, and what is on them as a whole.
    async fn everybody(&mut self, tally: &mut Tally) {
        let asker = self.asker();
        let first = self.random.random_range(1..4);
        let query = format!(
            "query($after: String) {{ patients(first: {first}, after: $after) {{ totalCount completeness {{ state }} nodes {{ id name {{ text }} languages {{ text }} links {{ id basis reference }} sources {{ source {{ name }} state }} conditions {{ totalCount }} }} pageInfo {{ hasNextPage hasPreviousPage }} sealed: pageInfo {{ endCursor }} }} }}"
        );
        let mut after = [Value::Null, Value::Null];
        let (mut sizes, mut nodes, mut rest) =
            ([vec![], vec![]], [vec![], vec![]], [vec![], vec![]]);
        for _ in 0..20 {
            let variables = after.clone().map(|after| json!({ "after": after }));
            let answers = asker.ask(&query, [&variables[0], &variables[1]]).await;
            let mut goes_on = false;
            for side in 0..2 {
                let mut json = answers[side].json();
                let list = &mut json["data"]["patients"];
                let page = list["nodes"].take();
                sizes[side].push(items(&page).len());
                let names = &self.world.sides[side].names;
                nodes[side]
                    .extend(items(&page).iter().map(|node| same::plain(&node.to_string(), names)));
                after[side] = list["sealed"]["endCursor"].take();
                goes_on |= list["pageInfo"]["hasNextPage"] == json!(true);
                // When which source was asked is told page by page, and so compared like who stands there.
                let lines = json["extensions"]["waterfall"].take();
                let plain = |line: &Value| same::plain(&line.to_string(), names);
                nodes[side].extend(items(&lines).iter().map(plain));
                // They follow from who stands on which page.
                json["extensions"]["access"]["obligations"].take();
                rest[side].push(same::plain(&json.to_string(), names));
            }
            if !goes_on {
                break;
            }
        }
        for nodes in &mut nodes {
            nodes.sort();
        }
        tally.pairs += 1;
        if sizes[0] != sizes[1] || nodes[0] != nodes[1] || rest[0] != rest[1] {
            let difference = same::difference(
                &format!("{:?} {:?} {:?}", sizes[0], nodes[0], rest[0]),
                &format!("{:?} {:?} {:?}", sizes[1], nodes[1], rest[1]),
            );
            tally
                .differences
                .push(format!("seed {}, {}: {query}: {difference}", self.seed, asker.role));
        }
    }
}

/// Asks one world so many questions.
async fn ask_world(sdl: &Sdl, role: Role, seed: u64, pairs: usize, tally: &mut Tally) {
    let world = World::start(role, seed).await;
    let things = things(&world).await;
    let random = StdRng::seed_from_u64(seed ^ 0x7_713);
    let mut round = Round { sdl, world: &world, things, random, seed };
    let enough = tally.pairs + pairs;
    while tally.pairs < enough && tally.differences.len() < 5 {
        round.set_moods();
        match round.random.random_range(0..20) {
            0 => round.everybody(tally).await,
            1..4 => round.pages(tally).await,
            _ => round.question(tally).await,
        }
    }
    drop(round);
    world.stop().await;
}

#[test]
fn whoever_is_hidden_from_leaves_no_trace() {
    run(async {
        let sdl = Sdl::ours();
        let wanted = proof::size("CAREGRAPH_PROVE_TWINS", 500);
        let first = proof::size("CAREGRAPH_PROVE_SEED", 1) as u64;
        let mut tally = Tally::default();
        let mut of_role: BTreeMap<&str, usize> = BTreeMap::new();
        // Those who see patients are asked for more often.
        let mut roles = Role::ALL.iter().chain(&SEEING).chain(&SEEING).cycle();
        for seed in first.. {
            if tally.pairs >= wanted || tally.differences.len() >= 5 {
                break;
            }
            let role = *roles.next().expect("the roles go round");
            let before = tally.pairs;
            Box::pin(ask_world(&sdl, role, seed, A_WORLD, &mut tally)).await;
            *of_role.entry(role.as_str()).or_default() += tally.pairs - before;
        }
        proof::tell("twins", tally.pairs, "pairs", tally.differences.len());
        proof::remark(&format!(
            "twins: {} showed something, {} refused whole, by role {of_role:?}",
            tally.shown, tally.refused
        ));
        assert!(tally.differences.is_empty(), "{}", tally.differences.join("\n\n"));
        assert!(tally.shown * 4 > tally.pairs, "too few questions show anything: {}", tally.shown);
        assert!(
            tally.refused * 5 < tally.pairs,
            "too many questions are refused: {}",
            tally.refused
        );
    });
}

/// Else the comparison would compare nothing with nothing: who sees what is hidden from others sees the difference.
#[test]
fn the_sides_differ_for_whoever_may_see_it() {
    run(async {
        let world = World::start(Role::Coordinator, 7).await;
        let lists: String = LISTS.iter().map(|list| format!("{list} {{ totalCount }} ")).collect();
        let query = format!("query($id: ID!) {{ patient(id: $id) {{ {lists} links {{ id }} }} }}");
        let mut differ = 0;
        for bound in 0..world.people.len() {
            let asker = Asker { world: &world, role: Role::Patient, bound, headers: Vec::new() };
            let ids = [0, 1].map(|side| json!({ "id": world.sides[side].patients[bound] }));
            let answers = asker.ask(&query, [&ids[0], &ids[1]]).await;
            let [a, b] = [0, 1].map(|at| same::whole(&answers[at], &world.sides[at].names));
            differ += usize::from(a != b);
        }
        assert!(differ > 3, "only {differ} people differ");
        world.stop().await;
    });
}
