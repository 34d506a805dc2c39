//! Sources that list nobody.

use caregraph_connectors::LocalId;

use super::world::{Entry, MRN, SSN, World, ada, entry, groups, shown};
use crate::identity::{Everything, Found, Identity, IndexError, SourceId, SourceState};

/// A world in which `b` lists nobody.
async fn world() -> World {
    let world = World::of(&[(
        "a",
        vec![
            ada("1").bears(SSN, "123-45-6780").bears(MRN, "A1"),
            entry("2").named("Bob", "Stone").born("1970-05-06").bears(MRN, "A2"),
        ],
    )])
    .await;
    world.index.look_up_in(&[source()]).await.unwrap();
    world
}

fn source() -> SourceId {
    SourceId::new("b")
}

async fn take(world: &World, person: &Identity, found: &Entry) -> Option<String> {
    let taken = world.index.take_found(&source(), person, &found.to_roster()).await.unwrap();
    taken.map(|record| record.to_text())
}

#[tokio::test]
pub(super) async fn whom_a_source_found_is_linked_at_once_and_forgotten_again() {
    let world = world().await;
    assert!(world.index.complete(), "nobody waits for a list that will never come");
    assert_eq!(world.index.progress().len(), 1);
    let person = world.person("a", "1").await;
    let found = ada("M7").bears(MRN, "A1").bears("urn:b", "B7");
    let record = take(&world, &person, &found).await;
    assert_eq!(record, Some(world.name("b", "M7").to_text()));
    assert_eq!(world.groups().await, groups("a/1 b/M7, a/2"));
    let linked = world.resolve(person.id).await.unwrap();
    assert_eq!(linked.id, person.id, "the patient keeps their id");
    assert!(linked.links.iter().any(|link| link.local.as_str() == "M7"));
    let by_b = world.index.find("urn:b", "B7", &Everything).await.unwrap();
    assert_eq!(by_b, Found::One(linked.clone()));
    // Asked again, it says the same.
    assert_eq!(take(&world, &person, &found).await, record);

    let ids = world.index.forget_found(&source(), &[person.links[0].record]).await.unwrap();
    assert_eq!(ids.iter().map(LocalId::as_str).collect::<Vec<_>>(), ["M7"]);
    assert_eq!(world.groups().await, groups("a/1, a/2"));
    assert_eq!(shown(&world.resolve(person.id).await.unwrap()), shown(&person));
    assert_eq!(world.index.find("urn:b", "B7", &Everything).await.unwrap(), Found::Nobody);
    assert!(
        world.index.forget_found(&source(), &[person.links[0].record]).await.unwrap().is_empty()
    );
    // And may be found again.
    assert_eq!(take(&world, &world.person("a", "1").await, &found).await, record);
    assert_eq!(world.groups().await, groups("a/1 b/M7, a/2"));
}

#[tokio::test]
pub(super) async fn of_somebody_else_nothing_is_kept() {
    let world = world().await;
    let person = world.person("a", "1").await;
    let before = world.keys_and_terms().await;
    let strangers = [
        // The right identifier, but neither name nor birth date.
        entry("M1").named("Carl", "Diver").born("1933-01-01").bears(MRN, "A1"),
        // The identifier of another patient.
        entry("M2").named("Bob", "Stone").born("1970-05-06").bears(MRN, "A2"),
        // None at all, and a name alone.
        ada("M3"),
    ];
    for stranger in strangers {
        assert_eq!(take(&world, &person, &stranger).await, None, "{}", stranger.id);
        assert_eq!(world.groups().await, groups("a/1, a/2"));
        assert_eq!(world.keys_and_terms().await, before);
    }
    // Whoever was found for one patient is not another's.
    let bob = world.person("a", "2").await;
    let found = entry("M2").named("Bob", "Stone").born("1970-05-06").bears(MRN, "A2");
    assert!(take(&world, &bob, &found).await.is_some());
    assert_eq!(take(&world, &person, &found).await, None);
    assert_eq!(world.groups().await, groups("a/1, a/2 b/M2"));
}

