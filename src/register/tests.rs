use caregraph_connectors::conformance::{Finding, Topic, Verdict};
use caregraph_connectors::egress::Secrets;
use secrecy::ExposeSecret as _;

use super::*;
use crate::store::testing::{Postgres, TestStore};

pub(super) const MANIFEST: &str = "id = \"greenleaf\"";

pub(super) fn partner() -> Actor {
    let organization = Some("Greenleaf".to_owned());
    Actor { subject: Some("engineer".to_owned()), organization, is_admin: false }
}

pub(super) fn admin(subject: &str) -> Actor {
    let organization = Some("Hill County".to_owned());
    Actor { subject: Some(subject.to_owned()), organization, is_admin: true }
}

pub(super) fn registered() -> Change {
    Change::Registered {
        organization: "Greenleaf".to_owned(),
        manifest: MANIFEST.to_owned(),
        declared: Declared::default(),
    }
}

pub(super) fn updated() -> Change {
    Change::Updated {
        manifest: format!("{MANIFEST}\nname = \"Greenleaf\""),
        declared: Declared::default(),
    }
}

pub(super) fn tested(version: u32, passed: bool) -> Change {
    let finding = Finding {
        topic: Topic::Privacy,
        check: "subject".to_owned(),
        verdict: if passed { Verdict::Passed } else { Verdict::Failed },
        message: "Every record is of whom it was asked for.".to_owned(),
        remedy: None,
        path: None,
    };
    Change::Tested { version, report: Report { findings: vec![finding] } }
}

pub(super) fn suspended() -> Change {
    Change::Suspended { reason: "their office moves".to_owned() }
}

pub(super) fn retired() -> Change {
    Change::Retired { reason: "they closed".to_owned() }
}

pub(super) fn quarantined() -> Change {
    Change::Quarantined { reason: "records of other patients".to_owned() }
}

pub(super) fn id() -> SourceId {
    SourceId::new("greenleaf")
}

pub(super) async fn open(store: &TestStore) -> Register {
    Register::open(Arc::new(store.store.clone()), &StoreKey::new([7; 32])).await.unwrap()
}

/// What comes of changes, one after another: the state, or the objection.
pub(super) async fn after(
    changes: impl IntoIterator<Item = (Actor, Change)>,
) -> Vec<Result<State, String>> {
    let store = TestStore::new().await;
    let register = open(&store).await;
    let mut outcomes = Vec::new();
    for (by, change) in changes {
        let outcome = register.change(&id(), by, change).await;
        outcomes.push(outcome.map(|it| it.state()).map_err(|error| error.to_string()));
    }
    outcomes
}

#[tokio::test]
async fn a_connector_lives_from_draft_to_retirement() {
    use State::{Active, AwaitingApproval, Draft, Retired, Suspended};
    let approved = |version| Change::Approved { version };
    let outcomes = after([
        (partner(), registered()),
        (partner(), tested(1, false)),
        (partner(), tested(1, true)),
        (admin("one"), approved(1)),
        (partner(), updated()),
        (partner(), tested(2, true)),
        (admin("one"), approved(2)),
        (admin("one"), approved(1)),
        (partner(), suspended()),
        (admin("two"), approved(1)),
        (Actor::gateway(), quarantined()),
        (admin("one"), approved(2)),
        (partner(), retired()),
    ])
    .await;
    let expected = [
        Draft,
        Draft,
        AwaitingApproval,
        Active,
        Active,
        Active,
        Active,
        Active,
        Suspended,
        Active,
        Suspended,
        Active,
        Retired,
    ];
    assert_eq!(outcomes, expected.map(Ok));
}

#[tokio::test]
async fn nobody_approves_what_they_wrote_and_nothing_is_approved_untested() {
    let approved = || Change::Approved { version: 1 };
    let colleague = Actor { is_admin: true, ..partner() };
    for (by, change, part) in [
        (partner(), approved(), "only an administrator"),
        (colleague.clone(), approved(), "somebody else than who wrote it"),
        (
            Actor { subject: Some("colleague".to_owned()), ..colleague },
            approved(),
            "another organisation",
        ),
        (admin("one"), approved(), "has not passed its test"),
        (admin("one"), Change::Approved { version: 2 }, "no version 2"),
        (admin("one"), suspended(), "not in use"),
        (partner(), registered(), "registered already"),
        (
            Actor { organization: Some("Riverside".to_owned()), ..partner() },
            updated(),
            "another organisation",
        ),
        (Actor { organization: None, ..partner() }, retired(), "another organisation"),
    ] {
        let outcomes = after([(partner(), registered()), (by, change)]).await;
        let objection = outcomes[1].as_ref().unwrap_err();
        assert!(objection.contains(part), "{objection}");
    }
    let stranger = Actor { organization: Some("Riverside".to_owned()), ..partner() };
    assert!(after([(stranger, registered())]).await[0].is_err());
    let gone = after([(partner(), registered()), (partner(), retired()), (partner(), updated())]);
    assert!(gone.await[2].as_ref().unwrap_err().contains("retired"));
    let own = [(admin("one"), registered()), (admin("one"), tested(1, true))];
    let twice = after([own[0].clone(), own[1].clone(), (admin("one"), approved())]).await;
    assert!(twice[2].as_ref().unwrap_err().contains("somebody else"));
    let other = after([own[0].clone(), own[1].clone(), (admin("two"), approved())]).await;
    assert_eq!(other[2], Ok(State::Active));
}

