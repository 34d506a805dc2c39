//! Streams of twins: whoever follows one of two patients who differ only in what is hidden from them is told the same,
//! event by event, and nothing when what is hidden changes.
//!
//! The worlds are those of the twins. All sources keep silent while streams are opened and speak one after the other,
//! so that what is told does not depend on who was quicker. Then, again and again, something hidden changes on side A
//! alone, and something that is shown on both sides: the events for the latter must be the next ones on both.

mod follower;
mod line;
mod record;
mod round;

use std::collections::BTreeMap;

use caregraph_sandbox::Role;
use futures_util::future::join_all;

use crate::gateway::run;
use crate::proof;
use crate::roles::SEEING;
use crate::sdl::Sdl;
use crate::twins::world::World;
use record::FOLLOWED;
use round::Round;

/// How many people a world has; each is followed in three manners.
const PEOPLE: usize = 4;
/// How many worlds are followed at once.
const AT_ONCE: usize = 6;
/// How often something hidden changes in a world, and something that is shown.
const ROUNDS: usize = 2;

/// What came of following.
#[derive(Default)]
struct Tally {
    pairs: usize,
    /// Events of side A, of which side B had the same.
    events: usize,
    /// Streams that were refused.
    refused: usize,
    hidden: BTreeMap<&'static str, usize>,
    differences: Vec<String>,
}

/// Asks sources again every second about what is followed, and never about the rest.
fn cache() -> String {
    let windows =
        "fresh_s = 1\nstale_while_revalidate_s = 1\nstale_if_error_s = 1\nnegative_s = 0\n";
    let tables = FOLLOWED.iter().map(|it| format!("\n[cache.sections.{}]\n{windows}", it.section));
    tables.collect()
}

/// Follows everybody of one world.
async fn follow(sdl: &Sdl, role: Role, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let world = World::kept(role, seed, PEOPLE, &cache()).await;
    let mut round = Round::begin(&world, seed);
    let mut followers = round.open(sdl).await;
    round.speak(&mut followers).await;
    for _ in 0..ROUNDS {
        round.change(&mut followers, &mut tally).await;
    }
    for follower in followers {
        tally.pairs += 1;
        tally.events += follower.events();
        tally.refused += usize::from(follower.is_over());
        let difference = follower.difference();
        tally.differences.extend(difference.map(|it| format!("seed {seed}, {role}, {it}")));
    }
    world.stop().await;
    tally
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.events += other.events;
        self.refused += other.refused;
        self.differences.extend(other.differences);
        for (what, count) in other.hidden {
            *self.hidden.entry(what).or_default() += count;
        }
    }
}

#[test]
fn whoever_follows_is_told_nothing_of_what_is_hidden() {
    run(async {
        let sdl = Sdl::ours();
        let wanted = proof::size("CAREGRAPH_PROVE_STREAMS", 72);
        let first = proof::size("CAREGRAPH_PROVE_SEED", 1);
        let mut tally = Tally::default();
        // Those who see patients are asked for more often. A seed always has the same role.
        let roles: Vec<Role> = SEEING.into_iter().chain(SEEING).chain(Role::ALL).collect();
        let mut seeds = (first..).map(|seed| (seed, roles[seed % roles.len()]));
        while tally.pairs < wanted && tally.differences.len() < 5 {
            // Most of the time each waits for its sources to be asked again.
            let some: Vec<_> = seeds.by_ref().take(AT_ONCE).collect();
            join_all(some.into_iter().map(|(seed, role)| follow(&sdl, role, seed as u64)))
                .await
                .into_iter()
                .for_each(|world| tally.add(world));
        }
        proof::tell("streams", tally.pairs, "pairs of streams", tally.differences.len());
        proof::remark(&format!(
            "streams: {} events on each side, {} streams refused, hidden changes {:?}",
            tally.events, tally.refused, tally.hidden
        ));
        assert!(tally.differences.is_empty(), "{}", tally.differences.join("\n\n"));
        assert!(tally.refused * 2 < tally.pairs, "{} of {}", tally.refused, tally.pairs);
        assert!(tally.events > 3 * tally.pairs, "{} of {}", tally.events, tally.pairs);
    });
}

/// Else the comparison would compare nothing with nothing: what is shown on one side alone is a difference.
#[test]
fn what_changes_for_whoever_may_see_it_is_a_difference() {
    run(async {
        let sdl = Sdl::ours();
        let world = World::kept(Role::Patient, 3, 2, &cache()).await;
        let mut round = Round::begin(&world, 3);
        let mut followers = round.open(&sdl).await;
        round.speak(&mut followers).await;
        let same = followers.iter().filter(|it| it.difference().is_none() && !it.is_over()).count();
        assert!(same > 0, "somebody is followed");
        let alone: Vec<_> = (0..2).map(|person| round.show(person, &[0])).collect();
        join_all(followers.iter_mut().filter_map(|it| {
            let id = alone[it.person].as_ref()?;
            Some(it.hears_on_a(id))
        }))
        .await;
        let differ = followers.iter().filter(|it| it.difference().is_some()).count();
        assert_eq!(differ, same, "each notices");
        drop(followers);
        world.stop().await;
    });
}
