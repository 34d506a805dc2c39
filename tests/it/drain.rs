//! Stopping without breaking off what runs.

use std::time::Duration;

use caregraph_sandbox::{Fault, Role};
use serde_json::json;
use tokio::net::TcpStream;

use crate::gateway::{TestGateway, run, until};

#[test]
fn a_request_in_flight_is_finished_and_no_new_one_is_taken() {
    run(async {
        let gateway = TestGateway::builder().patients(2).start().await;
        let patient = gateway.patient(0).await;
        let source = gateway.sandbox.system("lakeside").unwrap();
        let asked = source.requests().of("Condition?");
        source.set_fault(Fault::Hang);
        let query = "query($id: ID!) { patient(id: $id) { conditions { totalCount completeness { state } } } }";
        let slow = gateway.ask(Role::PrimaryCare, query, json!({ "id": patient }));
        let drains = async {
            until("the source is asked", || async { source.requests().of("Condition?") > asked })
                .await;
            gateway.drain.start();
            let refused = || async { TcpStream::connect(gateway.address).await.is_err() };
            until("no connection is taken any more", refused).await;
            source.set_fault(Fault::None);
        };
        let (answer, ()) = tokio::join!(slow, drains);
        assert_eq!(answer.data()["patient"]["conditions"]["completeness"]["state"], "COMPLETE");
        tokio::time::timeout(Duration::from_secs(30), gateway.stop()).await.expect("it ends");
    });
}

#[test]
fn a_stopped_gateway_leaves_nothing_listening() {
    run(async {
        let gateway = TestGateway::builder().patients(1).start().await;
        assert_eq!(gateway.get("/health/ready").await.json()["status"], "ready");
        let address = gateway.address;
        gateway.stop().await;
        assert!(TcpStream::connect(address).await.is_err());
    });
}
