//! Listing by a circle: nobody in it is missed, and nobody is found by it alone.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::world::{SSN, World, ada, entry};
use crate::identity::{Blind, Circle, Identity, RecordKey, SearchCursor, Sight, SourceId};

/// Lets those be found who are in a circle and not banned, and names the circle or keeps it to itself.
struct Related {
    circle: Circle,
    banned: BTreeSet<RecordKey>,
    tells: bool,
}

#[async_trait]
impl Sight for Related {
    async fn findable(&self, people: &[Identity]) -> Result<Vec<BTreeSet<RecordKey>>, Blind> {
        let is_in = |person: &Identity| {
            person.links.iter().any(|link| {
                self.circle.records.contains(&link.record)
                    || self.circle.sources.contains(&link.source)
            })
        };
        let records = |person: &Identity| -> BTreeSet<RecordKey> {
            person.links.iter().map(|link| link.record).collect()
        };
        let shown = people.iter().map(|person| {
            let records = records(person);
            if is_in(person) && records.is_disjoint(&self.banned) {
                records
            } else {
                BTreeSet::new()
            }
        });
        Ok(shown.collect())
    }

    async fn circle(&self) -> Result<Option<Circle>, Blind> {
        Ok(self.tells.then(|| self.circle.clone()))
    }
}

/// Everybody page by page, and whether all were looked at.
async fn all(world: &World, sight: &Related) -> (Vec<Identity>, bool) {
    let (mut people, mut after, mut exhaustive) = (Vec::new(), None::<SearchCursor>, true);
    loop {
        let page = world.index.search(None, 7, after.as_ref(), sight).await.unwrap();
        people.extend(page.people);
        exhaustive &= page.exhaustive;
        after = page.cursors.last().cloned();
        if !page.has_next {
            return (people, exhaustive);
        }
    }
}

#[tokio::test]
pub(super) async fn a_circle_changes_no_answer() {
    let many: Vec<_> = (0..40).map(|at| entry(&at.to_string())).collect();
    let other: Vec<_> = (40..60).map(|at| entry(&at.to_string())).collect();
    let world = World::of(&[
        ("a", [many, vec![ada("twice").bears(SSN, "123-45-6780"), ada("gone")]].concat()),
        ("b", [other, vec![ada("twice").bears(SSN, "123-45-6780")]].concat()),
    ])
    .await;
    let record = async |source: &str, id: &str| world.link(source, id).await.record;
    let gone = record("a", "gone").await;
    let (own, both) = (record("a", "7").await, record("a", "twice").await);
    world.vanish("a", &["gone"]).await;
    let banned = BTreeSet::from([record("a", "9").await, record("b", "41").await]);
    let source = |id: &str| BTreeSet::from([SourceId::new(id)]);
    for (records, sources, expected) in [
        (vec![], BTreeSet::new(), 0),
        (vec![own, both, gone, RecordKey::new([9; 16])], BTreeSet::new(), 2),
        (vec![*banned.first().unwrap(), own], BTreeSet::new(), 1),
        (vec![own, both], source("b"), 21),
        (vec![], source("a"), 40),
        (vec![], source("nowhere"), 0),
    ] {
        let circle = Circle { records: records.into_iter().collect(), sources };
        let sight = |tells| Related { circle: circle.clone(), banned: banned.clone(), tells };
        let found = all(&world, &sight(true)).await;
        assert_eq!(found, all(&world, &sight(false)).await, "{circle:?}");
        assert_eq!((found.0.len(), found.1), (expected, true), "{circle:?}");
    }
}

#[tokio::test]
pub(super) async fn a_few_of_many_are_listed_to_the_last() {
    let many: Vec<_> = (0..2_600).map(|at| entry(&at.to_string())).collect();
    let world = World::of(&[("a", many), ("b", vec![entry("1"), entry("2")])]).await;
    let mut circle = Circle { sources: [SourceId::new("b")].into(), ..Circle::default() };
    for person in world.people().await.iter().step_by(300) {
        circle.records.extend(person.links.iter().map(|link| link.record));
    }
    let sight = |tells| Related { circle: circle.clone(), banned: BTreeSet::new(), tells };
    let (people, exhaustive) = all(&world, &sight(true)).await;
    assert!(exhaustive && people.len() >= 9, "{}", people.len());
    let listed: BTreeSet<RecordKey> =
        people.iter().flat_map(|person| &person.links).map(|link| link.record).collect();
    assert!(listed.is_superset(&circle.records));
    assert!(
        people.iter().flat_map(|it| &it.links).filter(|it| it.source.as_str() == "b").count() == 2
    );
    let page = world.index.search(None, 100, None, &sight(false)).await.unwrap();
    assert!(!page.exhaustive, "without the circle not all are looked at");
}
