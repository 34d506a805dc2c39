//! What the source says of one patient in one section, and how it said it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant as Clock};

use tokio::time::Instant;

use super::Trial;
use super::place::{key_of, of_source};
use super::remedy::{doubled, remedy};
use super::report::{Finding, Topic};
use super::sample::asks_on;
use super::stage::{Refusals, Take};
use crate::connector::{Ask, LocalId, Problem, Share};
use crate::record::Section;

const BROKEN: &str = "Let the server answer this request too, and keep the connection open until all is sent; `caregraph connector try` shows the request.";

/// An answer about one patient, with all that was asked for it.
pub(super) struct Reading {
    pub(super) section: Section,
    pub(super) patient: LocalId,
    pub(super) share: Share,
    pub(super) takes: Vec<Take>,
    pub(super) took: Duration,
    /// Settings that it is not as they say.
    pub(super) refusals: Refusals,
}

impl Reading {
    /// The references of its records.
    pub(super) fn references(&self) -> BTreeSet<&str> {
        references(&self.share)
    }

    /// It is complete, and there is something.
    pub(super) fn is_full(&self) -> bool {
        self.share.problem.is_none() && !self.share.records.is_empty()
    }
}

pub(super) fn references(share: &Share) -> BTreeSet<&str> {
    share.records.iter().map(|record| record.reference.as_str()).collect()
}

/// One that shows something, or else any that went well.
pub(super) fn telling(readings: &[Reading]) -> Option<&Reading> {
    // Of several, one in pages.
    let full = readings.iter().filter(|reading| reading.is_full());
    let full = full.min_by_key(|reading| std::cmp::Reverse(reading.takes.len()));
    full.or_else(|| readings.iter().find(|reading| reading.share.problem.is_none()))
}

impl Trial<'_> {
    /// Asks about one patient, with as much time as in service.
    pub(super) async fn share(&self, section: Section, patient: &LocalId) -> Share {
        self.share_within(section, patient, self.timeout()).await
    }

    pub(super) async fn share_within(
        &self,
        section: Section,
        patient: &LocalId,
        time: Duration,
    ) -> Share {
        let patients = std::slice::from_ref(patient);
        let ask = Ask { patients, section, deadline: Instant::now() + time, since: None };
        let mut answer = self.connector.fetch(ask).await;
        answer.remove(patient).unwrap_or_else(|| Share::failed(Problem::Garbled))
    }

    /// Asks the source about one patient.
    pub(super) async fn read(&self, section: Section, patient: &LocalId) -> Reading {
        self.stage.takes();
        self.stage.refusals();
        let begun = Clock::now();
        let share = self.share(section, patient).await;
        let (took, takes) = (begun.elapsed(), self.stage.takes());
        let refusals = self.stage.refusals();
        Reading { section, patient: patient.clone(), share, takes, took, refusals }
    }

    /// Asks for one section of several patients, one after the other.
    pub(super) async fn section(&mut self, section: Section) -> Vec<Reading> {
        let (mut readings, begun) = (Vec::new(), Clock::now());
        for patient in self.cast.clone() {
            if !asks_on(&readings, begun.elapsed()) {
                break;
            }
            readings.push(self.read(section, &patient).await);
        }
        self.readable(section, &readings);
        self.nothing(section, &readings);
        readings
    }

    /// How the source says that there is nothing was seen.
    fn nothing(&mut self, section: Section, readings: &[Reading]) {
        if readings.is_empty() || readings.iter().any(|it| it.share.records.is_empty()) {
            return;
        }
        let check = format!("{}.nothing", section.name());
        let message = format!(
            "The source knows something of each of {} patients, so that it was not seen how it says that there is nothing.",
            readings.len()
        );
        self.report.add(Finding::skipped(Topic::Shape, &check, message));
    }

    /// What was asked came, and could be read.
    fn readable(&mut self, section: Section, readings: &[Reading]) {
        let check = section.name();
        if readings.is_empty() {
            let message = "There is nobody to ask about.";
            return self.report.add(Finding::skipped(Topic::Shape, check, message));
        }
        let problems = readings.iter().filter_map(|it| it.share.problem.clone());
        let worst = problems.clone().fold(None, |worst, it| Problem::graver(worst, Some(it)));
        let (all, failed) = (readings.len(), problems.count());
        let refused = self.refused_of(check, readings);
        let records: usize = readings.iter().map(|it| it.share.records.len()).sum();
        let full = readings.iter().filter(|it| !it.share.records.is_empty()).count();
        let finding = match worst {
            Some(Problem::NotSupported) => {
                let message = "The source says that it does not offer this.";
                Finding::passed(Topic::Shape, check, message)
            }
            Some(_) if refused => return,
            Some(problem) => {
                let takes = readings.iter().flat_map(|it| &it.takes).cloned().collect::<Vec<_>>();
                let message = format!("For {failed} of {all} patients: {problem}");
                // The list of patients came from the same place.
                let remedy = match problem {
                    Problem::Unreachable if self.connector.has_roster() => BROKEN,
                    _ => remedy(&problem),
                };
                let finding = Finding::failed(Topic::Shape, check, message, remedy);
                match self.doubled(&takes) {
                    Some(path) if matches!(problem, Problem::Status(404 | 405)) => {
                        doubled(&path, check)
                    }
                    _ => self.blamed(finding, section, &problem, failed == all),
                }
            }
            None if records == 0 => {
                let message = format!(
                    "None of the {all} patients who were asked about has any record here, so that nothing of it could be tried."
                );
                let remedy = "See that the items are picked where they stand; then let somebody be listed who has some.";
                self.placed(Finding::warned(Topic::Shape, check, message, remedy), section, "items")
            }
            None => {
                let message = format!(
                    "{records} records of {full} patients were read; {all} were asked about."
                );
                Finding::passed(Topic::Shape, check, message)
            }
        };
        self.report.add(finding);
    }

    /// The finding with the setting that is to blame.
    fn blamed(
        &self,
        finding: Finding,
        section: Section,
        problem: &Problem,
        is_always: bool,
    ) -> Finding {
        let refused = *problem == Problem::Unauthorized;
        match of_source(problem) {
            Some(at) if is_always && refused && !self.connector.has_roster() => finding.at(at),
            _ => self.placed(finding, section, key_of(problem)),
        }
    }

    /// Somewhere there is something, or nothing was tried.
    pub(super) fn something(&mut self, readings: &[Vec<Reading>]) {
        let all = || readings.iter().flatten();
        let is_offered = |it: &Reading| it.share.problem != Some(Problem::NotSupported);
        let check = "sections";
        if all().next().is_some() && !all().any(is_offered) {
            let message = "The source offers none of the sections.";
            let remedy = "See that `base_url` and the paths are right, and that the credentials may see something.";
            self.report.add(Finding::failed(Topic::Shape, check, message, remedy));
        } else if all().next().is_some()
            && all().all(|it| it.share.problem.is_none() && it.share.records.is_empty())
        {
            let message = "There is not one record of any patient who was asked about.";
            let remedy = "See that the items are picked where they stand, and that the credentials may see them.";
            self.report.add(Finding::failed(Topic::Shape, check, message, remedy));
        }
    }
}
