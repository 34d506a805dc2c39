//! The suite itself: an honest connector passes it, and each careless one fails exactly where it is careless.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use caregraph_connectors::connector::RosterEntry;
use caregraph_connectors::record::{Condition, Fact, Person, Record, Section};
use caregraph_connectors::testkit::{Report, Verdict, comply};
use caregraph_connectors::{
    Answer, Ask, BuildError, Connector, Io, Kind, LocalId, Problem, RosterCursor, RosterPage, Share,
};
use hyper::header::{ACCEPT, HeaderName};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::dialects::FhirDialect;

const KIND: Kind = Kind {
    name: "plain",
    about: "the least that passes",
    example: "",
    settings: &["slip"],
    check: |_| Vec::new(),
    build,
};

const PAGES: usize = 50;

/// The least that keeps the contract, and one slip.
struct Plain {
    io: Io,
    slip: String,
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "as the contract has it"
)]
fn build(settings: toml::Table, io: Io) -> Result<Arc<dyn Connector>, BuildError> {
    let slip = settings.get("slip").and_then(|slip| slip.as_str()).unwrap_or_default().to_owned();
    Ok(Arc::new(Plain { io, slip }))
}

#[async_trait]
impl Connector for Plain {
    fn offers(&self) -> &[Section] {
        &[Section::Conditions]
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        if ask.section != Section::Conditions {
            return Share::failed(Problem::NotSupported).for_each(ask.patients);
        }
        let mut share = Share::default();
        let wanted = ask.patients[0].as_str();
        let read = self.conditions(wanted, ask.deadline, &mut share).await;
        share.problem = Problem::graver(share.problem, read.err());
        match self.slip.as_str() {
            "keeps quiet" => share.problem = None,
            "throws away" if share.problem.is_some() => share.records.clear(),
            _ => {}
        }
        share.for_each(ask.patients)
    }

    async fn roster(&self, _: &RosterCursor, deadline: Instant) -> Result<RosterPage, Problem> {
        let bundle = self.bundle(self.url("Patient"), deadline).await?;
        let entry = |it: &Value| {
            let id = LocalId::new(it["resource"]["id"].as_str()?);
            Some(RosterEntry { id, active: true, person: Person::default() })
        };
        let people = bundle["entry"].as_array().into_iter().flatten().filter_map(entry).collect();
        Ok(RosterPage { people, ..RosterPage::default() })
    }
}

impl Plain {
    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}/{path}", self.io.base_url)).unwrap()
    }

    async fn conditions(
        &self,
        patient: &str,
        deadline: Instant,
        share: &mut Share,
    ) -> Result<(), Problem> {
        let mut url = self.url(&format!("Condition?patient={patient}"));
        let mut seen = HashSet::new();
        while seen.len() < PAGES {
            // A page over again would say everything twice.
            if !seen.insert(url.clone()) {
                return Err(Problem::Incomplete);
            }
            let bundle = self.bundle(url, deadline).await?;
            for entry in bundle["entry"].as_array().into_iter().flatten() {
                let problem = self.condition(&entry["resource"], patient, share).err();
                share.problem = Problem::graver(share.problem.take(), problem);
            }
            let links = bundle["link"].as_array().into_iter().flatten();
            let next =
                links.filter(|it| it["relation"] == "next").find_map(|it| it["url"].as_str());
            let Some(next) = next else { return Ok(()) };
            if !next.starts_with(self.io.base_url.as_str()) && self.slip != "wanders" {
                return Err(Problem::Incomplete);
            }
            url = Url::parse(next).map_err(|_| Problem::Garbled)?;
        }
        Err(Problem::TooMuch)
    }

    fn condition(&self, it: &Value, patient: &str, share: &mut Share) -> Result<(), Problem> {
        let subject = it["subject"]["reference"].as_str().unwrap_or_default();
        if subject.strip_prefix("Patient/") != Some(patient) && self.slip != "believes" {
            return Err(Problem::WrongPatient(1));
        }
        let id = it["id"].as_str().ok_or(Problem::Unreadable(1))?;
        share.records.push(Record {
            reference: format!("Condition/{id}").into(),
            recorded: None,
            updated: None,
            identifiers: Vec::new(),
            labels: Vec::new(),
            fact: Fact::Condition(Condition::default()),
        });
        Ok(())
    }

    async fn bundle(&self, url: Url, deadline: Instant) -> Result<Value, Problem> {
        let late = if self.slip == "dawdles" { Duration::from_millis(500) } else { Duration::ZERO };
        let headers = [
            (ACCEPT, "application/fhir+json"),
            (HeaderName::from_static("prefer"), "handling=strict"),
        ];
        let egress = &self.io.egress;
        let reply = egress.get(url, &self.io.credentials, &headers, deadline + late).await?;
        let body = reply.into_ok()?;
        if self.slip == "chatters" {
            tracing::warn!(body = %String::from_utf8_lossy(&body), "look what came");
        }
        let bundle: Result<Value, _> = serde_json::from_slice(&body);
        if self.slip == "panics" {
            assert!(bundle.is_ok(), "a body that nobody had thought of");
        }
        bundle.ok().filter(|it| it["resourceType"] == "Bundle").ok_or(Problem::Garbled)
    }
}

