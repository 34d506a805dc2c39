//! Random worlds: the order in which things happen must not matter.

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, IteratorRandom, SliceRandom};
use rand::{Rng, SeedableRng};

use crate::identity::Link;

use super::world::{Entry, Groups, MRN, Rosters, SSN, World, entry};

const SOURCES: [&str; 4] = ["a", "b", "c", "d"];

/// Somebody from a population so small that everything collides.
fn somebody(random: &mut StdRng, id: &str) -> Entry {
    let given = ["Ada", "Grace", "Baby Girl"].choose(random).unwrap();
    let family = ["Lovelace", "Hopper"].choose(random).unwrap();
    let mut somebody = entry(id).named(given, family).sex("female");
    somebody = somebody.born(["1980-02-03", "1906-12-09", "1906"].choose(random).unwrap());
    for _ in 0..random.random_range(0..3) {
        somebody = match random.random_range(0..6) {
            0 => somebody.bears(SSN, &format!("123-45-678{}", random.random_range(0..4))),
            1 => somebody.bears(MRN, &format!("m{}", random.random_range(0..6))),
            2 => somebody.bears("urn:x", &format!("x{}", random.random_range(0..6))),
            3 => somebody.phone(&format!("617555010{}", random.random_range(0..3))),
            4 => somebody.email(&format!("ada{}@example.org", random.random_range(0..3))),
            _ => somebody.lives(&format!("{} Main St", random.random_range(1..4)), "02139"),
        };
    }
    if random.random_bool(0.1) { somebody.retired() } else { somebody }
}

/// Two, three or four sources.
fn rosters(random: &mut StdRng) -> Rosters {
    let mut rosters = Rosters::new();
    let count = random.random_range(2..=SOURCES.len());
    for source in SOURCES.into_iter().take(count) {
        let entries = (0..random.random_range(1..6)).map(|at| at.to_string());
        rosters.insert(source, entries.map(|id| (id.clone(), somebody(random, &id))).collect());
    }
    rosters
}

/// Reads the rosters from scratch, sources and entries in random order.
async fn from_scratch(random: &mut StdRng, rosters: &Rosters) -> World {
    let mut order: Vec<&str> = rosters.keys().copied().collect();
    let world = World::new(&order).await;
    order.shuffle(random);
    for source in order {
        let mut entries: Vec<Entry> = rosters[source].values().cloned().collect();
        entries.shuffle(random);
        world.read(source, &entries).await;
    }
    world
}

/// No person may hold two records of one source; every active record is in exactly one person.
fn check(groups: &Groups, rosters: &Rosters) {
    let mut shown: Vec<&String> = groups.iter().flatten().collect();
    shown.sort();
    let mut active: Vec<String> = Vec::new();
    for (source, entries) in rosters {
        active.extend(
            entries
                .values()
                .filter(|entry| entry.active)
                .map(|entry| format!("{source}/{}", entry.id)),
        );
    }
    active.sort();
    assert_eq!(shown, active.iter().collect::<Vec<_>>());
    for group in groups {
        let mut sources: Vec<&str> =
            group.iter().filter_map(|record| record.split('/').next()).collect();
        sources.dedup();
        assert_eq!(sources.len(), group.len(), "{group:?}");
    }
}

#[tokio::test]
pub(super) async fn the_order_of_reading_does_not_matter() {
    for seed in 0..8 {
        let mut random = StdRng::seed_from_u64(seed);
        let rosters = rosters(&mut random);
        let first = from_scratch(&mut random, &rosters).await.groups().await;
        check(&first, &rosters);
        for _ in 0..3 {
            assert_eq!(
                from_scratch(&mut random, &rosters).await.groups().await,
                first,
                "seed {seed}"
            );
        }
    }
}

/// One random edit: entries of one source change, come, are retired or vanish.
async fn edit(random: &mut StdRng, world: &World, rosters: &mut Rosters) {
    let count = rosters.len();
    let (source, entries) = rosters.iter_mut().nth(random.random_range(0..count)).unwrap();
    if random.random_bool(0.2) && !entries.is_empty() {
        let id = entries.keys().nth(random.random_range(0..entries.len())).unwrap().clone();
        entries.remove(&id);
        world.vanish(source, &[&id]).await;
        return;
    }
    let mut page = Vec::new();
    for _ in 0..random.random_range(1..4) {
        let id = random.random_range(0..7).to_string();
        let changed = somebody(random, &id);
        entries.insert(id, changed.clone());
        page.push(changed);
    }
    world.change(source, &page).await;
}

#[tokio::test]
pub(super) async fn changes_end_where_a_reading_from_scratch_ends() {
    for seed in 100..108 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut rosters = rosters(&mut random);
        let world = from_scratch(&mut random, &rosters).await;
        for step in 0..30 {
            edit(&mut random, &world, &mut rosters).await;
            if step % 10 == 9 {
                let changed = world.groups().await;
                check(&changed, &rosters);
                let fresh = from_scratch(&mut random, &rosters).await.groups().await;
                assert_eq!(changed, fresh, "seed {seed}, step {step}");
            }
        }
    }
}

#[tokio::test]
pub(super) async fn an_id_leads_to_the_person_of_its_record_for_good() {
    for seed in 200..203 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut rosters = rosters(&mut random);
        let world = from_scratch(&mut random, &rosters).await;
        // Everybody whose id was ever seen, with the records that the id stood for then.
        let mut seen = Vec::new();
        for _ in 0..20 {
            seen.extend(world.people().await.into_iter().map(|person| person.id));
            edit(&mut random, &world, &mut rosters).await;
        }
        seen.sort_unstable();
        seen.dedup();
        let people = world.people().await;
        for (id, found) in seen.iter().zip(world.index.resolve(&seen).await.unwrap()) {
            if let Some(found) = found {
                assert!(people.contains(&found), "seed {seed}");
            }
            let now = people.iter().find(|person| person.id == *id);
            assert!(now.is_none() || world.resolve(*id).await.as_ref() == now);
        }
        let total: i64 =
            world.index.core.store.sources().await.unwrap().iter().map(|row| row.people).sum();
        assert_eq!(
            total,
            people.iter().map(|person| i64::try_from(person.links.len()).unwrap()).sum::<i64>()
        );
    }
}

#[tokio::test]
pub(super) async fn separated_records_never_meet_again() {
    let mut separated = 0;
    for seed in 300..304 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut rosters = rosters(&mut random);
        let world = from_scratch(&mut random, &rosters).await;
        let mut apart: Vec<[String; 2]> = Vec::new();
        for _ in 0..30 {
            let people = world.people().await;
            if let Some(person) =
                people.iter().filter(|person| person.links.len() > 1).choose(&mut random)
            {
                let link = person.links.choose(&mut random).unwrap();
                let name = |link: &Link| format!("{}/{}", link.source, link.local.as_str());
                let others = person.links.iter().filter(|other| *other != link);
                apart.extend(others.map(|other| [name(link), name(other)]));
                world.index.remove_link(link.record, "admin", "test").await.unwrap();
            }
            edit(&mut random, &world, &mut rosters).await;
            let groups = world.groups().await;
            check(&groups, &rosters);
            for [a, b] in &apart {
                assert!(
                    !groups.iter().any(|group| group.contains(a) && group.contains(b)),
                    "seed {seed}"
                );
            }
        }
        separated += apart.len();
    }
    assert!(separated > 0);
}
