use std::collections::BTreeSet;

use caregraph_connectors::LocalId;

use super::*;
use crate::access::{
    BreakGlass, BreakGlassReason, Directive, Label, Relation, RelationKind, Role, Verdict,
};
use crate::identity::{Link, LinkReason, PersonId, SourceId};
use crate::store::testing::{Postgres, TestStore};

fn person(records: &[u8]) -> Identity {
    let link = |record: &u8| Link {
        record: RecordKey::new([*record; 16]),
        source: SourceId::new("lakeside"),
        local: LocalId::new(record.to_string()),
        born: None,
        reason: LinkReason::Sole,
        linked_at_ms: 0,
    };
    Identity { id: PersonId::new(Uuid::from_u128(1)), links: records.iter().map(link).collect() }
}

fn directive(verdict: Verdict) -> Directive {
    let organizations = BTreeSet::from(["Hill County".to_owned()]);
    Directive { organizations, ..Directive::of_anybody(verdict, &[Label::Hiv]) }
}

fn consent(verdict: Verdict) -> Fact {
    Fact::Consent(Consent { directive: directive(verdict), basis: "form 17".to_owned() })
}

fn relation() -> Fact {
    Fact::Relation(Relation {
        kind: RelationKind::Proxy,
        role: Role::Caregiver,
        subject: Some("sibling".to_owned()),
        organization: None,
        classes: vec![crate::access::FieldClass::Appointments],
        from_ms: None,
        until_ms: Some(9),
        basis: "letter".to_owned(),
    })
}

fn glass() -> Fact {
    Fact::BreakGlass(BreakGlass {
        subject: "user-1".to_owned(),
        role: Role::PrimaryCare,
        organization: None,
        reason: BreakGlassReason::ImminentHarm,
        text: "found unconscious at home".to_owned(),
        until_ms: 9,
        review: None,
    })
}