async fn play(slip: &str) -> Report {
    let settings = toml::Table::from_iter([("slip".to_owned(), slip.into())]);
    let section = Section::Conditions;
    // The roster says little more about a slip, and takes as long again.
    let roster = slip.is_empty();
    comply(&FhirDialect { kind: KIND, settings, section, roster }).await
}

/// The cases in which a connector with this slip fails, and no others.
async fn check(slip: &str, expected: &[&str]) {
    let report = play(slip).await;
    let mut failed = report.names(Verdict::Failed);
    failed.dedup();
    assert_eq!(failed, expected, "\n{report}");
}

#[tokio::test]
async fn an_honest_connector_passes_every_case() {
    let report = play("").await;
    assert!(report.passed(), "\n{report}");
    assert_eq!(report.count(Verdict::DoesNotApply), 0, "\n{report}");
}

#[tokio::test]
async fn one_that_believes_whatever_comes_is_found_out() {
    check("believes", &["all of another patient", "one of another patient"]).await;
}

#[tokio::test]
async fn one_that_follows_links_anywhere_is_found_out() {
    check("wanders", &["next page on a foreign host"]).await;
}

#[tokio::test]
async fn one_that_logs_bodies_is_found_out() {
    let report = play("chatters").await;
    let failed = report.names(Verdict::Failed);
    for case in ["a web page", "noise", "JSON of another shape", "nested 10,000 deep"] {
        assert!(failed.contains(&case), "{case}\n{report}");
    }
    assert!(!failed.contains(&"healthy"), "\n{report}");
}

#[tokio::test]
async fn one_that_panics_is_found_out() {
    check("panics", &["a web page", "noise", "not UTF-8", "nested 10,000 deep"]).await;
}

#[tokio::test]
async fn one_that_outstays_its_deadline_is_found_out() {
    check(
        "dawdles",
        &["past the deadline", "byte by byte", "silent in the middle", "silent from the start"],
    )
    .await;
}

#[tokio::test]
async fn one_that_throws_away_what_it_has_is_found_out() {
    let expected = [
        "one of another patient",
        "one unreadable record",
        "endless pages",
        "pages in a circle",
        "next page on a foreign host",
        "a further page fails",
    ];
    check("throws away", &expected).await;
}

#[tokio::test]
async fn one_that_keeps_quiet_about_problems_is_found_out() {
    let report = play("keeps quiet").await;
    let failed = report.names(Verdict::Failed);
    for case in ["401", "500", "a web page", "silent from the start", "all of another patient"] {
        assert!(failed.contains(&case), "{case}\n{report}");
    }
}
