//! Secrets that are changed while their connectors run.

use super::locked::{Locked, medicines, open, with};
use super::*;

async fn gateway() -> TestGateway {
    TestGateway::builder().patients(8).shape(open).start().await
}

/// All that is known is shown, be it from a copy.
fn is_whole((count, whole, state): &(u64, String, String)) -> bool {
    *count > 0 && whole == "COMPLETE" && (state == "OK" || state == "CACHED")
}

#[test]
fn a_changed_secret_is_shown_by_the_next_question_and_copies_stay() {
    run(async {
        let gateway = gateway().await;
        let locked = Locked::new(&gateway).await;
        let id = locked.in_use(&gateway).await;
        let patient = gateway.patient(0).await;
        let before = medicines(&gateway, &patient).await;
        assert!(is_whole(&before), "{before:?}");
        let running = gateway.source("greenleaf");
        let (asked, guarded) = (locked.door.asked(), running.guard.figures().calls.get());
        locked.door.take(&["new"]);
        locked.rotate(&gateway, &id, json!({ "credential": "new" })).await;
        let after = medicines(&gateway, &patient).await;
        assert_eq!((after.0, after.1.as_str(), after.2.as_str()), (before.0, "COMPLETE", "CACHED"));
        assert_eq!(locked.door.asked(), asked, "it was shown from the copy");
        // It is the very source that ran before, with what its guard has learnt.
        assert!(Arc::ptr_eq(&running, &gateway.source("greenleaf")));
        assert!(running.guard.figures().calls.get() == guarded && guarded > 0);
        let other = gateway.patient(1).await;
        let (_, whole, state) = medicines(&gateway, &other).await;
        assert_eq!((whole.as_str(), state.as_str()), ("COMPLETE", "OK"));
        assert!(locked.door.shown("new") > 0);
        // The next start begins with the new one.
        let (sandbox, home) = (gateway.sandbox.clone(), gateway.home.clone());
        gateway.stop().await;
        let again = TestGateway::builder().before(sandbox).at_home(home).shape(open);
        let again = again.start().await;
        assert!(is_whole(&medicines(&again, &patient).await));
    });
}

