//! From a draft to retirement, on one node and on several.

use super::*;

#[test]
fn a_pharmacy_is_registered_tried_approved_suspended_and_retired_while_the_gateway_runs() {
    run(async {
        let gateway = before().await;
        let patient = customer(&gateway).await;
        assert_eq!(shown(&gateway, &patient).await, (0, Value::Null));

        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let registered = &registered["registerConnector"];
        assert_eq!(registered["connector"]["state"], "AWAITING_APPROVAL", "{registered}");
        assert_eq!(registered["setup"]["waiting"]["report"]["passed"], true);
        let id = text(&registered["connector"]["id"]);
        assert_eq!(shown(&gateway, &patient).await, (0, Value::Null), "nobody has approved it");

        let one = admin(&gateway, "admin-1");
        let approved = act(&gateway, &one, "approveConnector", &id, "").await.data();
        assert_eq!(approved["approveConnector"]["connector"]["state"], "ACTIVE");
        let (fills, pharmacy) = shown(&gateway, &patient).await;
        assert!(fills > 0, "the very next query shows them");
        assert_eq!(pharmacy["source"]["connector"], json!({ "state": "ACTIVE", "version": 1 }));
        assert_eq!(pharmacy["state"], "OK");

        let token = gateway.token(Role::Partner);
        let rest = ", reason: \"their office moves\"";
        let suspended = act(&gateway, &token, "suspendConnector", &id, rest).await.data();
        assert_eq!(suspended["suspendConnector"]["connector"]["state"], "SUSPENDED");
        let (fills, pharmacy) = shown(&gateway, &patient).await;
        assert_eq!((fills, &pharmacy["state"]), (0, &json!("CIRCUIT_OPEN")));
        assert!(
            text(&pharmacy["message"]).contains("suspended"),
            "it is told that they are missing"
        );

        act(&gateway, &one, "approveConnector", &id, "").await.data();
        assert!(shown(&gateway, &patient).await.0 > 0);
        let rest = ", reason: \"they closed\"";
        let retired = act(&gateway, &token, "retireConnector", &id, rest).await.data();
        let history = items(&retired["retireConnector"]["setup"]["history"]).to_vec();
        let done: Vec<String> = history.iter().map(|it| text(&it["change"])).collect();
        let expected = ["REGISTERED", "TESTED", "APPROVED", "SUSPENDED", "APPROVED", "RETIRED"];
        assert_eq!(done, expected);
        assert_eq!(shown(&gateway, &patient).await, (0, Value::Null));
    });
}

#[test]
fn what_was_registered_is_in_force_after_a_restart() {
    run(async {
        let gateway = before().await;
        let patient = customer(&gateway).await;
        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let one = admin(&gateway, "admin-1");
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        let (sandbox, home) = (gateway.sandbox.clone(), gateway.home.clone());
        gateway.stop().await;
        let again = TestGateway::builder().before(sandbox).at_home(home);
        let again = again.shape(without_pharmacy).start().await;
        assert!(shown(&again, &patient).await.0 > 0);
    });
}

