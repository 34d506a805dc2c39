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

mod asker;
mod cases;
pub(crate) mod chart;
pub(crate) mod draw;
pub(crate) mod eyes;
mod records;
mod round;
pub(crate) mod same;
pub(crate) mod server;
pub(crate) mod topic;
pub(crate) mod world;

use std::collections::BTreeMap;

use caregraph_sandbox::Role;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use crate::gateway::run;
use crate::proof;
use crate::roles::SEEING;
use crate::sdl::Sdl;
use asker::{Asker, things};
use round::Round;
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
