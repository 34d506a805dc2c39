//! Connectors, as the graph shows them: our link to a source, and how it came to be.

use super::gate::{Id, Instant, choice, object};
use super::id::GlobalId;
use super::links::at;
use crate::gather;
use crate::register::{self, Actor, Change, Registration, Report, Version};
use caregraph_connectors::conformance::{Finding, Topic, Verdict};
use caregraph_connectors::locate::Locator;
use caregraph_connectors::record::Section;

object! {
    /// Our registered link to one source.
    struct Connector in ["Node"] {
        /// Opaque and stable.
        id: Id, Public;
        /// The dialect that it speaks.
        kind: String, Public;
        /// Whether it is in use.
        state: ConnectorState, Public;
        /// The sections that the source may fill.
        sections: Vec<Section>, Public;
        /// Grows by one with every change of its setup.
        version: i32, Public;
    }
}

choice! {
    /// Whether a connector is in use.
    enum ConnectorState {
        /// Being written: no version has passed its test yet.
        Draft = "DRAFT",
        /// Waiting for a second person's approval.
        AwaitingApproval = "AWAITING_APPROVAL",
        /// In use.
        Active = "ACTIVE",
        /// Not in use for now.
        Suspended = "SUSPENDED",
        /// Never in use again.
        Retired = "RETIRED",
    }
}

choice! {
    /// How a connector came to be.
    enum ConnectorOrigin {
        /// It stands in the configuration of the gateway.
        Configured = "CONFIGURED",
        /// It was registered while the gateway runs.
        Registered = "REGISTERED",
    }
}

choice! {
    /// What was done to a connector.
    enum ConnectorChange {
        /// It was registered.
        Registered = "REGISTERED",
        /// It was given another manifest: its next version.
        Updated = "UPDATED",
        /// A version was tried.
        Tested = "TESTED",
        /// A version is in use from then on.
        Approved = "APPROVED",
        /// It was taken out of use.
        Suspended = "SUSPENDED",
        /// The gateway itself took it out of use.
        Quarantined = "QUARANTINED",
        /// It was taken out of use for good.
        Retired = "RETIRED",
        /// What it proves itself with was changed.
        CredentialRotated = "CREDENTIAL_ROTATED",
    }
}

object! {
    /// A connector and how it came to be, for those who look after it.
    struct ConnectorSetup {
        /// The connector.
        connector: Connector, Inherit;
        /// The id that its manifest gives it.
        name: String, Inherit;
        /// How it came to be.
        origin: ConnectorOrigin, Inherit;
        /// The organisation to which it belongs.
        organization: Option<String>, Inherit;
        /// The newest version, when it was not approved yet.
        waiting: Option<ConnectorVersion>, Inherit;
        /// All versions, the first one first; none of one that is configured.
        versions: Vec<ConnectorVersion>, Inherit;
        /// What was done to it, the oldest first.
        history: Vec<ConnectorEvent>, Inherit;
    }
}

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
        /// What came of trying it last; null when nobody did.
        report: Option<ConnectorReport>, Inherit;
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

object! {
    /// One thing that was done to a connector.
    struct ConnectorEvent {
        /// What.
        change: ConnectorChange, Inherit;
        /// To which version, when it was done to one.
        version: Option<i32>, Inherit;
        /// When.
        at: Option<Instant>, Inherit;
        /// By whom; null when the gateway did it itself.
        by: Option<String>, Inherit;
        /// Why, when somebody said so.
        reason: Option<String>, Inherit;
    }
}

object! {
    /// One thing that is wrong with a manifest.
    struct ManifestMistake {
        /// Where: the path of the setting.
        path: String, Inherit;
        /// In which line of the manifest, as far as that can be told.
        line: Option<i32>, Inherit;
        /// At which character of the line.
        column: Option<i32>, Inherit;
        /// What is wrong, and what to do.
        message: String, Inherit;
    }
}

object! {
    /// What came of a change of a connector.
    struct ConnectorPayload {
        /// The connector after it; null when the manifest is refused.
        connector: Option<Connector>, Inherit;
        /// The same, and how it came to be.
        setup: Option<ConnectorSetup>, Inherit;
        /// All that is wrong with the manifest; then nothing was changed.
        mistakes: Vec<ManifestMistake>, Inherit;
    }
}

