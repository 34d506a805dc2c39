//! What was measured of one process under one load.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::Failed;
use super::process::{Process, processor_time};

/// What whoever asks sees.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pace {
    /// How many answers came.
    pub(super) answers: u32,
    /// How many of them were not what was asked for.
    pub(super) spoiled: u32,
    /// Answers a second.
    pub(super) per_second: f64,
    /// Half of the answers took no longer, in milliseconds.
    pub(super) p50_ms: f64,
    /// 99 of 100 answers took no longer, in milliseconds.
    pub(super) p99_ms: f64,
    /// Bytes of body an answer, in the mean.
    pub(super) bytes: u32,
}

/// What was counted while a load lasted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How long each answer took.
    pub(super) took: Vec<Duration>,
    /// How many were not what was asked for.
    pub(super) spoiled: u32,
    /// All bytes of their bodies.
    pub(super) bytes: u64,
}

impl Tally {
    /// Both together.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.took.extend(other.took);
        self.spoiled += other.spoiled;
        self.bytes += other.bytes;
        self
    }

    /// The pace that it makes over so much time.
    pub(super) fn over(mut self, time: Duration) -> Pace {
        self.took.sort_unstable();
        let answers = u32::try_from(self.took.len()).unwrap_or(u32::MAX);
        let bytes = self.bytes / u64::from(answers.max(1));
        Pace {
            answers,
            spoiled: self.spoiled,
            per_second: f64::from(answers) / time.as_secs_f64(),
            p50_ms: self.percentile(50),
            p99_ms: self.percentile(99),
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
        }
    }

    /// In milliseconds.
    fn percentile(&self, percent: usize) -> f64 {
        let place = (self.took.len() * percent).div_ceil(100).saturating_sub(1);
        self.took.get(place).map_or(0.0, |took| took.as_secs_f64() * 1e3)
    }
}

/// A pace and what it cost.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figures {
    /// What whoever asked saw.
    #[serde(flatten)]
    pub(super) pace: Pace,
    /// Processor time of the measured process an answer, user and system, in microseconds.
    pub(super) cpu_us: f64,
    /// The same of all processes together: with sources and load, as far as they took part.
    pub(super) cpu_all_us: f64,
    /// The most memory that the measured process held, in KiB.
    pub(super) peak_kib: u32,
}

/// A measurement that has begun.
pub(super) struct Meter {
    others: Vec<u32>,
    before: (Duration, Duration),
}

impl Meter {
    /// Begins to measure a process, and the others that take part beside it and us.
    pub(super) fn start(subject: &Process, others: &[&Process]) -> Result<Self, Failed> {
        let mut others: Vec<u32> = others.iter().map(|process| process.id()).collect();
        others.push(std::process::id());
        subject.forget_peak();
        let before = times(subject, &others)?;
        Ok(Self { others, before })
    }

    /// Ends the measurement.
    pub(super) fn stop(self, subject: &Process, pace: Pace) -> Result<Figures, Failed> {
        let (own, all) = times(subject, &self.others)?;
        let an_answer = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(pace.answers.max(1));
        Ok(Figures {
            cpu_us: an_answer(own.saturating_sub(self.before.0)),
            cpu_all_us: an_answer(all.saturating_sub(self.before.1)),
            peak_kib: subject.peak()?,
            pace,
        })
    }
}

fn times(subject: &Process, others: &[u32]) -> Result<(Duration, Duration), Failed> {
    let own = processor_time(subject.id())?;
    let others: Result<Duration, Failed> = others.iter().map(|id| processor_time(*id)).sum();
    Ok((own, own + others?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_answers_that_came() {
        let tally = |last: u64| Tally {
            took: (1..=last).rev().map(Duration::from_millis).collect(),
            ..Tally::default()
        };
        let pace = tally(200).over(Duration::from_secs(2));
        assert_eq!((pace.answers, pace.p50_ms, pace.p99_ms), (200, 100.0, 198.0));
        assert!((pace.per_second - 100.0).abs() < f64::EPSILON);
        let one = tally(1).over(Duration::from_secs(1));
        assert_eq!((one.p50_ms, one.p99_ms), (1.0, 1.0));
        assert_eq!(tally(0).over(Duration::from_secs(1)).answers, 0);
    }
}
