//! Listing links, and taking them away for good.

use super::world::{MRN, World, entry, groups, shown};
use crate::identity::{Everything, Found, IndexError};

fn bearer() -> super::world::Entry {
    entry("1").bears(MRN, "7")
}

#[tokio::test]
pub(super) async fn a_removed_link_stays_removed() {
    let mut world =
        World::of(&[("a", vec![bearer()]), ("b", vec![bearer()]), ("c", vec![bearer()])]).await;
    let before = world.person("a", "1").await;
    let link = world.link("b", "1").await;
    let left = world
        .index
        .remove_link(link.record, "admin-17", "Another person,\nshe says")
        .await
        .unwrap();
    assert_eq!((left.id, shown(&left)), (before.id, groups("a/1 c/1").pop_first().unwrap()));
    assert_eq!(world.groups().await, groups("a/1 c/1, b/1"));
    world.change("b", &[bearer().bears("urn:x", "1")]).await;
    world.change("a", &[bearer().bears("urn:x", "1")]).await;
    world.change("b", &[bearer().retired()]).await;
    world.change("b", &[bearer()]).await;
    world.restart().await;
    world.change("c", &[bearer().bears("urn:x", "2")]).await;
    assert_eq!(world.groups().await, groups("a/1 c/1, b/1"));
    let removed = world.index.removed_links().await.unwrap().pop().unwrap();
    assert_eq!((removed.record, removed.source.unwrap().as_str()), (link.record, "b"));
    assert_eq!(
        (removed.by.as_str(), removed.reason.as_str()),
        ("admin-17", "Another person,\nshe says")
    );
}

#[tokio::test]
pub(super) async fn a_younger_record_that_is_taken_out_has_its_own_id_again() {
    let world = World::of(&[("a", vec![entry("1")]), ("b", vec![entry("1")])]).await;
    let (a, b) = (world.id("a", "1").await, world.id("b", "1").await);
    world.change("a", &[bearer()]).await;
    world.change("b", &[bearer()]).await;
    assert_eq!(world.resolve(b).await.unwrap().id, a);
    world.index.remove_link(world.name("b", "1"), "admin", "wrong").await.unwrap();
    assert_eq!((world.id("a", "1").await, world.id("b", "1").await), (a, b));
}

#[tokio::test]
pub(super) async fn the_id_stays_with_the_rest_when_the_eldest_record_is_taken_out() {
    let world = World::of(&[("a", vec![entry("1")]), ("b", vec![entry("1")])]).await;
    let (a, b) = (world.id("a", "1").await, world.id("b", "1").await);
    world.change("a", &[bearer()]).await;
    world.change("b", &[bearer()]).await;
    // Whoever was looked up before by what only the eldest record bears is somebody else now.
    world.change("a", &[bearer().bears("urn:x", "1")]).await;
    let by_own = || async { world.index.find("urn:x", "1", &Everything).await.unwrap() };
    assert_eq!(by_own().await, Found::One(world.person("b", "1").await));
    world.index.remove_link(world.name("a", "1"), "admin", "wrong").await.unwrap();
    assert_eq!(by_own().await, Found::One(world.person("a", "1").await));
    assert_eq!(world.id("b", "1").await, a);
    assert_eq!(by_own().await, Found::One(world.person("a", "1").await));
    let fresh = world.id("a", "1").await;
    assert!(fresh != a && fresh != b);
    assert!(world.resolve(b).await.is_none(), "an id that was given up must not lead to anybody");
}

#[tokio::test]
pub(super) async fn no_third_record_joins_what_was_separated() {
    let world = World::of(&[("a", vec![bearer()]), ("b", vec![bearer()]), ("c", vec![])]).await;
    world.index.remove_link(world.name("b", "1"), "admin", "wrong").await.unwrap();
    world.change("c", &[bearer()]).await;
    let found = world.groups().await;
    assert_eq!(found.len(), 2);
    assert!(!found.iter().any(|group| group.contains("a/1") && group.contains("b/1")));
}

#[tokio::test]
pub(super) async fn only_links_can_be_removed() {
    let world = World::of(&[("a", vec![entry("1")]), ("b", vec![entry("1").retired()])]).await;
    for record in [world.name("a", "1"), world.name("b", "1"), world.name("b", "2")] {
        assert!(matches!(
            world.index.remove_link(record, "admin", "").await,
            Err(IndexError::NoSuchLink)
        ));
    }
}

#[tokio::test]
pub(super) async fn links_are_listed_page_by_page() {
    let people = |from: u32| {
        (from..from + 10).map(|at| entry(&at.to_string()).bears(MRN, &format!("m{at}"))).collect()
    };
    let world = World::of(&[("a", people(0)), ("b", people(5))]).await;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = world.index.links(3, after).await.unwrap();
        found.extend(page.links);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), 10);
    for link in found {
        assert_eq!(world.resolve(link.person).await.unwrap().links.len(), 2);
        let id = world.id(link.link.source.as_str(), link.link.local.as_str()).await;
        assert_eq!(id, link.person);
    }
}
