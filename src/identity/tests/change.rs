//! What changes do to links and to ids.

use std::collections::BTreeSet;

use super::world::{MRN, World, ada, entry, groups, shown};
use crate::identity::LinkReason;

#[tokio::test]
pub(super) async fn nothing_is_linked_or_shown_before_a_source_is_read_through() {
    let world = World::new(&["a", "b"]).await;
    world.read("a", &[entry("1").bears(MRN, "7")]).await;
    world.change("b", &[entry("1").bears(MRN, "7")]).await;
    assert_eq!(world.groups().await, groups("a/1"));
    assert!(!world.index.complete());
    // The second bearer comes on a later page.
    world.change("b", &[entry("2").bears(MRN, "7")]).await;
    world.close("b").await;
    assert_eq!(world.groups().await, groups("a/1, b/1, b/2"));
    assert!(world.index.complete());
}

#[tokio::test]
pub(super) async fn a_link_that_becomes_ambiguous_breaks_and_heals() {
    let world = World::of(&[
        ("a", vec![entry("1").bears(MRN, "7")]),
        ("b", vec![entry("1").bears(MRN, "7")]),
        ("c", vec![entry("1").bears(MRN, "7")]),
    ])
    .await;
    assert_eq!(world.groups().await, groups("a/1 b/1 c/1"));
    world.change("b", &[entry("2").bears(MRN, "7")]).await;
    assert_eq!(world.groups().await, groups("a/1 c/1, b/1, b/2"));
    world.change("b", &[entry("1").bears(MRN, "8")]).await;
    assert_eq!(world.groups().await, groups("a/1 b/2 c/1, b/1"));
    world.change("b", &[entry("1").bears(MRN, "7"), entry("2").bears(MRN, "8")]).await;
    assert_eq!(world.groups().await, groups("a/1 b/1 c/1, b/2"));
    world.change("b", &[entry("2").bears(MRN, "7").retired()]).await;
    assert_eq!(world.groups().await, groups("a/1 b/1 c/1"));
}

#[tokio::test]
pub(super) async fn a_link_of_two_breaks_when_a_third_bears_the_same() {
    let bearer = |id: &str| entry(id).bears(MRN, "7");
    let world = World::of(&[("a", vec![bearer("1")]), ("b", vec![bearer("1")])]).await;
    world.change("a", &[bearer("2")]).await;
    assert_eq!(world.groups().await, groups("a/1, a/2, b/1"));
    world.vanish("a", &["1"]).await;
    assert_eq!(world.groups().await, groups("a/2 b/1"));
}

/// Two new partners whose birth dates are read wrongly at first agree with each other alone, until one and then the other is
/// mended; a date that is spoilt later parts its bearer again.
#[tokio::test]
pub(super) async fn a_corrected_birth_date_links_anew_and_a_spoilt_one_parts() {
    let told = |id: &str| ada(id).phone("6175550101");
    let wrong = |id: &str| told(id).born("1950-01-01");
    let world =
        World::of(&[("chart", vec![told("1")]), ("b", vec![wrong("1")]), ("c", vec![wrong("1")])])
            .await;
    assert_eq!(world.groups().await, groups("b/1 c/1, chart/1"));
    world.change("b", &[told("1")]).await;
    assert_eq!(world.groups().await, groups("b/1 chart/1, c/1"));
    world.change("c", &[told("1")]).await;
    assert_eq!(world.groups().await, groups("b/1 c/1 chart/1"));
    world.change("b", &[wrong("1")]).await;
    assert_eq!(world.groups().await, groups("b/1, c/1 chart/1"));
}

#[tokio::test]
pub(super) async fn an_unchanged_entry_changes_nothing() {
    let world =
        World::of(&[("a", vec![ada("1").bears(MRN, "7")]), ("b", vec![ada("1").bears(MRN, "7")])])
            .await;
    let before = world.people().await;
    let stored = world.stored().await;
    world.change("a", &[ada("1").bears(MRN, "7")]).await;
    assert_eq!(world.stored().await, stored);
    world.change("a", &[ada("1").bears(MRN, "7").email("ada@example.org")]).await;
    assert_eq!(world.people().await, before);
}

#[tokio::test]
pub(super) async fn an_id_survives_new_records_and_absorbed_ids_resolve() {
    let world =
        World::of(&[("a", vec![entry("1").bears(MRN, "7")]), ("b", vec![entry("1"), entry("2")])])
            .await;
    let (a, b) = (world.id("a", "1").await, world.id("b", "1").await);
    assert_ne!(a, b);
    world.change("b", &[entry("1").bears(MRN, "7")]).await;
    assert_eq!(world.id("b", "1").await, a);
    for id in [a, b] {
        let aliases: BTreeSet<_> = world.index.aliases(id).await.unwrap().into_iter().collect();
        assert_eq!(aliases, BTreeSet::from([a, b]), "what is filed under either is theirs");
    }
    let absorbed = world.resolve(b).await.unwrap();
    assert_eq!((absorbed.id, shown(&absorbed)), (a, groups("a/1 b/1").pop_first().unwrap()));
    world.change("b", &[entry("1").bears(MRN, "8")]).await;
    assert_eq!((world.id("a", "1").await, world.id("b", "1").await), (a, b));
    assert_eq!(world.resolve(b).await.unwrap().id, b);
    assert_eq!(world.index.aliases(b).await.unwrap(), [b]);
}

