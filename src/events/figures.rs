//! How a source's messages do, in numbers.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::telemetry::Counter;

/// How often what became of a source's messages.
#[derive(Debug, Default)]
pub struct Figures {
    /// They were taken.
    pub taken: Counter,
    /// They did not prove that they are its own.
    pub refused: Counter,
    /// They were more than may come.
    pub too_many: Counter,
    /// They were too large.
    pub too_large: Counter,
    /// What one source said of one patient was forgotten.
    pub forgotten: Counter,
    /// What the source said of anybody was forgotten.
    pub swept: Counter,
    /// Messages were lost on the way.
    pub gaps: Counter,
    /// The line on which they come broke, or could not be opened.
    pub broken: Counter,
    open: AtomicBool,
}

impl Figures {
    /// Whether the line on which they come is open.
    pub fn has_line(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    pub(super) fn set_line(&self, is_open: bool) {
        self.open.store(is_open, Ordering::Relaxed);
    }
}
