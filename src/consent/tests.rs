use std::collections::BTreeSet;

use caregraph_connectors::LocalId;

use super::*;
use crate::access::Label;
use crate::identity::{Link, LinkReason, PersonId, SourceId};
use crate::store::testing::{Postgres, TestStore};

fn person(records: &[u8]) -> Identity {
    let link = |record: &u8| Link {
        record: RecordKey::new([*record; 16]),
        source: SourceId::new("lakeside"),
        local: LocalId::new(record.to_string()),
        reason: LinkReason::Sole,
        linked_at_ms: 0,
    };
    Identity { id: PersonId::new(Uuid::from_u128(1)), links: records.iter().map(link).collect() }
}

fn directive(verdict: Verdict) -> Directive {
    let organizations = BTreeSet::from(["Hill County".to_owned()]);
    Directive { organizations, ..Directive::of_anybody(verdict, &[Label::Hiv]) }
}

fn book(store: &TestStore) -> ConsentBook {
    ConsentBook::new(Arc::new(store.store.clone()), &StoreKey::new([7; 32])).unwrap()
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

async fn in_force(book: &ConsentBook, records: &[u8]) -> Vec<Verdict> {
    let found = book.in_force(&[&person(records)]).await.unwrap().remove(0);
    found.into_iter().map(|directive| directive.verdict).collect()
}

#[test]
fn a_directive_follows_the_records_and_not_an_id() {
    run(async {
        let store = TestStore::new().await;
        let book = book(&store);
        let patient = person(&[1, 2]);
        for verdict in Verdict::ALL {
            let made = book.record(&patient, directive(verdict), "form".to_owned(), "me");
            assert_eq!(made.await.unwrap().directive, directive(verdict));
        }
        let (permit, deny) = (Verdict::Permit, Verdict::Deny);
        for (records, expected) in [
            (&[1, 2][..], &[permit, deny][..]),
            (&[1, 2, 3], &[permit, deny]),
            // A record that was taken out is somebody else's: the denial goes with it, the permit with nobody.
            (&[1], &[deny]),
            (&[2, 3], &[deny]),
            (&[3], &[]),
            (&[], &[]),
        ] {
            let found: BTreeSet<_> =
                in_force(&book, records).await.iter().map(|it| it.name()).collect();
            assert_eq!(found, expected.iter().map(|it| it.name()).collect(), "{records:?}");
        }
        let both = book.in_force(&[&person(&[3]), &person(&[1, 2])]).await.unwrap();
        assert_eq!(both.iter().map(Vec::len).collect::<Vec<_>>(), [0, 2]);
    });
}

#[test]
fn what_is_revoked_is_remembered_and_does_not_hold() {
    run(async {
        let store = TestStore::new().await;
        let book = book(&store);
        let made = book
            .record(&person(&[1]), directive(Verdict::Permit), "form".to_owned(), "me")
            .await
            .unwrap();
        let revoked = book.revoke(made.id, "you").await.unwrap();
        assert!(revoked.revoked.as_ref().is_some_and(|(_, by)| by == "you"));
        let again = book.revoke(made.id, "they").await.unwrap();
        assert_eq!(again.revoked, revoked.revoked);
        assert!(in_force(&book, &[1]).await.is_empty());
        assert_eq!(book.of(&[&person(&[1])]).await.unwrap()[0].len(), 1);
        assert!(matches!(book.revoke(Uuid::from_u128(9), "you").await, Err(ConsentError::NoSuch)));
    });
}

#[test]
fn every_promise_holds_on_postgres() {
    let Some(server) = Postgres::start() else { return };
    server.run(&[
        a_directive_follows_the_records_and_not_an_id,
        what_is_revoked_is_remembered_and_does_not_hold,
    ]);
}

#[test]
fn a_directive_cannot_be_read_changed_or_moved_without_the_key() {
    run(async {
        let store = TestStore::sqlite().await;
        let book = book(&store);
        let (person, form) = (person(&[1]), || "form 17".to_owned());
        let one = book.record(&person, directive(Verdict::Deny), form(), "me").await.unwrap();
        let other = book.record(&person, directive(Verdict::Permit), form(), "me").await.unwrap();
        let row = store.store.consent(one.id).await.unwrap().unwrap();
        let plain = String::from_utf8_lossy(&row.sealed).into_owned();
        assert!(
            !plain.contains("Hill County") && !plain.contains("form 17") && !plain.contains("HIV")
        );
        let moved = ConsentRow { id: other.id, sealed: row.sealed };
        store.store.replace_consent(&moved).await.unwrap();
        assert!(matches!(book.in_force(&[&person]).await, Err(ConsentError::Sealed(_))));
    });
}
