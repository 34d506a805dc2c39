//! Whether what a section holds means what it should: all of it, under names that stay, whoever is asked about beside.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::Trial;
use super::more::{self, sign};
use super::reading::{Reading, references};
use super::report::{Finding, Topic};
use crate::connector::{Ask, LocalId, Problem, Share};
use crate::record::Section;

impl Trial<'_> {
    /// Looks at all that was read of one section.
    pub(super) async fn semantics(&mut self, readings: &[Reading]) {
        let Some(section) = readings.first().map(|reading| reading.section) else { return };
        let findings = [
            (whole(section, readings), "paging"),
            (self.repeats(section, readings), "paging"),
            (own(section, readings), "reference"),
            (self.stable(readings).await, "reference"),
            (self.batch(section, readings).await, "patients_per_ask"),
            (self.revalidated(readings).await, ""),
            (self.honest(readings).await, "revalidate"),
        ];
        for (finding, key) in findings {
            let Some(finding) = finding else { continue };
            let finding = self.placed(finding, section, key);
            self.report.add(finding);
        }
    }

    /// Asked twice, a source says the same under the same references.
    async fn stable(&self, readings: &[Reading]) -> Option<Finding> {
        let before = readings.iter().find(|reading| reading.is_full())?;
        let check = format!("{}.references", before.section.name());
        let after = self.read(before.section, &before.patient).await;
        after.share.problem.is_none().then_some(())?;
        Some(if after.references() == before.references() {
            let message = "Asked twice, the source named its records alike.";
            Finding::passed(Topic::Semantics, &check, message)
        } else {
            let message = "Asked twice, the source named its records otherwise.";
            let remedy = "Pick as the reference what stays with a record for good, not its place or the moment of the answer.";
            Finding::failed(Topic::Semantics, &check, message, remedy)
        })
    }

    /// Asked about several patients at once, a source says what it says about each.
    async fn batch(&self, section: Section, readings: &[Reading]) -> Option<Finding> {
        let most = self.connector.patients_per_ask();
        let singles: Vec<&Reading> =
            readings.iter().filter(|it| it.share.problem.is_none()).take(most).collect();
        if singles.len() < 2 {
            return None;
        }
        let check = format!("{}.batch", section.name());
        let patients: Vec<LocalId> = singles.iter().map(|it| it.patient.clone()).collect();
        let deadline = Instant::now() + self.timeout();
        let ask = Ask { patients: &patients, section, deadline, since: None };
        let mut answer = self.connector.fetch(ask).await;
        let mut count = 0;
        for single in &singles {
            let absent = || Share::failed(Problem::Garbled);
            let share = answer.remove(&single.patient).unwrap_or_else(absent);
            let is_same = share.problem.is_none() && references(&share) == single.references();
            count += usize::from(!is_same);
        }
        Some(if count == 0 {
            let message = format!(
                "Asked about {} patients at once, the source says what it says of each.",
                patients.len()
            );
            Finding::passed(Topic::Semantics, &check, message)
        } else {
            let message = format!(
                "Asked about {} patients at once, the source says something else of {count} of them than when it is asked about each.",
                patients.len()
            );
            let remedy = "Answer for every patient who is named, each with all their records; or let one be asked about at a time.";
            Finding::failed(Topic::Semantics, &check, message, remedy)
        })
    }

    /// A source that says by what it can be asked whether something changed answers that.
    async fn revalidated(&self, readings: &[Reading]) -> Option<Finding> {
        let before = readings.iter().find(|it| it.is_full() && it.share.validator.is_some())?;
        let check = format!("{}.unchanged", before.section.name());
        let patients = std::slice::from_ref(&before.patient);
        let since = before.share.validator.as_ref();
        let (section, deadline) = (before.section, Instant::now() + self.timeout());
        let mut answer = self.connector.fetch(Ask { patients, section, deadline, since }).await;
        let share = answer.remove(&before.patient).unwrap_or_default();
        Some(match share.problem {
            Some(Problem::Unchanged) => {
                let message = "Asked whether it has changed, the source said that it has not.";
                Finding::passed(Topic::Semantics, &check, message)
            }
            None if references(&share) == before.references() => {
                let message = "Asked whether it has changed, the source said all of it again.";
                Finding::passed(Topic::Semantics, &check, message)
            }
            _ => {
                let message =
                    "Asked whether it has changed, the source said something else than before.";
                let remedy =
                    "Answer an unchanged list with 304 (or `unchanged`), or with all of it.";
                Finding::failed(Topic::Semantics, &check, message, remedy)
            }
        })
    }

    /// What bears the same tag is the same. It costs one more question, and only of who gives tags.
    async fn honest(&self, readings: &[Reading]) -> Option<Finding> {
        let before = readings.iter().find(|it| it.is_full() && it.share.validator.is_some())?;
        let check = format!("{}.tags", before.section.name());
        let after = self.read(before.section, &before.patient).await.share;
        (after.validator == before.share.validator).then_some(())?;
        Some(if said(&after) == said(&before.share) {
            let message = "Asked twice, the source gave the same tag to the same list.";
            Finding::passed(Topic::Semantics, &check, message)
        } else {
            let message = "Asked twice, the source gave the same tag to different lists, so that what has changed would be taken for unchanged.";
            let remedy = "Let the server give another tag (`ETag`, or `etag` of a row) whenever anything of the answer changes, or none at all.";
            Finding::failed(Topic::Semantics, &check, message, remedy)
        })
    }
}

