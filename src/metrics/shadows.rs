//! Next versions of connectors that are asked in the shadow of those in use: how far the two agree.

use std::sync::Arc;

use super::Metrics;
use super::exposition::Exposition;
use crate::gather::{Shadow, ShadowedSection};
use crate::telemetry::Counter;

/// A figure of a section: the label of it, and where it is read.
type OfSection = (&'static str, fn(&ShadowedSection) -> &Counter);

const RECORDS: [OfSection; 4] = [
    ("same", |it| &it.same),
    ("differing", |it| &it.differing),
    ("gone", |it| &it.gone),
    ("new", |it| &it.new),
];

const QUESTIONS: [OfSection; 3] =
    [("asked", |it| &it.asked), ("problem", |it| &it.problems), ("mended", |it| &it.mended)];

impl Metrics {
    pub(super) fn shadows(&self, text: &mut Exposition) {
        let sources = self.fleet.all().iter();
        let all: Vec<(&str, Arc<Shadow>)> =
            sources.filter_map(|source| Some((source.id.as_str(), source.shadow.get()?))).collect();
        let mut version = text.gauge(
            "caregraph_shadow_version",
            "Which version of a connector is asked in the shadow of the one in use. Absent when none is, as all that follows of it.",
        );
        for (id, shadow) in &all {
            version.sample(&[("source", id)], shadow.version());
        }
        let mut dropped = text.counter(
            "caregraph_shadow_dropped_total",
            "Questions that were to be asked in the shadow and were not, or brought nothing to compare.",
        );
        for (id, shadow) in &all {
            dropped.sample(&[("source", id)], shadow.figures().dropped.get());
        }
        for (name, help, figures) in [
            (
                "caregraph_shadow_questions_total",
                "Questions that both versions were asked (asked), and among them those that one of the two alone did not answer in full: the next (problem), or the one in use (mended).",
                &QUESTIONS[..],
            ),
            (
                "caregraph_shadow_records_total",
                "Records of both versions: read alike (same) or otherwise (differing), only in the one in use (gone), only in the next (new).",
                &RECORDS[..],
            ),
        ] {
            let mut family = text.counter(name, help);
            for (id, shadow) in &all {
                for (section, counts) in shadow.figures().sections() {
                    for (outcome, read) in figures {
                        let labels =
                            [("source", *id), ("section", section.name()), ("outcome", *outcome)];
                        family.sample(&labels, read(counts).get());
                    }
                }
            }
        }
    }
}
