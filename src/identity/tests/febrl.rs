//! The FEBRL 1 data set: five hundred made-up people, each with one duplicate that is full of mistakes.
//!
//! It is no part of the repository; where it is not there, there is nothing to see here.

use std::collections::BTreeSet;
use std::path::Path;

use super::world::{Entry, SSN, World, entry};

fn people() -> Option<Vec<(bool, Entry)>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/febrl/febrl1.csv");
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().skip(1).map(person).collect()
}

/// Whether it is the original, and who it is. Both records of a person get the same local id.
fn person(line: &str) -> Option<(bool, Entry)> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [id, given, family, number, street, _, _, postal, _, born, social] = fields[..] else {
        return None;
    };
    let birth = match (born.get(..4), born.get(4..6), born.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => String::new(),
    };
    let person = entry(id.split('-').nth(1)?).named(given, family).born(&birth).sex("other");
    Some((
        id.ends_with("org"),
        person.lives(&format!("{number} {street}"), postal).bears(SSN, social),
    ))
}

#[tokio::test]
async fn febrl_people_are_found_and_never_mixed_up() {
    let Some(people) = people() else { return };
    let of = |original: bool| {
        people.iter().filter(move |(is, _)| *is == original).map(|(_, entry)| entry.clone())
    };
    let world = World::of(&[("a", of(true).collect()), ("b", of(false).collect())]).await;
    let (mut whole, mut wrong) = (0, 0);
    for group in world.groups().await.iter().filter(|group| group.len() > 1) {
        let ids: BTreeSet<&str> =
            group.iter().filter_map(|record| record.split('/').nth(1)).collect();
        if ids.len() == 1 { whole += 1 } else { wrong += 1 }
    }
    assert_eq!(wrong, 0);
    // Of 450 the identifier survived; of some of those neither name nor birth date did.
    assert!(whole >= 440, "{whole} of 500 found");
}