fn book(store: &TestStore) -> Ledger {
    Ledger::new(Arc::new(store.store.clone()), &StoreKey::new([7; 32])).unwrap()
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

async fn in_force(book: &Ledger, records: &[u8]) -> Vec<Verdict> {
    let found = book.standings(&[&person(records)]).await.unwrap().remove(0);
    found.directives.into_iter().map(|directive| directive.verdict).collect()
}

#[test]
fn a_directive_follows_the_records_and_not_an_id() {
    run(async {
        let store = TestStore::new().await;
        let book = book(&store);
        let patient = person(&[1, 2]);
        for verdict in Verdict::ALL {
            let made = book.record(&patient, consent(verdict), "me").await.unwrap();
            assert_eq!(made.fact, consent(verdict));
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
        let both = book.standings(&[&person(&[3]), &person(&[1, 2])]).await.unwrap();
        assert_eq!(both.iter().map(|it| it.directives.len()).collect::<Vec<_>>(), [0, 2]);
    });
}

#[test]
fn that_a_source_may_be_asked_is_remembered_with_what_was_found_and_shows_nobody_anything() {
    run(async {
        let store = TestStore::new().await;
        let book = book(&store);
        let lookup = Lookup {
            source: "walkin".to_owned(),
            system: "urn:payer".to_owned(),
            basis: "form 17".to_owned(),
            record: None,
        };
        let made = book.record(&person(&[1]), Fact::Lookup(lookup.clone()), "me").await.unwrap();
        let found = Lookup { record: Some(RecordKey::new([2; 16]).to_text()), ..lookup };
        let mut entry = book.get(made.id).await.unwrap();
        assert_eq!(entry.fact, made.fact);
        entry.fact = Fact::Lookup(found.clone());
        book.replace(&entry).await.unwrap();
        let all = book.of(&[&person(&[1, 2])]).await.unwrap().remove(0);
        assert_eq!(all.iter().map(|it| &it.fact).collect::<Vec<_>>(), [&Fact::Lookup(found)]);
        let standing = book.standings(&[&person(&[1, 2])]).await.unwrap().remove(0);
        assert!(standing.directives.is_empty() && standing.relations.is_empty());
        assert!(standing.broken.is_empty());
        assert_eq!(book.of_kind(Kind::Lookup).await.unwrap().len(), 1);
    });
}

#[test]
fn what_is_revoked_is_remembered_and_does_not_hold() {
    run(async {
        let store = TestStore::new().await;
        let book = book(&store);
        let made = book.record(&person(&[1]), consent(Verdict::Permit), "me").await.unwrap();
        let revoked = book.revoke(made.id, "you").await.unwrap();
        assert!(revoked.history.revoked.as_ref().is_some_and(|(_, by)| by == "you"));
        let again = book.revoke(made.id, "they").await.unwrap();
        assert_eq!(again.history.revoked, revoked.history.revoked);
        assert!(in_force(&book, &[1]).await.is_empty());
        assert_eq!(book.of(&[&person(&[1])]).await.unwrap()[0].len(), 1);
        assert!(matches!(book.revoke(Uuid::from_u128(9), "you").await, Err(LedgerError::NoSuch)));
    });
}

/// Two nodes on one store, each of which looks for what the other one writes.
#[test]
fn what_another_node_writes_is_seen_without_being_asked_for_each_time() {
    run(async {
        let store = TestStore::new().await;
        let (here, there) = (book(&store), book(&store));
        let (deny, patient) = (Verdict::Deny, person(&[1]));
        let looking = [here.keep(), there.keep()].map(tokio::spawn);
        let mut news = here.changes();
        news.changed().await.unwrap();
        assert!(in_force(&here, &[1]).await.is_empty());
        assert!(here.memory.get(here.memory.era().unwrap(), &RecordKey::new([1; 16])).is_some());

        let made = there.record(&patient, consent(deny), "me").await.unwrap();
        assert_eq!(in_force(&there, &[1]).await, [deny]);
        while in_force(&here, &[1]).await != [deny] {
            news.changed().await.unwrap();
        }

        here.revoke(made.id, "you").await.unwrap();
        assert!(in_force(&here, &[1]).await.is_empty());
        let mut news = there.changes();
        while !in_force(&there, &[1]).await.is_empty() {
            news.changed().await.unwrap();
        }
        looking.iter().for_each(tokio::task::JoinHandle::abort);
    });
}

#[test]
fn what_opens_never_reaches_a_record_that_was_taken_out() {
    run(async {
        let store = TestStore::new().await;
        let book = book(&store);
        for fact in [relation(), glass()] {
            let made = book.record(&person(&[1, 2]), fact.clone(), "me").await.unwrap();
            assert_eq!(book.get(made.id).await.unwrap().fact, fact);
            for (records, holds) in [(&[1, 2][..], true), (&[1, 2, 3], true), (&[1], false)] {
                assert_eq!(made.holds_of(&person(records)), holds, "{fact:?} {records:?}");
            }
        }
        let standing = book.standings(&[&person(&[1, 2])]).await.unwrap().remove(0);
        assert_eq!((standing.relations.len(), standing.broken.len()), (1, 1));
        let glasses = book.of_kind(Kind::BreakGlass).await.unwrap();
        assert_eq!(glasses.iter().map(|it| it.fact.clone()).collect::<Vec<_>>(), [glass()]);
    });
}

#[test]
fn what_is_somebodys_is_found_by_their_name_or_their_organisation() {
    run(async {
        let store = TestStore::new().await;
        let book = book(&store);
        let of = |subject: Option<&str>, organization: Option<&str>| match relation() {
            Fact::Relation(relation) => Fact::Relation(Relation {
                subject: subject.map(str::to_owned),
                organization: organization.map(str::to_owned),
                ..relation
            }),
            other => other,
        };
        let (hers, theirs) = (of(Some("ann"), Some("Hill")), of(None, Some("Hill")));
        for fact in [&hers, &theirs, &of(None, Some("ann")), &glass(), &consent(Verdict::Deny)] {
            book.record(&person(&[1]), fact.clone(), "me").await.unwrap();
        }
        for (subject, organization, expected) in [
            ("ann", Some("Hill"), vec![&hers, &theirs]),
            ("ann", None, vec![&hers]),
            ("bob", Some("Hill"), vec![&theirs]),
            ("user-1", Some("Dale"), vec![&glass()]),
            ("Hill", None, vec![]),
        ] {
            let found = book.of_whom(subject, organization).await.unwrap();
            assert_eq!(found.len(), expected.len(), "{subject}");
            assert!(expected.iter().all(|fact| found.iter().any(|it| it.fact == **fact)));
        }
    });
}

#[test]
fn every_promise_holds_on_postgres() {
    let Some(server) = Postgres::start() else { return };
    server.run(&[
        a_directive_follows_the_records_and_not_an_id,
        what_another_node_writes_is_seen_without_being_asked_for_each_time,
        what_is_revoked_is_remembered_and_does_not_hold,
        what_opens_never_reaches_a_record_that_was_taken_out,
        what_is_somebodys_is_found_by_their_name_or_their_organisation,
    ]);
}

#[test]
fn a_directive_cannot_be_read_changed_or_moved_without_the_key() {
    run(async {
        let store = TestStore::sqlite().await;
        let book = book(&store);
        let person = person(&[1]);
        let one = book.record(&person, consent(Verdict::Deny), "me").await.unwrap();
        let other = book.record(&person, consent(Verdict::Permit), "me").await.unwrap();
        let row = store.store.entry(one.id).await.unwrap().unwrap();
        let plain = String::from_utf8_lossy(&row.sealed).into_owned();
        assert!(
            !plain.contains("Hill County") && !plain.contains("form 17") && !plain.contains("HIV")
        );
        let moved = LedgerRow { id: other.id, ..row };
        store.store.replace_entry(&moved).await.unwrap();
        assert!(matches!(book.standings(&[&person]).await, Err(LedgerError::Sealed(_))));
    });
}
