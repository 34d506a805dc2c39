//! Each fault does what it says, can be lifted, and leaves the other systems alone.

use std::{io::ErrorKind, time::Duration};

use super::{ask, client, patient, sandbox, set_fault};
use crate::{Fault, Faults, Options, Sandbox};

#[tokio::test]
async fn refusals_come_with_their_status() {
    let sandbox = sandbox(4).await;
    for (fault, status) in [
        (Fault::Status(503), 503),
        (Fault::Status(401), 401),
        (Fault::Errors { rate: 1.0 }, 500),
        (Fault::Errors { rate: 0.0 }, 200),
        (Fault::None, 200),
    ] {
        set_fault(&sandbox, "lakeside", fault);
        assert_eq!(sandbox.system("lakeside").unwrap().fault(), fault);
        assert_eq!(ask(&sandbox, "lakeside", "/metadata").await.status, status);
        assert_eq!(ask(&sandbox, "stmary", "/metadata").await.status, 200);
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn some_requests_fail_when_some_should() {
    let sandbox = sandbox(4).await;
    set_fault(&sandbox, "lakeside", Fault::Errors { rate: 0.5 });
    let mut failed = 0;
    for _ in 0..200 {
        failed += u32::from(ask(&sandbox, "lakeside", "/metadata").await.status == 500);
    }
    assert!((60..140).contains(&failed), "{failed} of 200");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_hanging_system_answers_when_it_is_healed() {
    let sandbox = sandbox(4).await;
    set_fault(&sandbox, "lakeside", Fault::Hang);
    let url = format!("{}/metadata", sandbox.system("lakeside").unwrap().base_url());
    let mut waiting = tokio::spawn(async move { client::get(&url, &[]).await.unwrap().status });
    assert!(tokio::time::timeout(Duration::from_millis(150), &mut waiting).await.is_err());
    set_fault(&sandbox, "lakeside", Fault::None);
    assert_eq!(waiting.await.unwrap(), 200);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_slow_system_takes_at_least_its_time() {
    let faults: Faults = "cornerstone=delay:120ms".parse().unwrap();
    let sandbox =
        Sandbox::start(Options { patients: 4, faults, ..Options::default() }).await.unwrap();
    let start = std::time::Instant::now();
    assert_eq!(ask(&sandbox, "cornerstone", "/metadata").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(120));
    sandbox.stop().await;
}

#[tokio::test]
async fn broken_answers_are_broken_in_their_own_way() {
    let sandbox = sandbox(4).await;
    let url = format!("{}/metadata", sandbox.system("harbor").unwrap().base_url());
    set_fault(&sandbox, "harbor", Fault::Garbage);
    let garbage = client::get(&url, &[]).await.unwrap();
    assert_eq!(garbage.status, 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&garbage.body).is_err());
    set_fault(&sandbox, "harbor", Fault::Truncated);
    assert!(client::get(&url, &[]).await.is_err());
    set_fault(&sandbox, "harbor", Fault::Huge);
    let huge = client::get(&url, &[]).await.unwrap();
    assert_eq!(huge.body.len(), 64 << 20);
    assert!(huge.body.ends_with(b"a\"}}"));
    set_fault(&sandbox, "harbor", Fault::None);
    assert_eq!(client::get(&url, &[]).await.unwrap().json()["resourceType"], "CapabilityStatement");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_confused_system_answers_with_somebody_else() {
    let sandbox = sandbox(12).await;
    let id = patient(&sandbox, 0, "northgate");
    set_fault(&sandbox, "northgate", Fault::WrongPatient);
    let resources =
        ask(&sandbox, "northgate", &format!("/Encounter?patient={id}")).await.resources("match");
    assert!(!resources.is_empty());
    assert!(
        resources
            .iter()
            .all(|resource| !resource["subject"]["reference"].as_str().unwrap().ends_with(&id))
    );
    let read = ask(&sandbox, "northgate", &format!("/Patient/{id}")).await.json();
    assert_ne!(read["id"], id.as_str());
    sandbox.stop().await;
}

#[tokio::test]
async fn endless_pages_never_end() {
    let sandbox = sandbox(4).await;
    let id = patient(&sandbox, 0, "stmary");
    set_fault(&sandbox, "stmary", Fault::EndlessPaging);
    let base = sandbox.system("stmary").unwrap().base_url();
    for path in ["Patient?_count=100".to_owned(), format!("Condition?patient={id}&_count=100")] {
        let mut url = format!("{base}/{path}");
        for _ in 0..40 {
            let next = client::get(&url, &[]).await.unwrap().next().unwrap();
            assert_ne!(next, url);
            url = next;
        }
    }
    set_fault(&sandbox, "commons", Fault::EndlessPaging);
    let page = ask(&sandbox, "commons", "/services?page=999").await.json();
    assert_eq!((page["last_page"].as_bool(), page["empty"].as_bool()), (Some(false), Some(false)));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_dead_system_refuses_connections_and_can_rise_on_its_port() {
    let sandbox = sandbox(4).await;
    let url = format!("{}/metadata", sandbox.system("lakeside").unwrap().base_url());
    set_fault(&sandbox, "lakeside", Fault::Dead);
    let refused = async || client::get(&url, &[]).await.err().map(|error| error.kind());
    // The listener may take a moment to close; a connection that slips in is reset.
    while refused().await.unwrap() != ErrorKind::ConnectionRefused {
        tokio::task::yield_now().await;
    }
    set_fault(&sandbox, "lakeside", Fault::None);
    while client::get(&url, &[]).await.is_err() {
        tokio::task::yield_now().await;
    }
    sandbox.stop().await;
    while refused().await != Some(ErrorKind::ConnectionRefused) {
        tokio::task::yield_now().await;
    }
}
