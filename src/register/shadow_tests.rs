use super::tests::{
    MANIFEST, admin, after, id, open, partner, quarantined, registered, retired, suspended, tested,
    updated,
};
use super::*;
use crate::store::testing::TestStore;

fn shadowed(version: u32, share: f64) -> Change {
    Change::Shadowed { version, share }
}

/// One version in use, and a second one that has passed its test.
fn with_a_next_version() -> Vec<(Actor, Change)> {
    vec![
        (partner(), registered()),
        (partner(), tested(1, true)),
        (admin("one"), Change::Approved { version: 1 }),
        (partner(), updated()),
        (partner(), tested(2, true)),
    ]
}

#[tokio::test]
async fn a_version_is_in_the_shadow_until_anything_else_is_decided() {
    let approved = |version| Change::Approved { version };
    let mixed_up = "records of other patients".to_owned();
    let ended = |version| Change::ShadowEnded { version, reason: mixed_up.clone() };
    for (by, end, left) in [
        (admin("one"), approved(2), None),
        (partner(), suspended(), None),
        (Actor::gateway(), quarantined(), None),
        (partner(), retired(), None),
        (admin("one"), shadowed(2, 0.0), None),
        (Actor::gateway(), ended(2), None),
        (admin("two"), shadowed(2, 1.0), Some((2, 1.0, 7))),
        (partner(), updated(), Some((2, 0.5, 6))),
        (partner(), tested(2, false), Some((2, 0.5, 6))),
    ] {
        let store = TestStore::new().await;
        let register = open(&store).await;
        for (by, change) in with_a_next_version() {
            register.change(&id(), by, change).await.unwrap();
        }
        let it = register.change(&id(), admin("one"), shadowed(2, 0.5)).await.unwrap();
        assert_eq!(it.shadow(), Some(Shadowed { version: 2, share: 0.5, entry: 6 }));
        assert_eq!(it.in_force().unwrap().number, 1);
        let it = register.change(&id(), by, end.clone()).await.unwrap();
        let told = |it: &Registration| it.shadow().map(|it| (it.version, it.share, it.entry));
        assert_eq!(told(&it), left, "{end:?}");
        // It goes on after a restart, or does not.
        assert_eq!(told(&open(&store).await.get(&id()).unwrap()), left, "{end:?}");
    }
}

#[tokio::test]
async fn a_version_is_in_the_shadow_only_if_it_could_be_approved() {
    let suspended = (partner(), suspended());
    let shadow = |by, version, share| (by, shadowed(version, share));
    let colleague = Actor { is_admin: true, subject: Some("colleague".to_owned()), ..partner() };
    for (before, (by, change), part) in [
        (None, shadow(partner(), 2, 0.1), "only an administrator"),
        (None, shadow(partner(), 2, 0.0), "only an administrator"),
        (None, shadow(Actor { is_admin: true, ..partner() }, 2, 0.1), "somebody else"),
        (None, shadow(colleague, 2, 0.1), "another organisation"),
        (None, shadow(admin("one"), 3, 0.1), "no version 3"),
        (None, shadow(admin("one"), 1, 0.1), "in force already"),
        (None, shadow(admin("one"), 2, 1.1), "between 0 and 1"),
        (None, shadow(admin("one"), 2, -0.1), "between 0 and 1"),
        (None, shadow(admin("one"), 2, f64::NAN), "between 0 and 1"),
        (None, shadow(admin("one"), 2, 0.0), "not asked in the shadow"),
        (Some(suspended), shadow(admin("one"), 2, 0.1), "not in use"),
        (Some((partner(), retired())), shadow(admin("one"), 2, 0.1), "retired"),
        (Some((partner(), tested(2, false))), shadow(admin("one"), 2, 0.1), "not passed its test"),
        (
            Some((admin("one"), shadowed(2, 0.1))),
            shadow(admin("one"), 1, 0.0),
            "version 1 is not asked in the shadow",
        ),
    ] {
        let changes = with_a_next_version().into_iter().chain(before).chain([(by, change)]);
        let outcomes = after(changes).await;
        let objection = outcomes.last().unwrap().as_ref().unwrap_err();
        assert!(objection.contains(part), "{objection}");
    }
    let stale = Change::ShadowEnded { version: 3, reason: String::new() };
    let late = with_a_next_version().into_iter().chain([
        (admin("one"), shadowed(2, 0.1)),
        // Of one that is not the one that is asked now.
        (Actor::gateway(), stale),
    ]);
    assert!(after(late).await.last().unwrap().is_err());
}

#[tokio::test]
async fn a_version_of_another_system_neither_follows_nor_is_in_the_shadow() {
    let declared = |endpoint: &str, section: &str| Declared {
        endpoint: endpoint.to_owned(),
        sections: vec![section.to_owned()],
        ..Declared::default()
    };
    let changes = |first: Declared, second: Declared| {
        let (organization, manifest) = ("Greenleaf".to_owned(), MANIFEST.to_owned());
        let registered =
            Change::Registered { organization, manifest: manifest.clone(), declared: first };
        // The second is written before any is approved.
        vec![
            (partner(), registered),
            (partner(), tested(1, true)),
            (partner(), Change::Updated { manifest, declared: second }),
            (partner(), tested(2, true)),
            (admin("one"), Change::Approved { version: 1 }),
        ]
    };
    let (here, there) = ("https://a.example/", "https://b.example/");
    let medicines = |endpoint| declared(endpoint, "MEDICATIONS");
    for (first, second, change, part) in [
        (medicines(here), medicines(there), shadowed(2, 0.1), "base_url is of another system"),
        (
            medicines(here),
            medicines(there),
            Change::Approved { version: 2 },
            "base_url is of another system",
        ),
        (
            declared(here, "SERVICES"),
            declared(here, "SERVICES"),
            shadowed(2, 0.1),
            "nothing to compare",
        ),
    ] {
        let outcomes = after(changes(first, second).into_iter().chain([(admin("one"), change)]));
        let outcomes = outcomes.await;
        assert_eq!(outcomes[4], Ok(State::Active));
        let objection = outcomes[5].as_ref().unwrap_err();
        assert!(objection.contains(part), "{objection}");
    }
}