/// All that a share states, in whatever order.
fn said(share: &Share) -> BTreeSet<String> {
    let text = |record| serde_json::to_string(record).unwrap_or_default();
    share.records.iter().map(text).collect()
}

/// Nothing says that there is more than was read.
fn whole(section: Section, readings: &[Reading]) -> Option<Finding> {
    let check = format!("{}.complete", section.name());
    let complete = readings.iter().filter(|it| it.share.problem.is_none());
    let signs = complete.clone().filter_map(|it| sign(&it.takes, it.share.records.len()));
    if let Some(sign) = signs.into_iter().next() {
        let message = format!("A list that was read as complete may not be: {}.", sign.words());
        return Some(Finding::failed(Topic::Semantics, &check, message, more::REMEDY));
    }
    complete.count().checked_sub(1)?;
    let message = "Nothing says that there is more than what was read.";
    Some(Finding::passed(Topic::Semantics, &check, message))
}

/// No record stands under two patients, and none twice under one.
fn own(section: Section, readings: &[Reading]) -> Option<Finding> {
    let check = format!("{}.own", section.name());
    let mut owners: BTreeMap<&str, &LocalId> = BTreeMap::new();
    let (mut shared, mut twice) = (0, 0);
    for reading in readings {
        twice += repeated(&reading.share);
        for reference in reading.references() {
            let owner = *owners.entry(reference).or_insert(&reading.patient);
            shared += usize::from(*owner != reading.patient);
        }
    }
    if shared > 0 {
        let message = format!(
            "{shared} records of one patient have the reference of one of another patient."
        );
        let remedy = "Pick as the reference what names one record of the whole source; where numbers begin anew for each patient, join the patient's id to them.";
        return Some(Finding::failed(Topic::Semantics, &check, message, remedy));
    }
    if twice > 0 {
        let message = format!("{twice} records of a patient have the reference of another.");
        let remedy = "Pick as the reference what names one record and no other.";
        return Some(Finding::failed(Topic::Semantics, &check, message, remedy));
    }
    let message = "Each record stands under one patient, once.";
    (!owners.is_empty()).then(|| Finding::passed(Topic::Semantics, &check, message))
}

fn repeated(share: &Share) -> usize {
    share.records.len() - references(share).len()
}