#[tokio::test]
pub(super) async fn the_id_of_a_retired_record_leads_to_who_is_left() {
    let bearer = || entry("1").bears(MRN, "7");
    let world =
        World::of(&[("a", vec![bearer()]), ("b", vec![bearer()]), ("c", vec![bearer()])]).await;
    let first = world.id("a", "1").await;
    world.vanish("a", &["1"]).await;
    assert_eq!(world.groups().await, groups("b/1 c/1"));
    let second = world.id("b", "1").await;
    assert_eq!(world.resolve(first).await.unwrap().id, second);
    world.vanish("b", &["1"]).await;
    let third = world.id("c", "1").await;
    assert_eq!(
        world.index.resolve(&[first, second, third]).await.unwrap().map_ids(),
        [Some(third); 3]
    );
    let aliases: BTreeSet<_> = world.index.aliases(third).await.unwrap().into_iter().collect();
    assert_eq!(aliases, BTreeSet::from([first, second, third]));
    world.vanish("c", &["1"]).await;
    assert_eq!(world.index.resolve(&[first, second, third]).await.unwrap(), [None, None, None]);
    world.change("a", &[bearer()]).await;
    world.change("c", &[bearer()]).await;
    assert_eq!(world.index.resolve(&[first, third]).await.unwrap().map_ids(), [Some(first); 2]);
}

#[tokio::test]
pub(super) async fn a_retired_id_leads_nowhere_when_nobody_is_left() {
    let world = World::of(&[
        ("a", vec![entry("1").bears(MRN, "7")]),
        ("b", vec![entry("1").bears(MRN, "7")]),
    ])
    .await;
    let id = world.id("a", "1").await;
    world.vanish("a", &["1"]).await;
    assert!(world.resolve(id).await.is_some());
    // It comes back as somebody else, alone, and goes again.
    world.change("a", &[entry("1").bears(MRN, "8")]).await;
    assert_eq!(world.resolve(id).await.unwrap().links.len(), 1);
    world.vanish("a", &["1"]).await;
    assert_eq!(world.resolve(id).await, None);
}

#[tokio::test]
pub(super) async fn nothing_is_found_by_the_keys_of_the_retired() {
    let world =
        World::of(&[("a", vec![ada("1").bears(MRN, "7").phone("6175550101"), ada("2")])]).await;
    assert_ne!(world.keys_and_terms().await, [0, 0]);
    world.change("a", &[ada("1").retired()]).await;
    world.vanish("a", &["2"]).await;
    assert_eq!(world.keys_and_terms().await, [0, 0]);
}

#[tokio::test]
pub(super) async fn a_value_that_thousands_bear_joins_nobody_and_hides_nothing() {
    let crowd =
        |from: u32| (from..from + 3_000).map(|at| entry(&at.to_string()).bears(MRN, "7")).collect();
    let world =
        World::of(&[("a", crowd(0)), ("b", crowd(1_000)), ("c", vec![entry("1").bears(MRN, "7")])])
            .await;
    assert_eq!(world.groups().await.len(), 6_001);
    world.change("a", &[entry("1").bears(MRN, "7").bears("urn:x", "1")]).await;
    world.change("c", &[entry("1").bears(MRN, "7").bears("urn:x", "1")]).await;
    assert_eq!(shown(&world.person("c", "1").await), groups("a/1 c/1").pop_first().unwrap());
}

trait MapIds {
    fn map_ids(self) -> Vec<Option<crate::identity::PersonId>>;
}

impl MapIds for Vec<Option<crate::identity::Identity>> {
    fn map_ids(self) -> Vec<Option<crate::identity::PersonId>> {
        self.into_iter().map(|person| person.map(|person| person.id)).collect()
    }
}

#[tokio::test]
pub(super) async fn reasons_say_what_is_shared() {
    let world = World::of(&[
        ("a", vec![ada("1").bears(MRN, "7"), entry("2")]),
        ("b", vec![ada("1").bears(MRN, "7").email("ada@example.org")]),
        ("c", vec![ada("1").email("ada@example.org")]),
    ])
    .await;
    let by_mrn = LinkReason::SharedIdentifier { system: MRN.to_owned() };
    assert_eq!(world.link("a", "1").await.reason, by_mrn);
    assert_eq!(world.link("b", "1").await.reason, by_mrn);
    let by_email = world.link("c", "1").await.reason;
    assert_eq!(
        by_email.to_string(),
        "Name, birth date, sex and e-mail address are the same as on another record."
    );
    assert_eq!(world.link("a", "2").await.reason, LinkReason::Sole);
    assert!(by_mrn.to_string().contains(MRN));
}

#[tokio::test]
pub(super) async fn a_link_keeps_the_time_at_which_it_was_made() {
    let world = World::of(&[
        ("a", vec![entry("1").bears(MRN, "7")]),
        ("b", vec![entry("1").bears(MRN, "7")]),
    ])
    .await;
    let before = world.link("b", "1").await;
    world.change("a", &[entry("1").bears(MRN, "7").bears("urn:x", "1")]).await;
    assert_eq!(world.link("b", "1").await, before);
}