fn nodes_agree() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = TestStore::new().await;
        let (one, other) = (open(&store).await, open(&store).await);
        one.change(&id(), partner(), registered()).await.unwrap();
        assert!(other.get(&id()).is_none());
        other.refresh().await.unwrap();
        assert_eq!(other.get(&id()).unwrap().versions.len(), 1);
        // Whoever has not heard yet of what the other did does it after that, and not over it.
        other.change(&id(), partner(), tested(1, true)).await.unwrap();
        one.change(&id(), admin("one"), Change::Approved { version: 1 }).await.unwrap();
        let mut changes = other.changes();
        changes.borrow_and_update();
        other.refresh().await.unwrap();
        assert!(changes.has_changed().unwrap());
        for register in [&one, &other, &open(&store).await] {
            let it = register.get(&id()).unwrap();
            assert_eq!((it.state(), it.history.len()), (State::Active, 3));
            assert_eq!(it.versions[0].approved_by, Some(admin("one")));
        }
        let id = id();
        let of_both = [&one, &other].repeat(20);
        let at_once = of_both.iter().map(|node| node.change(&id, partner(), updated()));
        let done = futures_util::future::join_all(at_once).await;
        let overtaken = |it: &Result<_, _>| matches!(it, Err(RegisterError::Overtaken));
        assert!(done.iter().all(|it| it.is_ok() || overtaken(it)));
        let written = done.iter().filter(|it| it.is_ok()).count();
        one.refresh().await.unwrap();
        assert_eq!(one.get(&id).unwrap().versions.len(), 1 + written);
        assert!(written >= 20, "{written}");
    });
}

fn credentials_are_sealed_and_replaced() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = TestStore::new().await;
        let register = open(&store).await;
        assert!(register.secrets(&id()).await.unwrap().is_none());
        let first = register.change(&id(), partner(), registered()).await.unwrap();
        let mut it = first.clone();
        for secret in ["open sesame 1", "open sesame 2"] {
            it = register.rotate(&it, partner(), &Secrets::One(secret.into())).await.unwrap();
            let kept = register.secrets(&id()).await.unwrap();
            assert_eq!(kept.of("auth.token").unwrap().expose_secret(), secret);
            let sealed = store.store.credential(&id()).await.unwrap().unwrap();
            assert!(!sealed.windows(6).any(|window| window == b"sesame"));
        }
        assert_eq!(it.history.len(), 3);
        // Whoever looked at it before it was changed, or may not change it, changes nothing.
        let late = register.rotate(&first, partner(), &Secrets::One("late".into())).await;
        assert!(matches!(late, Err(RegisterError::Overtaken)));
        let other_node = open(&store).await;
        let stranger = Actor { organization: Some("Riverside".to_owned()), ..partner() };
        let refused = other_node.rotate(&it, stranger, &Secrets::One("strange".into())).await;
        assert!(matches!(refused, Err(RegisterError::Objection(Objection::NotYours))));
        let kept = other_node.secrets(&id()).await.unwrap();
        assert_eq!(kept.of("auth.token").unwrap().expose_secret(), "open sesame 2");
        let sealed = store.store.credential(&id()).await.unwrap().unwrap();
        let other = SourceId::new("other");
        let row = RegisterRow { seq: 0, connector: other.clone(), number: 1, sealed: vec![0] };
        assert!(store.store.add_rotation(&row, &sealed).await.unwrap());
        assert!(matches!(register.secrets(&other).await, Err(RegisterError::Sealed(_))));
        // A place is taken once, and what stands there stays.
        assert!(!store.store.add_rotation(&row, b"x").await.unwrap());
        assert_eq!(store.store.credential(&other).await.unwrap().unwrap(), sealed);
    });
}

#[test]
fn in_sqlite() {
    nodes_agree();
    credentials_are_sealed_and_replaced();
}

#[test]
fn in_postgresql() {
    if let Some(server) = Postgres::start() {
        server.run(&[nodes_agree, credentials_are_sealed_and_replaced]);
    }
}

#[tokio::test]
async fn what_somebody_writes_into_the_store_decides_nothing() {
    let store = TestStore::new().await;
    let register = open(&store).await;
    register.change(&id(), partner(), registered()).await.unwrap();
    register.change(&id(), partner(), tested(1, true)).await.unwrap();
    register.change(&id(), admin("one"), Change::Approved { version: 1 }).await.unwrap();
    let rows = store.store.entries_after(0).await.unwrap();
    // The approval of one connector does not approve another, nor the same one again.
    let copied = RegisterRow { number: 4, ..rows[2].clone() };
    assert!(store.store.add_entry(&copied).await.unwrap());
    assert!(!store.store.add_entry(&copied).await.unwrap(), "a place is taken once");
    register.refresh().await.unwrap();
    let it = register.get(&id()).unwrap();
    assert_eq!((it.state(), it.in_force().is_none()), (State::Suspended, true));
    let again = register.change(&id(), admin("two"), Change::Approved { version: 1 }).await;
    assert!(matches!(again, Err(RegisterError::Objection(Objection::Distrusted))));
    let gone = register.change(&id(), admin("two"), retired()).await.unwrap();
    assert_eq!(gone.state(), State::Retired);
    // Of one that begins with such an entry nobody knows.
    let begun = RegisterRow { connector: SourceId::new("forged"), ..rows[0].clone() };
    assert!(store.store.add_entry(&begun).await.unwrap());
    register.refresh().await.unwrap();
    assert!(register.get(&SourceId::new("forged")).is_none());
}
