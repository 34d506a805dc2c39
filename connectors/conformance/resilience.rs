//! Whether a source that fails is told from one that has nothing: what it answered is played again, with one fault after
//! another laid over it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Trial;
use super::fault::{Fault, answered, doubled};
use super::reading::{Reading, references, telling};
use super::report::{Finding, Topic};
use super::stage::Take;
use crate::connector::Share;
use crate::witness::{Asked, Played};

/// How long an answer that never comes is waited for.
const PATIENCE: Duration = Duration::from_millis(300);

impl Trial<'_> {
    /// Plays every fault over what came of one patient.
    pub(super) async fn resilience(&mut self, readings: &[Reading]) {
        let Some(healthy) = telling(readings) else { return };
        let check = format!("{}.faults", healthy.section.name());
        let faults = Fault::ALL.into_iter();
        let faults = faults.filter(|it| *it != Fault::LastPage || healthy.takes.len() > 1);
        let (mut count, mut hidden) = (0, Vec::new());
        for fault in faults {
            let struck = Arc::new(AtomicBool::new(false));
            let script = struck_by(fault, healthy.takes.clone(), struck.clone());
            let share = self.under(healthy, script).await;
            // A connector may have learnt not to ask for what came last.
            if struck.load(Ordering::Relaxed) {
                count += 1;
                hidden.extend(share.problem.is_none().then_some(fault));
            }
        }
        if hidden.is_empty() {
            let message = format!("Each of {count} faults is told from an empty list.");
            self.report.add(Finding::passed(Topic::Resilience, &check, message));
        }
        for fault in hidden {
            let message =
                format!("When the source {}, its list would be shown as complete.", fault.words());
            let finding = Finding::failed(Topic::Resilience, &check, message, fault.remedy());
            let finding = self.placed(finding, healthy.section, fault.key());
            self.report.add(finding);
        }
        if let Some(finding) = self.repeated(healthy).await {
            let finding = self.placed(finding, healthy.section, "reference");
            self.report.add(finding);
        }
    }

    /// What a source sends twice is shown once.
    async fn repeated(&self, healthy: &Reading) -> Option<Finding> {
        let pages = doubled(&healthy.takes).filter(|_| healthy.is_full())?;
        let check = format!("{}.twice", healthy.section.name());
        let again = move |asked: &Asked| Played::Whole(answered(asked, &pages).unwrap_or_default());
        let share = self.under(healthy, again).await;
        let is_once = share.records.len() == references(&share).len()
            && references(&share).is_subset(&healthy.references());
        Some(if is_once {
            let message = "What is sent twice is read once.";
            Finding::passed(Topic::Resilience, &check, message)
        } else {
            let message = "What is sent twice would be shown twice.";
            let remedy = "Pick as the reference what is the same whenever the record is sent.";
            Finding::failed(Topic::Resilience, &check, message, remedy)
        })
    }

    /// What the connector makes of the same question when this answers it.
    pub(super) async fn under(
        &self,
        healthy: &Reading,
        script: impl Fn(&Asked) -> Played + Send + Sync + 'static,
    ) -> Share {
        self.stage.play(script);
        let share = self.share_within(healthy.section, &healthy.patient, PATIENCE).await;
        self.stage.takes();
        share
    }
}

/// What comes back under a fault, with a note when it has shown.
pub(super) fn struck_by(
    fault: Fault,
    pages: Vec<Take>,
    struck: Arc<AtomicBool>,
) -> impl Fn(&Asked) -> Played + Send + Sync + 'static {
    move |asked| match fault.played(asked, &pages) {
        Some(played) => {
            struck.store(true, Ordering::Relaxed);
            played
        }
        None => Played::Whole(answered(asked, &pages).unwrap_or_default()),
    }
}
