//! What is counted about a source.

use std::time::Duration;

use super::ending::{Ending, KINDS};
use super::reading::ReadingFigures;
use crate::telemetry::{Counter, Histogram};

/// What happened at a source since the start. Each number only grows.
#[derive(Debug, Default)]
pub struct Figures {
    /// Questions that came.
    pub requests: Counter,
    /// Times that the source was asked: first tries, retries and hedges.
    pub calls: Counter,
    /// Questions that were asked once more because they failed, or because most of their time had passed.
    pub retries: Counter,
    /// Questions that were asked a second time because they took unusually long.
    pub hedges: Counter,
    /// Times that the second asking answered first.
    pub overtaken: Counter,
    /// Answers that show the source down, too slow or broken.
    pub faults: Counter,
    /// Answers that asked us to slow down.
    pub busy: Counter,
    /// Answers with records of somebody else.
    pub strangers: Counter,
    /// Panics in a connector.
    pub panics: Counter,
    /// Times that the source was left alone because it kept failing.
    pub opened: Counter,
    /// Questions that were not asked because it kept failing.
    pub refused: Counter,
    /// Questions that were not asked because it had asked us to wait.
    pub paused: Counter,
    /// Questions that were not asked because too many were under way.
    pub shed: Counter,
    /// Questions that were not asked because the answers to them had been unusable again and again.
    pub quarantined: Counter,
    /// Calls that were not called off, and how long they took.
    pub latency: Histogram,
    /// What was read in the background.
    pub readings: ReadingFigures,
    endings: [Counter; KINDS],
}

impl Figures {
    /// How often a call ended so.
    pub fn ended(&self, ending: Ending) -> u64 {
        self.endings.get(ending as usize).map_or(0, Counter::get)
    }

    pub(super) fn note(&self, ending: Ending, took: Duration) {
        self.latency.note(took);
        if let Some(counter) = self.endings.get(ending as usize) {
            counter.add();
        }
    }
}
