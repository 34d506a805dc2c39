//! Trying a connector before anybody relies on it: one suite for every kind, against the source itself.
//!
//! The source is asked for whom it lists and for what it knows of some of them. What it answered is then played again with
//! faults laid over it, so that resilience and privacy are tried without troubling the source. A [`Report`] says what is
//! wrong, where, and what to change.
//!
//! Start at [`conform`]. Must never know a kind by its name, and never tell what a source sent.

mod cast;
mod conditions;
mod directory;
mod fault;
mod labels;
mod leak;
mod lookup;
mod more;
mod place;
mod reading;
mod remedy;
mod repeats;
mod report;
mod resilience;
mod rules;
mod sample;
mod secrecy;
mod semantics;
mod speed;
mod stage;
mod strangers;
mod voids;

use std::sync::Arc;
use std::time::Duration;

use crate::connector::{Connector, LocalId};
use crate::egress::Credentials;
use crate::record::Section;
use crate::registry::{BuildError, Io, Kind};

pub use report::{Finding, Report, Topic, Verdict};
pub use stage::{Stage, Take};

use ::secrecy::SecretString;
use reading::Reading;
use remedy::remedy;
use tokio::time::Instant;

/// What is tried.
#[derive(Clone)]
pub struct Subject {
    /// The kind of the connector.
    pub kind: Kind,
    /// The settings that only this kind has.
    pub settings: toml::Table,
    /// How the source is reached.
    pub io: Io,
    /// How many questions may be on their way to it at once.
    pub at_once: usize,
    /// The source knows us by a certificate.
    pub is_known_by_certificate: bool,
    /// An identifier of one of its patients, to try a source that lists none.
    pub identifier: Option<SecretString>,
}

impl Subject {
    /// A connector that is watched from this stage.
    pub fn connector(&self, stage: &Arc<Stage>) -> Result<Arc<dyn Connector>, BuildError> {
        self.built(stage, self.io.credentials.clone())
    }

    fn built(
        &self,
        stage: &Arc<Stage>,
        credentials: Credentials,
    ) -> Result<Arc<dyn Connector>, BuildError> {
        let egress = self.io.egress.watched_by(stage.clone());
        let io = Io { credentials, egress, ..self.io.clone() };
        (self.kind.build)(self.settings.clone(), io)
    }
}

/// A connector that is being tried.
struct Trial<'s> {
    subject: &'s Subject,
    stage: Arc<Stage>,
    connector: Arc<dyn Connector>,
    /// Those whom the source lists and who may be asked about, in that order.
    cast: Vec<LocalId>,
    report: Report,
}

/// Tries a connector. Takes as long as its source takes for some dozens of questions.
pub async fn conform(subject: &Subject) -> Report {
    let stage = Arc::new(Stage::default());
    let connector = match subject.connector(&stage) {
        Ok(connector) => connector,
        Err(error) => return Report::of_failure(&error),
    };
    let mut report = Report::default();
    report.add(Finding::passed(Topic::Shape, "manifest", "The manifest describes a connector."));
    let mut trial = Trial { subject, stage, connector, cast: Vec::new(), report };
    trial.contradictions().await;
    trial.directory().await;
    let mut readings = Vec::new();
    if trial.has_patients() {
        readings = trial.patients().await;
    }
    trial.rules(&readings);
    trial.report
}

impl Trial<'_> {
    /// What the source says of itself, against what its manifest says.
    async fn contradictions(&mut self) {
        const CHECK: &str = "capabilities";
        let told = self.connector.contradictions(Instant::now() + self.timeout()).await;
        self.stage.takes();
        match told {
            Ok(told) => told.into_iter().for_each(|wrong| {
                let remedy = "Let the manifest and the source say the same.";
                self.report.add(Finding::failed(Topic::Shape, CHECK, wrong, remedy));
            }),
            Err(problem) => {
                let message =
                    format!("What the source says of itself could not be read. {problem}");
                let finding = Finding::failed(Topic::Shape, CHECK, message, remedy(&problem));
                self.report.add(finding);
            }
        }
    }

    fn timeout(&self) -> Duration {
        self.subject.io.timeout
    }

    /// The sections that are about patients.
    fn sections(&self) -> Vec<Section> {
        let offers = self.connector.offers().iter().copied();
        offers.filter(|section| *section != Section::Services).collect()
    }

    fn has_patients(&self) -> bool {
        self.connector.has_roster() || !self.sections().is_empty()
    }

    /// All that is about patients.
    async fn patients(&mut self) -> Vec<Vec<Reading>> {
        let roster = match self.connector.finds_by() {
            Some(_) if !self.connector.has_roster() => self.lookup().await,
            _ => self.roster().await,
        };
        let mut readings = Vec::new();
        for section in self.sections() {
            readings.push(self.section(section).await);
        }
        self.something(&readings);
        for of_section in &readings {
            self.semantics(of_section).await;
            self.resilience(of_section).await;
            self.wrong_patient(of_section).await;
        }
        let all: Vec<&Reading> = readings.iter().flatten().collect();
        self.labels(&all);
        self.voids(&all);
        self.leaks(&roster, &all);
        self.secrecy(&roster, &all).await;
        self.speed(&all).await;
        readings
    }
}