#[test]
fn changing_a_secret_under_load_fails_no_question() {
    run(async {
        let gateway = Arc::new(gateway().await);
        let locked = Locked::uncached(&gateway).await;
        let id = locked.in_use(&gateway).await;
        let patient = gateway.patient(0).await;
        let all = medicines(&gateway, &patient).await;
        assert!(is_whole(&all), "{all:?}");
        let is_over = Arc::new(AtomicBool::new(false));
        let counts: Vec<Arc<AtomicUsize>> = (0..3).map(|_| Arc::default()).collect();
        let clients = counts.iter().cloned().map(|count| {
            let (gateway, patient) = (gateway.clone(), patient.clone());
            let (is_over, all) = (is_over.clone(), all.clone());
            tokio::spawn(async move {
                while !is_over.load(Ordering::SeqCst) {
                    assert_eq!(medicines(&gateway, &patient).await, all);
                    count.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        let clients: Vec<_> = clients.collect();
        let rounds = async |more: usize| {
            let before: Vec<usize> = counts.iter().map(|it| it.load(Ordering::SeqCst)).collect();
            let has_gone_on = || async {
                let now = counts.iter().map(|it| it.load(Ordering::SeqCst));
                clients.iter().any(tokio::task::JoinHandle::is_finished)
                    || now.zip(&before).all(|(now, before)| now >= before + more)
            };
            until("every client asks again", has_gone_on).await;
        };
        rounds(2).await;
        let mut shown = "old".to_owned();
        for number in 1..=4 {
            let next = format!("new-{number}");
            locked.door.take(&[&shown, &next]);
            locked.rotate(&gateway, &id, json!({ "credential": next })).await;
            // Whatever began before has ended after two rounds; from then on none but the new one is taken.
            rounds(2).await;
            let before = locked.door.shown(&shown);
            locked.door.take(&[&next]);
            rounds(3).await;
            assert_eq!(locked.door.shown(&shown), before, "the old one is shown no more");
            assert!(locked.door.shown(&next) > 0);
            shown = next;
        }
        is_over.store(true, Ordering::SeqCst);
        for client in clients {
            client.await.expect("no question failed");
        }
    });
}

#[test]
fn a_source_that_refused_the_old_secret_is_asked_again_at_once() {
    run(async {
        let gateway = gateway().await;
        let mut locked = Locked::new(&gateway).await;
        let patiently = "cache = { sections = { MEDICATIONS = { negative_s = 30 } } }";
        locked.manifest = with(&locked.manifest, patiently);
        let id = locked.in_use(&gateway).await;
        let patient = gateway.patient(0).await;
        locked.door.take(&["new"]);
        let (_, whole, state) = medicines(&gateway, &patient).await;
        assert_eq!((whole.as_str(), state.as_str()), ("PARTIAL", "UNAUTHORIZED"));
        let refused = locked.door.shown("old");
        let (_, _, state) = medicines(&gateway, &patient).await;
        assert_eq!((state.as_str(), locked.door.shown("old")), ("UNAUTHORIZED", refused));
        locked.rotate(&gateway, &id, json!({ "credential": "new" })).await;
        assert!(is_whole(&medicines(&gateway, &patient).await));
    });
}

#[test]
fn a_suspended_connector_comes_back_with_the_secret_that_it_was_given_meanwhile() {
    run(async {
        let gateway = gateway().await;
        let locked = Locked::uncached(&gateway).await;
        let id = locked.in_use(&gateway).await;
        let patient = gateway.patient(0).await;
        let rest = ", reason: \"a leak\"";
        act(&gateway, &locked.partner, "suspendConnector", &id, rest).await.data();
        locked.door.take(&["new"]);
        locked.rotate(&gateway, &id, json!({ "credential": "new" })).await;
        assert_eq!(medicines(&gateway, &patient).await.2, "CIRCUIT_OPEN");
        super::examples::approve(&gateway, &id).await;
        assert!(is_whole(&medicines(&gateway, &patient).await));
        let rest = ", reason: \"they closed\"";
        act(&gateway, &locked.partner, "retireConnector", &id, rest).await.data();
        let late = locked.try_rotating(&gateway, &id, json!({ "credential": "late" })).await;
        assert_eq!(late.codes(), ["CONFLICT"]);
    });
}

#[test]
fn a_version_in_the_shadow_goes_on_and_shows_the_changed_secret_too() {
    run(async {
        let gateway = gateway().await;
        let locked = Locked::uncached(&gateway).await;
        let id = locked.in_use(&gateway).await;
        let patient = gateway.patient(0).await;
        let update = "mutation($id: ID!, $manifest: String!) { updateConnector(id: $id, manifest: $manifest) { mistakes { message } } }";
        let manifest = locked.manifest.replace("timeout_ms = 15000", "timeout_ms = 14000");
        let variables = json!({ "id": id, "manifest": manifest });
        let updated = gateway.ask_with(&locked.partner, update, variables).await.data();
        assert_eq!(updated["updateConnector"]["mistakes"], json!([]));
        let rest = ", version: 2, share: 1.0";
        act(&gateway, &admin(&gateway, "admin-1"), "shadowConnector", &id, rest).await.data();
        let query = "{ connectors { shadow { since asked sections { problems mended } } } }";
        let shadow = async || {
            let data = gateway.ask_with(&locked.partner, query, Value::Null).await.data();
            data["connectors"][0]["shadow"].clone()
        };
        let since = shadow().await["since"].clone();
        locked.door.take(&["new"]);
        locked.rotate(&gateway, &id, json!({ "credential": "new" })).await;
        assert!(is_whole(&medicines(&gateway, &patient).await));
        until("both are compared", || async { shadow().await["asked"] == 1 }).await;
        let compared = shadow().await;
        assert_eq!(compared["since"], since, "it is the same shadow");
        assert_eq!(compared["sections"], json!([{ "problems": 0, "mended": 0 }]));
    });
}

#[test]
fn every_node_shows_the_changed_secret() {
    run(async {
        let Some(shared) = Shared::start(8).await else { return };
        let (one, other) = (shared.node(open).await, shared.node(open).await);
        let locked = Locked::uncached(&one).await;
        let id = locked.in_use(&one).await;
        let patient = one.patient(0).await;
        let shows = async |node: &TestGateway| is_whole(&medicines(node, &patient).await);
        until("both nodes show it", || async { shows(&one).await && shows(&other).await }).await;
        let running = other.source("greenleaf");
        locked.rotate(&one, &id, json!({ "credential": "new" })).await;
        locked.door.take(&["new"]);
        assert!(shows(&one).await, "where it was changed");
        until("the other node follows", || shows(&other)).await;
        assert!(Arc::ptr_eq(&running, &other.source("greenleaf")), "it was not built anew");
    });
}
