//! Random questions about one world.

use caregraph_sandbox::Role;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::asker::Asker;
use super::chart::SOURCES;
use super::draw::{Draw, Known};
use super::server::Mood;
use super::world::World;
use super::{LISTS, Tally, same};
use crate::answer::items;
use crate::sdl::Sdl;

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

pub(super) struct Round<'r> {
    pub(super) sdl: &'r Sdl,
    pub(super) world: &'r World,
    pub(super) things: Vec<[String; 2]>,
    pub(super) random: StdRng,
    pub(super) seed: u64,
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
    pub(super) fn set_moods(&mut self) {
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
    pub(super) async fn question(&mut self, tally: &mut Tally) {
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
    pub(super) async fn pages(&mut self, tally: &mut Tally) {
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
    pub(super) async fn everybody(&mut self, tally: &mut Tally) {
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