#[tokio::test]
pub(super) async fn an_identifier_counts_that_another_source_lists() {
    let world = world().await;
    let person = world.person("a", "1").await;
    let bears = |system: &'static str, value: &'static str| {
        let (index, person) = (world.index.clone(), person.clone());
        async move { index.bears(&person, &source(), (system, value)).await.unwrap() }
    };
    assert!(bears(MRN, "A1").await && bears(MRN, " a1 ").await);
    assert!(bears(SSN, "123456780").await && bears(SSN, "123-45-6780").await);
    for (system, value) in [(MRN, "A2"), ("urn:x", "A1"), (SSN, "000-00-0000"), (MRN, "")] {
        assert!(!bears(system, value).await, "{system} {value}");
    }
    // What the source itself says of the patient is no reason to ask it.
    let found = ada("M7").bears(MRN, "A1").bears("urn:b", "B7");
    take(&world, &person, &found).await.unwrap();
    let linked = world.person("a", "1").await;
    assert_eq!(shown(&linked).len(), 2);
    assert!(!world.index.bears(&linked, &source(), ("urn:b", "B7")).await.unwrap());
    let elsewhere = SourceId::new("c");
    assert!(world.index.bears(&linked, &elsewhere, ("urn:b", "B7")).await.unwrap());
}

#[tokio::test]
pub(super) async fn a_source_that_begins_or_ceases_to_list_its_patients_starts_anew() {
    let world = World::of(&[
        ("a", vec![ada("1").bears(MRN, "A1")]),
        ("b", vec![ada("M7").bears(MRN, "A1"), entry("M8").bears(MRN, "A8")]),
    ])
    .await;
    assert_eq!(world.groups().await, groups("a/1 b/M7, b/M8"));
    let person = world.person("a", "1").await;
    let found = ada("M7").bears(MRN, "A1");
    let refused = world.index.take_found(&source(), &person, &found.to_roster()).await;
    assert!(matches!(refused, Err(IndexError::NotLookedUp(_))));

    world.index.look_up_in(&[source()]).await.unwrap();
    assert_eq!(world.groups().await, groups("a/1"), "nobody agreed that it is asked about them");
    assert_eq!(world.index.progress().len(), 1);
    // Whoever still reads the list that it had adds nobody.
    let late = crate::identity::intake::retire(&world.index.core, &source(), &[]).await;
    assert!(matches!(late, Err(IndexError::NotKeeper)));
    assert!(take(&world, &world.person("a", "1").await, &found).await.is_some());
    // As after a restart.
    world.index.look_up_in(&[source()]).await.unwrap();
    assert_eq!(world.groups().await, groups("a/1 b/M7"));

    world.index.add(&[source()]).await.unwrap();
    assert_eq!(world.groups().await, groups("a/1"));
    assert!(!world.index.complete());
    let state = world.index.progress().into_iter().find(|it| it.source == source());
    assert_eq!(state.unwrap().state, SourceState::Waiting);
    world.read("b", &[ada("M7").bears(MRN, "A1"), entry("M8").bears(MRN, "A8")]).await;
    assert_eq!(world.groups().await, groups("a/1 b/M7, b/M8"));
    assert!(world.index.complete());
}

#[tokio::test]
pub(super) async fn any_node_may_link_and_unlink() {
    let world = world().await;
    let other = World::beside(&world).await;
    other.index.look_up_in(&[source()]).await.unwrap();
    let person = other.person("a", "1").await;
    let found = ada("M7").bears(MRN, "A1").bears("urn:new", "N1");
    let taken = other.index.take_found(&source(), &person, &found.to_roster()).await.unwrap();
    assert!(taken.is_some());
    world.index.core.recall().await.unwrap();
    assert_eq!(world.groups().await, groups("a/1 b/M7, a/2"));
    world.index.forget_found(&source(), &[taken.unwrap()]).await.unwrap();
    assert_eq!(other.groups().await, groups("a/1, a/2"));
}