#[test]
fn swapping_sources_under_load_fails_no_request() {
    run(async {
        let gateway = Arc::new(before().await);
        let patient = customer(&gateway).await;
        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let one = admin(&gateway, "admin-1");
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        let (is_over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let clients: Vec<_> = (0..4)
            .map(|_| {
                let (gateway, patient) = (gateway.clone(), patient.clone());
                let (is_over, asked) = (is_over.clone(), asked.clone());
                tokio::spawn(async move {
                    while !is_over.load(Ordering::Relaxed) {
                        let (fills, pharmacy) = shown(&gateway, &patient).await;
                        // Either it is in force and all of it is shown, or it is not and that is told.
                        assert_eq!(fills > 0, pharmacy["state"] == "OK", "{pharmacy}");
                        assert_eq!(fills == 0, pharmacy["state"] == "CIRCUIT_OPEN", "{pharmacy}");
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for _ in 0..5 {
            let rest = ", reason: \"a change of mind\"";
            act(&gateway, &one, "suspendConnector", &id, rest).await.data();
            act(&gateway, &one, "approveConnector", &id, "").await.data();
        }
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.expect("no request failed and none was half of one and half of the other");
        }
        assert!(asked.load(Ordering::Relaxed) > 20);
    });
}

#[test]
fn a_source_that_mixes_up_its_patients_is_taken_out_of_use_and_none_of_it_is_shown() {
    run(async {
        let gateway = before().await;
        let registered = register(&gateway, &manifest(&gateway)).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let one = admin(&gateway, "admin-1");
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        let patient = customer(&gateway).await;
        let own: BTreeSet<String> = references(&gateway, &patient).await;
        assert!(!own.is_empty());
        let pharmacy = gateway.sandbox.system("cornerstone").expect("it runs");
        pharmacy.set_fault(Fault::SometimesWrongPatient { rate: 0.3 });
        let list = "{ connectors { name connector { state } history { change reason } } }";
        let quarantined = || async {
            assert!(references(&gateway, &patient).await.is_subset(&own), "a stranger's is shown");
            let all = gateway.ask(Role::Partner, list, Value::Null).await.data();
            all["connectors"][0]["connector"]["state"] == "SUSPENDED"
        };
        until("the source is taken out of use", quarantined).await;
        let all = gateway.ask(Role::Partner, list, Value::Null).await.data();
        let newest = items(&all["connectors"][0]["history"]).last().cloned().unwrap();
        assert_eq!(newest["change"], "QUARANTINED");
        assert!(text(&newest["reason"]).contains("other patients"));
        pharmacy.set_fault(Fault::None);
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        assert_eq!(references(&gateway, &patient).await, own);
    });
}

#[test]
fn of_several_versions_the_one_that_was_looked_at_is_approved() {
    run(async {
        let gateway = before().await;
        let first = manifest(&gateway);
        let registered = register(&gateway, &first).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let one = admin(&gateway, "admin-1");
        act(&gateway, &one, "approveConnector", &id, "").await.data();
        let second = first.replace("timeout_ms = 15000", "timeout_ms = 14000");
        let update = "mutation($id: ID!, $manifest: String!) { updateConnector(id: $id, manifest: $manifest) { mistakes { message } } }";
        let variables = json!({"id": id, "manifest": second});
        let updated = gateway.ask(Role::Partner, update, variables).await.data();
        assert_eq!(updated["updateConnector"]["mistakes"], json!([]));
        let unnamed = act(&gateway, &one, "approveConnector", &id, "").await;
        assert_eq!(unnamed.codes(), ["BAD_USER_INPUT"]);
        let changes = "{ connectors { waiting { number changes { path before after } } versions { changes { path } } } }";
        let data = gateway.ask(Role::Partner, changes, Value::Null).await.data();
        let connector = &data["connectors"][0];
        let expected = json!([{"path": "timeout_ms", "before": "15000", "after": "14000"}]);
        assert_eq!(connector["waiting"]["changes"], expected);
        assert_eq!(connector["versions"][0]["changes"], Value::Null);
        act(&gateway, &one, "approveConnector", &id, ", version: 2").await.data();
        let ready = gateway.get("/health/ready").await.json();
        assert_eq!(ready["connectors"][0]["version"], 2, "{ready}");
    });
}

#[test]
fn every_node_follows_what_was_done_at_another() {
    run(async {
        let Some(shared) = Shared::start(8).await else { return };
        let one = shared.node(without_pharmacy).await;
        let other = shared.node(without_pharmacy).await;
        let patient = customer(&one).await;
        let registered = register(&one, &manifest(&one)).await.data();
        let id = text(&registered["registerConnector"]["connector"]["id"]);
        let admin = admin(&one, "admin-1");
        // Approved at the node that has not been told of it, suspended at the first.
        act(&other, &admin, "approveConnector", &id, "").await.data();
        assert!(shown(&other, &patient).await.0 > 0, "where it was approved");
        until("the first node shows it", || async { shown(&one, &patient).await.0 > 0 }).await;
        let rest = ", reason: \"a fire\"";
        act(&one, &admin, "suspendConnector", &id, rest).await.data();
        assert_eq!(shown(&one, &patient).await.0, 0, "where it was suspended");
        until("the other node shows it no more", || async { shown(&other, &patient).await.0 == 0 })
            .await;
        let history = "{ connectors { origin history { change } } }";
        for node in [&one, &other] {
            let ready = node.get("/health/ready").await.json();
            assert_eq!(ready["connectors"][0]["version"], 1, "{ready}");
            assert_eq!(ready["connectors"][0]["suspended"], true, "{ready}");
            let data = node.ask(Role::Partner, history, Value::Null).await.data();
            assert_eq!(items(&data["connectors"][0]["history"]).len(), 4);
        }
    });
}
