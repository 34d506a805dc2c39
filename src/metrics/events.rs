//! What sources told of their own accord.

use super::Metrics;
use super::exposition::Exposition;

impl Metrics {
    pub(super) fn events(&self, text: &mut Exposition) {
        let lines = self.lines.figures();
        let of_lines = lines.iter().map(|(source, it)| (source.as_str(), &**it));
        // No kind does both.
        let sent: Vec<_> = self.inbox.figures().collect();
        let all: Vec<_> = sent.into_iter().chain(of_lines.clone()).collect();
        let mut notifications = text.counter(
            "caregraph_notifications_total",
            "Notifications of a source by what became of them: taken, refused (not proven to be its own), too_many, too_large.",
        );
        for (source, it) in &all {
            for (outcome, counter) in [
                ("taken", &it.taken),
                ("refused", &it.refused),
                ("too_many", &it.too_many),
                ("too_large", &it.too_large),
            ] {
                notifications.sample(&[("source", source), ("outcome", outcome)], counter.get());
            }
        }
        let mut forgotten = text.counter(
            "caregraph_notifications_forgotten_total",
            "Times that what a source said of one patient was forgotten for a notification.",
        );
        for (source, it) in &all {
            forgotten.sample(&[("source", source)], it.forgotten.get());
        }
        let mut swept = text.counter(
            "caregraph_notifications_swept_total",
            "Times that all that a source said was forgotten, in a section or in all.",
        );
        for (source, it) in &all {
            swept.sample(&[("source", source)], it.swept.get());
        }
        let mut gaps = text.counter(
            "caregraph_notifications_gaps_total",
            "Times that notifications of a source were lost on the way.",
        );
        for (source, it) in &all {
            gaps.sample(&[("source", source)], it.gaps.get());
        }
        let mut open = text.gauge(
            "caregraph_event_line_open",
            "Whether the line is open on which a source tells what has changed: 1 or 0.",
        );
        for (source, it) in of_lines.clone() {
            open.is(&[("source", source)], it.has_line());
        }
        let mut broken = text.counter(
            "caregraph_event_line_failures_total",
            "Times that such a line broke, or could not be opened.",
        );
        for (source, it) in of_lines {
            broken.sample(&[("source", source)], it.broken.get());
        }
    }
}
