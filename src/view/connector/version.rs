//! The versions of a registered connector, and what came of trying them.

use super::super::gate::{Instant, choice, object};
use super::super::links::at;
use super::number;
use crate::register::{Actor, Report, Version};
use caregraph_connectors::conformance::{Finding, Topic, Verdict};
use caregraph_connectors::difference::{Difference, differences};
use caregraph_connectors::locate::Locator;

object! {
    /// One manifest of a connector. It never changes.
    struct ConnectorVersion {
        /// From 1.
        number: i32, Inherit;
        /// The manifest, as it was written.
        manifest: String, Inherit;
        /// Who wrote it.
        written_by: Option<String>, Inherit;
        /// When.
        written_at: Option<Instant>, Inherit;
        /// Who approved it last, if anybody did.
        approved_by: Option<String>, Inherit;
        /// In which settings it differs from the version before it; null of the first.
        changes: Option<Vec<ManifestChange>>, Inherit;
        /// What came of trying it last; null when nobody did.
        report: Option<ConnectorReport>, Inherit;
    }
}

object! {
    /// A setting of a manifest that is written otherwise than in the version before.
    struct ManifestChange {
        /// The path of the setting.
        path: String, Inherit;
        /// What stood there; null when the setting is new.
        before: Option<String>, Inherit;
        /// What stands there now; null when the setting is gone.
        after: Option<String>, Inherit;
    }
}

object! {
    /// What came of trying a version. No patient stands here, and nothing that the source sent.
    struct ConnectorReport {
        /// Whether nothing failed of what was looked at.
        passed: bool, Inherit;
        /// All that was looked at.
        findings: Vec<ConnectorFinding>, Inherit;
    }
}

choice! {
    /// What a check of a connector is about.
    enum ConnectorTopic {
        /// Whether what comes can be read as the manifest says.
        Shape = "SHAPE",
        /// Whether it means what it should: all of it, of the right patient, under names that stay.
        Semantics = "SEMANTICS",
        /// Whether a source that fails is told from one that has nothing.
        Resilience = "RESILIENCE",
        /// Whether anybody learns what is not for them.
        Privacy = "PRIVACY",
        /// How long it takes.
        Speed = "SPEED",
    }
}

choice! {
    /// What came of a check.
    enum ConnectorVerdict {
        /// It is as it should be.
        Passed = "PASSED",
        /// It may be as it is meant; a person should look at it.
        Warned = "WARNED",
        /// It is not as it should be.
        Failed = "FAILED",
        /// It could not be looked at.
        Skipped = "SKIPPED",
    }
}

object! {
    /// One thing that was looked at.
    struct ConnectorFinding {
        /// What it is about.
        topic: ConnectorTopic, Inherit;
        /// What was looked at, as a name that stays.
        check: String, Inherit;
        /// What came of it.
        verdict: ConnectorVerdict, Inherit;
        /// Whether it did not fail.
        passed: bool, Inherit;
        /// What was seen.
        message: String, Inherit;
        /// What to change, when it is not as it should be.
        remedy: Option<String>, Inherit;
        /// The setting of the manifest that is to blame.
        path: Option<String>, Inherit;
        /// In which line of the manifest it stands.
        line: Option<i32>, Inherit;
    }
}

impl ConnectorVersion {
    /// `before`: the version before it.
    pub(super) fn of(version: &Version, before: Option<&Version>) -> Self {
        let who = |actor: &Actor| actor.subject.clone();
        Self {
            number: number(version.number),
            manifest: version.manifest.to_string(),
            written_by: who(&version.by),
            written_at: at(version.at_ms),
            approved_by: version.approved_by.as_ref().and_then(who),
            changes: before.map(|before| changes(&before.manifest, &version.manifest)),
            report: version
                .report
                .as_ref()
                .map(|report| ConnectorReport::of(report, &version.manifest)),
        }
    }
}

fn changes(before: &str, after: &str) -> Vec<ManifestChange> {
    let change = |Difference { path, before, after }| ManifestChange { path, before, after };
    differences(before, after).unwrap_or_default().into_iter().map(change).collect()
}

impl ConnectorReport {
    fn of(report: &Report, manifest: &str) -> Self {
        let locator = Locator::of(manifest);
        let line = |path: &String| locator.place(path).and_then(|it| i32::try_from(it.line).ok());
        let shown = |it: &Finding| ConnectorFinding {
            topic: it.topic.into(),
            check: it.check.clone(),
            verdict: it.verdict.into(),
            passed: it.verdict != Verdict::Failed,
            message: it.message.clone(),
            remedy: it.remedy.clone(),
            line: it.path.as_ref().and_then(line),
            path: it.path.clone(),
        };
        Self { passed: report.passed(), findings: report.findings.iter().map(shown).collect() }
    }
}

impl From<Topic> for ConnectorTopic {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::Shape => Self::Shape,
            Topic::Semantics => Self::Semantics,
            Topic::Resilience => Self::Resilience,
            Topic::Privacy => Self::Privacy,
            Topic::Speed => Self::Speed,
        }
    }
}

impl From<Verdict> for ConnectorVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::Warned => Self::Warned,
            Verdict::Failed => Self::Failed,
            Verdict::Skipped => Self::Skipped,
        }
    }
}
