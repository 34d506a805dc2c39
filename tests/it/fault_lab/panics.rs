//! Panics in a connector and in a resolver: F33.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use caregraph_connectors::hsds::Catalogue;
use caregraph_connectors::record::Section;
use caregraph_connectors::{
    Answer, Ask, Connector, Directory, Kind, Problem, RosterCursor, RosterPage, fhir, hsds,
};
use caregraph_sandbox::Role;
use serde_json::json;
use tokio::time::Instant;

use super::tell;
use crate::gateway::{TestGateway, run, until};
use crate::proof::size;

/// Whether the kinds of this file panic. Nothing else uses them.
static PANICS: AtomicBool = AtomicBool::new(false);

/// What a panic says: it might be about anybody.
const WORDS: &str = "canary-5e0c Jane Doe";

const BRITTLE_FHIR: Kind = Kind {
    name: "brittle-fhir",
    build: |settings, io| Ok(Arc::new(Brittle((fhir::KIND.build)(settings, io)?))),
    ..fhir::KIND
};

const BRITTLE_HSDS: Kind = Kind {
    name: "brittle-hsds",
    build: |settings, io| Ok(Arc::new(Brittle((hsds::KIND.build)(settings, io)?))),
    ..hsds::KIND
};

/// A connector that panics when it is told to.
struct Brittle(Arc<dyn Connector>);

/// As `panic!` does, but that nothing is printed.
fn break_down() {
    if PANICS.load(Ordering::SeqCst) {
        resume_unwind(Box::new(WORDS));
    }
}

#[async_trait]
impl Connector for Brittle {
    fn offers(&self) -> &[Section] {
        self.0.offers()
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        break_down();
        self.0.fetch(ask).await
    }

    fn has_roster(&self) -> bool {
        self.0.has_roster()
    }

    async fn roster(&self, from: &RosterCursor, deadline: Instant) -> Result<RosterPage, Problem> {
        self.0.roster(from, deadline).await
    }

    fn directory(&self) -> Option<&dyn Directory> {
        self.0.directory().map(|_| self as &dyn Directory)
    }
}

#[async_trait]
impl Directory for Brittle {
    async fn refresh(&self) -> Result<(), Problem> {
        self.0.directory().expect("it has one").refresh().await
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        break_down();
        self.0.directory().expect("it has one").catalogue()
    }
}

/// The memory that this process uses, in MiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = status.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
    pages * 4 / 1024
}

#[test]
fn f33_a_panic_fails_what_it_is_about_and_nothing_else() {
    run(async {
        let builder = TestGateway::builder().patients(4).kind(BRITTLE_FHIR).kind(BRITTLE_HSDS);
        let builder = builder.shape(|shape| {
            shape.kinds = [("lakeside", "brittle-fhir"), ("commons", "brittle-hsds")].into();
            shape.of_system = [("lakeside", "longest_rest_ms = 0\nretries = 0\n")].into();
            shape.extra = "\n[limits]\nrequests_per_minute = 0\n".to_owned();
        });
        let gateway = builder.start().await;
        let patient = gateway.patient(0).await;
        let chart = "query($id: ID!) { patient(id: $id) { name { text } conditions { completeness { state } } } }";
        let find =
            async || gateway.ask(Role::Coordinator, "{ services { totalCount } }", json!({})).await;
        let read = async || gateway.ask(Role::Coordinator, chart, json!({ "id": patient })).await;
        until("the directory was read", async || {
            find().await.data()["services"]["totalCount"].is_u64()
        })
        .await;
        let whole = (find().await.data(), read().await.data());
        assert_eq!(whole.1["patient"]["conditions"]["completeness"]["state"], "COMPLETE");
        PANICS.store(true, Ordering::SeqCst);
        let broken = find().await;
        assert_eq!((broken.status.as_u16(), broken.codes()), (200, vec!["INTERNAL".to_owned()]));
        assert_eq!(broken.json()["errors"][0]["path"], json!(["services"]));
        assert!(!broken.text.contains("canary") && !broken.text.contains("Jane"));
        let rounds = size("CAREGRAPH_PANICS", 300);
        let (before, started) = (memory(), Instant::now());
        let bystander = json!({ "query": "{ me { role } }" }).to_string();
        for round in 0..rounds {
            assert_eq!(find().await.codes(), ["INTERNAL"]);
            let chart = read().await.data();
            assert_eq!(chart["patient"]["conditions"]["completeness"]["state"], "PARTIAL");
            assert!(chart["patient"]["name"]["text"].is_string());
            if round % 10 == 0 {
                let other =
                    gateway.send(&gateway.token(Role::PrimaryCare), bystander.clone()).await;
                assert_eq!(other.data()["me"]["role"], "PRIMARY_CARE");
            }
        }
        let (took, grown) = (started.elapsed(), memory().saturating_sub(before));
        PANICS.store(false, Ordering::SeqCst);
        until("all is well again", async || (find().await.data(), read().await.data()) == whole)
            .await;
        let source = gateway.source("lakeside");
        let panics = source.guard.figures().panics.get();
        assert!(panics >= rounds as u64, "{panics}");
        until("nothing is left under way", async || {
            source.guard.standing().under_way == 0 && gateway.gate().standing().under_way == 0
        })
        .await;
        assert!(took < Duration::from_mins(10));
        tell(
            "F33",
            "that field alone fails, others unaffected, nothing leaks",
            format!(
                "{} panics ({panics} in a connector, {rounds} in a root): each that field alone, 0 others affected, 0 left under \
                 way, memory of the test +{grown} MiB",
                panics + rounds as u64
            ),
        );
        gateway.stop().await;
    });
}
