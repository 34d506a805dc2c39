//! A policy is changed while the gateway runs.

use caregraph::access::Policy;
use caregraph_sandbox::Role;
use serde_json::json;

use crate::gateway::{TestGateway, run, until};

const CONDITIONS: &str =
    "query($id: ID!) { patient(id: $id) { conditions(first: 100) { totalCount } } }";

#[test]
fn a_changed_policy_holds_within_a_second_and_a_broken_one_never() {
    run(async {
        let gateway = TestGateway::builder().patients(20).start().await;
        let id = gateway.patient(0).await;
        let sees = || async {
            let data = gateway.ask(Role::Pharmacist, CONDITIONS, json!({ "id": id })).await.data();
            data["patient"]["conditions"]["totalCount"].is_number()
        };
        assert!(sees().await);
        let path = gateway.home.path().join("policy.toml");
        let row = Policy::DEFAULT.lines().find(|line| line.starts_with("CONDITIONS ")).unwrap();
        let closed = Policy::DEFAULT.replace(row, "CONDITIONS = \"F F F - - F F - - -\"");
        std::fs::write(&path, &closed[..closed.len() / 2]).unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert!(sees().await, "half a policy was taken");
        std::fs::write(&path, closed).unwrap();
        let changed = std::time::Instant::now();
        until("the policy holds", || async { !sees().await }).await;
        assert!(changed.elapsed().as_secs() < 5);
        gateway.stop().await;
    });
}
