//! Trying a connector before anybody relies on it.

use std::collections::BTreeSet;
use std::time::Duration;

use caregraph_connectors::record::Section;
use caregraph_connectors::{Ask, BuildError, LocalId, Problem, RosterCursor, Share};
use tokio::time::{Instant, timeout};

use super::yard::Built;
use crate::gather::Source;
use crate::register::{Finding, Report};

/// So many patients are asked about.
const PATIENTS: usize = 3;
/// How long a page of a roster, and a directory, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the source for the patients whom it lists, and for what it knows of some of them. A report names no patient.
pub(super) async fn trial(built: Result<Built, BuildError>) -> Report {
    let mut report = Report::default();
    let built = match built {
        Ok(built) => built,
        Err(error) => {
            report.failed("build", error.to_string(), "Mend what the message names.");
            return report;
        }
    };
    report.passed_as("build", "The manifest describes a connector.");
    let source = &*built.source;
    if source.connector.directory().is_some() {
        directory(source, &mut report).await;
    }
    if source.has_patients() {
        let patients = roster(source, &mut report).await;
        let mut offers = patients.is_empty();
        for section in source.connector.offers().iter().filter(|it| **it != Section::Services) {
            offers |= of_section(source, *section, &patients, &mut report).await;
        }
        if !offers {
            report.failed(
                "sections",
                "The source offers none of the sections.".to_owned(),
                "See that base_url and the paths are right, and that the credentials may see something.",
            );
        }
    }
    report
}

async fn directory(source: &Source, report: &mut Report) {
    let Some(directory) = source.connector.directory() else { return };
    match timeout(PATIENCE, directory.refresh()).await.unwrap_or(Err(Problem::Timeout)) {
        Ok(()) if directory.catalogue().services().is_empty() => report.failed(
            "directory",
            "The directory was read, and holds no service.".to_owned(),
            "See that the list is where the manifest says, and that its items are picked.",
        ),
        Ok(()) => report.passed_as("directory", "The directory was read."),
        Err(problem) => report.problem("directory", &problem),
    }
}

/// Some patients of the source.
async fn roster(source: &Source, report: &mut Report) -> Vec<LocalId> {
    if !source.connector.has_roster() {
        report.failed(
            "roster",
            "The source cannot list its patients, so nobody could be linked to it.".to_owned(),
            "Describe where it lists them.",
        );
        return Vec::new();
    }
    let deadline = Instant::now() + PATIENCE;
    match source.connector.roster(&RosterCursor::Start, deadline).await {
        Ok(page) if page.people.is_empty() => {
            report.failed(
                "roster",
                "The list of patients is empty.".to_owned(),
                "See that the list is where the manifest says, that its items are picked, and that the credentials may see it.",
            );
            Vec::new()
        }
        Ok(page) if page.unreadable > 0 => {
            report.failed(
                "roster",
                format!("{} entries of the list of patients cannot be read.", page.unreadable),
                "See that the id and the birth date are picked where they stand, in the form that they have.",
            );
            Vec::new()
        }
        Ok(page) => {
            report.passed_as("roster", "The list of patients was read.");
            page.people.into_iter().take(PATIENTS).map(|entry| entry.id).collect()
        }
        Err(Problem::NotSupported) => {
            report.failed(
                "roster",
                "The source lists no patients there.".to_owned(),
                "See that base_url and the path of the list are right.",
            );
            Vec::new()
        }
        Err(problem) => {
            report.problem("roster", &problem);
            Vec::new()
        }
    }
}

/// Asks for one section of these patients, one after the other; true when the source offers it.
async fn of_section(
    source: &Source,
    section: Section,
    patients: &[LocalId],
    report: &mut Report,
) -> bool {
    let check = section.name();
    for patient in patients {
        let asked = std::slice::from_ref(patient);
        let deadline = Instant::now() + source.timeout;
        let ask = Ask { patients: asked, section, deadline, since: None };
        let mut answer = source.connector.fetch(ask).await;
        let share = answer.remove(patient).unwrap_or_else(|| Share::failed(Problem::Garbled));
        match share.problem {
            None => {}
            Some(Problem::NotSupported) => {
                report.passed_as(check, "The source says that it does not offer this.");
                return false;
            }
            Some(problem) => {
                report.problem(check, &problem);
                return true;
            }
        }
        let references: BTreeSet<&str> =
            share.records.iter().map(|record| record.reference.as_str()).collect();
        if references.len() < share.records.len() {
            report.failed(
                check,
                "Two records of one patient have the same reference.".to_owned(),
                "Pick as the reference what names one record and no other.",
            );
            return true;
        }
    }
    if !patients.is_empty() {
        report.passed_as(check, "Every patient who was asked about was answered for.");
    }
    true
}

/// What to change because of a problem.
fn remedy(problem: &Problem) -> &'static str {
    match problem {
        Problem::Timeout => "Answer sooner, or allow more time with timeout_ms.",
        Problem::Unreachable => {
            "See that base_url is right, that the server runs, and that its certificate is valid for that name."
        }
        Problem::Unauthorized => {
            "Give credentials that the server takes, with rotateConnectorCredential."
        }
        Problem::Busy { .. } => {
            "Allow as many requests as the connector makes, or lower max_concurrent."
        }
        Problem::Status(_) => "See that the paths of the manifest are those of the server.",
        Problem::Garbled => "See that the server answers in the form that the manifest says.",
        Problem::TooMuch => "Answer in pages, and in no more of them than are read.",
        Problem::Unreadable(_) => "See that each rule picks what its field may hold.",
        Problem::WrongPatient(_) => {
            "Answer with records of the patient who was asked about alone, and pick as the subject whose they are."
        }
        Problem::Incomplete => "Give the whole list, or say where its next page is.",
        Problem::NotSupported => "Leave out the section, or describe where it is.",
        Problem::Unchanged => "Say that nothing has changed only to who asked that.",
        Problem::Suspended | Problem::NotAsked { .. } => "Try again later.",
    }
}

trait Writing {
    fn passed_as(&mut self, check: &str, message: &str);
    fn failed(&mut self, check: &str, message: String, remedy: &str);
    fn problem(&mut self, check: &str, problem: &Problem);
}

impl Writing for Report {
    fn passed_as(&mut self, check: &str, message: &str) {
        let (check, message) = (check.to_owned(), message.to_owned());
        self.findings.push(Finding { check, passed: true, message, remedy: None });
    }

    fn failed(&mut self, check: &str, message: String, remedy: &str) {
        let (check, remedy) = (check.to_owned(), Some(remedy.to_owned()));
        self.findings.push(Finding { check, passed: false, message, remedy });
    }

    fn problem(&mut self, check: &str, problem: &Problem) {
        self.failed(check, problem.to_string(), remedy(problem));
    }
}
