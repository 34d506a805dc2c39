//! Connectors, as the graph shows them: our link to a source, and how it came to be.

mod shadow;
mod version;

use super::gate::{Id, Instant, choice, object};
use super::id::GlobalId;
use super::links::at;
use crate::gather;
use crate::register::{self, Change, Registration, Version};
use caregraph_connectors::record::Section;

pub(crate) use shadow::ConnectorShadow;
pub(crate) use version::ConnectorVersion;

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
        /// A version is asked in the shadow of the one in use from then on.
        Shadowed = "SHADOWED",
        /// A version is no longer asked in the shadow.
        ShadowEnded = "SHADOW_ENDED",
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
        /// The version that is asked in the shadow of the one in use, if one is.
        shadow: Option<ConnectorShadow>, Inherit;
        /// What was done to it, the oldest first.
        history: Vec<ConnectorEvent>, Inherit;
    }
}

object! {
    /// One thing that was done to a connector.
    struct ConnectorEvent {
        /// What.
        change: ConnectorChange, Inherit;
        /// To which version, when it was done to one.
        version: Option<i32>, Inherit;
        /// For how many of the questions a version is asked in the shadow.
        share: Option<f64>, Inherit;
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
            shadow: None,
            history: Vec::new(),
        }
    }

    /// One that was registered; `source`: what is in force of it on this node.
    pub(crate) fn registered(registration: &Registration, source: Option<&gather::Source>) -> Self {
        let mut written = 0;
        let mut event = |entry: &register::Entry| {
            if matches!(entry.change, Change::Registered { .. } | Change::Updated { .. }) {
                written += 1;
            }
            ConnectorEvent::of(entry, written)
        };
        let before = |version: &Version| registration.version(version.number.checked_sub(1)?);
        let shown = |version: &Version| ConnectorVersion::of(version, before(version));
        Self {
            connector: Connector::registered(registration),
            name: registration.id.to_string(),
            origin: ConnectorOrigin::Registered,
            organization: Some(registration.organization.clone()),
            waiting: registration.waiting().map(shown),
            versions: registration.versions.iter().map(shown).collect(),
            shadow: registration.shadow().map(|it| ConnectorShadow::of(it, source)),
            history: registration.history.iter().map(&mut event).collect(),
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
            Change::Shadowed { version, share } if *share > 0.0 => {
                (ConnectorChange::Shadowed, Some(*version), None)
            }
            Change::Shadowed { version, .. } => {
                (ConnectorChange::ShadowEnded, Some(*version), None)
            }
            Change::ShadowEnded { version, reason } => {
                (ConnectorChange::ShadowEnded, Some(*version), Some(reason))
            }
            Change::Suspended { reason } => (ConnectorChange::Suspended, None, Some(reason)),
            Change::Quarantined { reason } => (ConnectorChange::Quarantined, None, Some(reason)),
            Change::Retired { reason } => (ConnectorChange::Retired, None, Some(reason)),
            Change::CredentialRotated => (ConnectorChange::CredentialRotated, None, None),
        };
        let share = match entry.change {
            Change::Shadowed { share, .. } => Some(share).filter(|share| *share > 0.0),
            _ => None,
        };
        Self {
            change,
            version: version.map(number),
            share,
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
