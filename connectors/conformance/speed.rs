//! How long a source takes, how much it sends, and whether it can be asked about several patients at once.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::Trial;
use super::reading::Reading;
use super::report::{Finding, Topic};
use crate::connector::LocalId;
use crate::record::Section;

/// More requests than these for one section of one patient are many.
const REQUESTS: usize = 20;
/// More bytes than these are much.
const BYTES: usize = 2 * 1024 * 1024;
/// At least so many are asked at once.
const AT_ONCE: usize = 8;

impl Trial<'_> {
    /// Says how long the answers took, and asks several at once.
    pub(super) async fn speed(&mut self, readings: &[&Reading]) {
        let mut taken: Vec<Duration> = readings.iter().map(|it| it.took).collect();
        taken.sort_unstable();
        let (Some(median), Some(longest)) = (taken.get(taken.len() / 2), taken.last()) else {
            return;
        };
        let (median, longest, limit) =
            (median.as_millis(), longest.as_millis(), self.timeout().as_millis());
        let message = format!(
            "{} answers took {median} ms in the middle and {longest} ms at most, of {limit} ms that they may take.",
            taken.len()
        );
        self.report.add(if longest * 2 > limit {
            let remedy = "Answer sooner, or allow more time with `timeout_ms`: whoever asks waits for the slowest source.";
            Finding::warned(Topic::Speed, "time", message, remedy)
        } else {
            Finding::passed(Topic::Speed, "time", message)
        });
        self.amount(readings);
        self.at_once(readings).await;
    }

    fn amount(&mut self, readings: &[&Reading]) {
        let requests = readings.iter().map(|it| it.takes.len()).max().unwrap_or(0);
        let size = |it: &&Reading| -> usize {
            it.takes.iter().filter_map(|take| take.answer()).map(|it| it.body.len()).sum()
        };
        let bytes = readings.iter().map(size).max().unwrap_or(0);
        let message = format!(
            "A section of a patient took {requests} requests and {} KiB at most.",
            bytes.div_ceil(1024)
        );
        self.report.add(if requests > REQUESTS || bytes > BYTES {
            let remedy = "Answer with larger pages, and with what is of this patient alone.";
            Finding::warned(Topic::Speed, "amount", message, remedy)
        } else {
            Finding::passed(Topic::Speed, "amount", message)
        });
    }

    /// Asks for as many as are asked at once in service.
    async fn at_once(&mut self, readings: &[&Reading]) {
        let well = readings.iter().filter(|it| it.share.problem.is_none());
        let questions: Vec<(Section, LocalId)> =
            well.map(|it| (it.section, it.patient.clone())).collect();
        if questions.is_empty() {
            return;
        }
        let count = self.subject.at_once.clamp(1, AT_ONCE);
        let asked = questions.iter().cycle().take(count);
        let begun = Instant::now();
        let shares = join_all(asked.map(|(section, patient)| self.share(*section, patient))).await;
        let took = begun.elapsed().as_millis();
        self.stage.takes();
        self.stage.refusals();
        let failed = shares.iter().filter(|share| share.problem.is_some()).count();
        self.report.add(if failed > 0 {
            let message = format!("Asked {count} things at once, the source did not answer {failed} of them as it does one by one.");
            let remedy = "Answer several questions at once, or lower `max_concurrent`.";
            Finding::failed(Topic::Speed, "at_once", message, remedy)
        } else {
            let message = format!("Asked {count} things at once, the source answered all of them in {took} ms.");
            Finding::passed(Topic::Speed, "at_once", message)
        });
    }
}
