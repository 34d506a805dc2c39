//! Metrics as text, in the format that Prometheus reads (version 0.0.4).
//!
//! Written here and not taken from a library: every figure is an atomic of the part that counts it, so that a registry
//! would be a second place to count, and what is left of the format is this page. Names and labels are words of the
//! program; values of labels are words of the program or names from the configuration.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use crate::telemetry::{STEPS_US, Spread};

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// A spread over steps.
    Histogram,
}

/// A label and its value.
pub(super) type Label<'l> = (&'static str, &'l str);

/// The text so far.
#[derive(Debug, Default)]
pub(super) struct Exposition(String);

/// One metric with its samples.
pub(super) struct Family<'e> {
    text: &'e mut String,
    name: &'static str,
}

impl Exposition {
    /// Begins a metric. All samples of it follow before the next one begins.
    pub(super) fn family(
        &mut self,
        name: &'static str,
        kind: Kind,
        help: &'static str,
    ) -> Family<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family { text: &mut self.0, name }
    }

    pub(super) fn counter(&mut self, name: &'static str, help: &'static str) -> Family<'_> {
        self.family(name, Kind::Counter, help)
    }

    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str) -> Family<'_> {
        self.family(name, Kind::Gauge, help)
    }

    pub(super) fn histogram(&mut self, name: &'static str, help: &'static str) -> Family<'_> {
        self.family(name, Kind::Histogram, help)
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

impl Family<'_> {
    /// Adds a sample.
    pub(super) fn sample(&mut self, labels: &[Label<'_>], value: impl Display) -> &mut Self {
        self.line("", labels, None, value);
        self
    }

    /// Adds a time, in seconds.
    pub(super) fn time(&mut self, labels: &[Label<'_>], value: Duration) -> &mut Self {
        self.sample(labels, value.as_secs_f64())
    }

    /// Adds whether something is so: 1 or 0.
    pub(super) fn is(&mut self, labels: &[Label<'_>], value: bool) -> &mut Self {
        self.sample(labels, u8::from(value))
    }

    /// Adds a spread of times, in seconds.
    pub(super) fn spread(&mut self, labels: &[Label<'_>], spread: &Spread) -> &mut Self {
        let ends = STEPS_US.map(|end| Duration::from_micros(end).as_secs_f64().to_string());
        let ends = ends.into_iter().chain(["+Inf".to_owned()]);
        for (end, count) in ends.zip(spread.up_to) {
            self.line("_bucket", labels, Some(&end), count);
        }
        self.line("_sum", labels, None, spread.sum.as_secs_f64());
        self.line("_count", labels, None, spread.up_to.last().copied().unwrap_or_default());
        self
    }

    fn line(&mut self, ending: &str, labels: &[Label<'_>], end: Option<&str>, value: impl Display) {
        let _ = write!(self.text, "{}{ending}", self.name);
        let labels = labels.iter().copied().chain(end.map(|end| ("le", end)));
        let labels: Vec<String> =
            labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        if !labels.is_empty() {
            let _ = write!(self.text, "{{{}}}", labels.join(","));
        }
        let _ = writeln!(self.text, " {value}");
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Histogram;

    #[test]
    fn samples_follow_their_help_and_type() {
        let mut text = Exposition::default();
        text.counter("a_total", "How many.").sample(&[("of", "x\"\\\n"), ("by", "y")], 3);
        text.gauge("b", "Whether.").is(&[], true);
        let expected = "# HELP a_total How many.\n# TYPE a_total counter\na_total{of=\"x\\\"\\\\\\n\",by=\"y\"} 3\n\
                        # HELP b Whether.\n# TYPE b gauge\nb 1\n";
        assert_eq!(text.into_text(), expected);
    }

    #[test]
    fn a_spread_has_steps_that_grow_a_sum_and_a_count() {
        let histogram = Histogram::default();
        histogram.note(Duration::from_millis(2));
        histogram.note(Duration::from_secs(20));
        let mut text = Exposition::default();
        text.histogram("t_seconds", "How long.").spread(&[("source", "a")], &histogram.read());
        let text = text.into_text();
        for line in [
            "t_seconds_bucket{source=\"a\",le=\"0.001\"} 0",
            "t_seconds_bucket{source=\"a\",le=\"0.0025\"} 1",
            "t_seconds_bucket{source=\"a\",le=\"10\"} 1",
            "t_seconds_bucket{source=\"a\",le=\"+Inf\"} 2",
            "t_seconds_sum{source=\"a\"} 20.002",
            "t_seconds_count{source=\"a\"} 2",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in {text}");
        }
    }
}