impl Connector {
    /// The connector of a source that is in force.
    pub(crate) fn of(source: &gather::Source) -> Self {
        Self {
            id: GlobalId::Connector(source.id.clone()).encode(),
            kind: source.kind.to_owned(),
            state: if source.is_suspended {
                ConnectorState::Suspended
            } else {
                ConnectorState::Active
            },
            sections: source.connector.offers().to_vec(),
            version: number(source.version),
        }
    }

    /// A registered connector, in force or not: by the version that was approved last, or else the newest.
    pub(crate) fn registered(registration: &Registration) -> Self {
        let shown = registration.approved().or(registration.newest());
        let declared = shown.map(|version| version.declared.clone()).unwrap_or_default();
        let is_declared =
            |section: &&Section| declared.sections.iter().any(|it| it == section.name());
        Self {
            id: GlobalId::Connector(registration.id.clone()).encode(),
            state: registration.state().into(),
            sections: Section::ALL.iter().filter(is_declared).copied().collect(),
            kind: declared.kind.clone(),
            version: shown.map_or(1, |version| number(version.number)),
        }
    }
}

impl ConnectorSetup {
    /// One that stands in the configuration.
    pub(crate) fn configured(source: &gather::Source) -> Self {
        Self {
            connector: Connector::of(source),
            name: source.id.to_string(),
            origin: ConnectorOrigin::Configured,
            organization: source.organization.clone(),
            waiting: None,
            versions: Vec::new(),
            history: Vec::new(),
        }
    }

    /// One that was registered.
    pub(crate) fn registered(registration: &Registration) -> Self {
        let mut written = 0;
        let mut event = |entry: &register::Entry| {
            if matches!(entry.change, Change::Registered { .. } | Change::Updated { .. }) {
                written += 1;
            }
            ConnectorEvent::of(entry, written)
        };
        Self {
            connector: Connector::registered(registration),
            name: registration.id.to_string(),
            origin: ConnectorOrigin::Registered,
            organization: Some(registration.organization.clone()),
            waiting: registration.waiting().map(ConnectorVersion::of),
            versions: registration.versions.iter().map(ConnectorVersion::of).collect(),
            history: registration.history.iter().map(&mut event).collect(),
        }
    }
}

impl ConnectorVersion {
    fn of(version: &Version) -> Self {
        let who = |actor: &Actor| actor.subject.clone();
        Self {
            number: number(version.number),
            manifest: version.manifest.to_string(),
            written_by: who(&version.by),
            written_at: at(version.at_ms),
            approved_by: version.approved_by.as_ref().and_then(who),
            report: version
                .report
                .as_ref()
                .map(|report| ConnectorReport::of(report, &version.manifest)),
        }
    }
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

impl ConnectorEvent {
    /// `written`: how many versions there were when it was done.
    fn of(entry: &register::Entry, written: u32) -> Self {
        let (change, version, reason) = match &entry.change {
            Change::Registered { .. } => (ConnectorChange::Registered, Some(written), None),
            Change::Updated { .. } => (ConnectorChange::Updated, Some(written), None),
            Change::Tested { version, .. } => (ConnectorChange::Tested, Some(*version), None),
            Change::Approved { version } => (ConnectorChange::Approved, Some(*version), None),
            Change::Suspended { reason } => (ConnectorChange::Suspended, None, Some(reason)),
            Change::Quarantined { reason } => (ConnectorChange::Quarantined, None, Some(reason)),
            Change::Retired { reason } => (ConnectorChange::Retired, None, Some(reason)),
            Change::CredentialRotated => (ConnectorChange::CredentialRotated, None, None),
        };
        Self {
            change,
            version: version.map(number),
            at: at(entry.at_ms),
            by: entry.by.subject.clone(),
            reason: reason.cloned(),
        }
    }
}

impl From<register::State> for ConnectorState {
    fn from(state: register::State) -> Self {
        match state {
            register::State::Draft => Self::Draft,
            register::State::AwaitingApproval => Self::AwaitingApproval,
            register::State::Active => Self::Active,
            register::State::Suspended => Self::Suspended,
            register::State::Retired => Self::Retired,
        }
    }
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
