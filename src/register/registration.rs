//! One registered connector, as its entries make it.

use std::sync::Arc;

use super::{Actor, Change, Declared, Entry, Objection, Registrations, Report};
use crate::identity::SourceId;

/// Where a connector stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No version has passed its test yet.
    Draft,
    /// A version has passed its test, and nobody has approved it.
    AwaitingApproval,
    /// In use.
    Active,
    /// Not in use for now.
    Suspended,
    /// Never in use again.
    Retired,
}

/// One manifest of a connector. It never changes.
#[derive(Clone, Debug)]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// As it was written.
    pub manifest: Arc<str>,
    /// What it declares.
    pub declared: Declared,
    /// Who wrote it.
    pub by: Actor,
    /// When, in milliseconds since 1970-01-01T00:00Z.
    pub at_ms: i64,
    /// What came of trying it last.
    pub report: Option<Report>,
    /// Who approved it.
    pub approved_by: Option<Actor>,
}

/// The version that is asked in the shadow of the one in use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shadowed {
    /// Which one.
    pub version: u32,
    /// For how much of what is asked, from 0 to 1.
    pub share: f64,
    /// Which of the connector's entries says so.
    pub entry: u32,
}

/// One registered connector.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its id, and its source's.
    pub id: SourceId,
    /// The organisation to which it belongs.
    pub organization: String,
    /// Its versions, the first one first; never empty.
    pub versions: Vec<Version>,
    /// What was done to it, the oldest first.
    pub history: Vec<Entry>,
    approved: Option<u32>,
    shadow: Option<Shadowed>,
    rests: bool,
    is_retired: bool,
    is_distrusted: bool,
    /// How many entries it has, among them those that cannot be opened.
    pub(super) entries: u32,
}

impl Registration {
    fn new(id: SourceId, organization: String) -> Self {
        Self {
            id,
            organization,
            versions: Vec::new(),
            history: Vec::new(),
            approved: None,
            shadow: None,
            rests: false,
            is_retired: false,
            is_distrusted: false,
            entries: 0,
        }
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        if self.is_retired {
            return State::Retired;
        }
        if self.is_distrusted || (self.approved.is_some() && self.rests) {
            return State::Suspended;
        }
        let has_passed = |version: &Version| version.report.as_ref().is_some_and(Report::passed);
        match self.approved {
            Some(_) => State::Active,
            None if self.versions.last().is_some_and(has_passed) => State::AwaitingApproval,
            None => State::Draft,
        }
    }

    /// The version that is in use.
    pub fn in_force(&self) -> Option<&Version> {
        self.approved.filter(|_| self.state() == State::Active).and_then(|it| self.version(it))
    }

    /// The version that was approved last, be it suspended.
    pub fn approved(&self) -> Option<&Version> {
        self.approved.and_then(|it| self.version(it))
    }

    /// What is asked in the shadow of the version in use.
    pub fn shadow(&self) -> Option<Shadowed> {
        self.shadow.filter(|_| self.in_force().is_some())
    }

    /// The newest version, unless it was approved: what is written and not in use yet.
    pub fn waiting(&self) -> Option<&Version> {
        self.versions.last().filter(|version| version.approved_by.is_none())
    }

    /// The newest version.
    pub fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The version of that number.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    fn take(&mut self, entry: Entry) {
        self.entries = entry.number;
        match &entry.change {
            Change::Registered { manifest, declared, .. }
            | Change::Updated { manifest, declared } => {
                self.versions.push(Version {
                    number: self.versions.last().map_or(1, |version| version.number + 1),
                    manifest: manifest.as_str().into(),
                    declared: declared.clone(),
                    by: entry.by.clone(),
                    at_ms: entry.at_ms,
                    report: None,
                    approved_by: None,
                });
            }
            Change::Tested { version, report } => {
                if let Some(version) = self.version_mut(*version) {
                    version.report = Some(report.clone());
                }
            }
            Change::Approved { version } => {
                (self.approved, self.rests, self.shadow) = (Some(*version), false, None);
                if let Some(version) = self.version_mut(*version) {
                    version.approved_by = Some(entry.by.clone());
                }
            }
            Change::Shadowed { version, share } => {
                let shadow = Shadowed { version: *version, share: *share, entry: entry.number };
                self.shadow = (*share > 0.0).then_some(shadow);
            }
            Change::ShadowEnded { .. } => self.shadow = None,
            Change::Suspended { .. } | Change::Quarantined { .. } => {
                (self.rests, self.shadow) = (true, None);
            }
            Change::Retired { .. } => self.is_retired = true,
            Change::CredentialRotated => {}
        }
        self.history.push(entry);
    }

    fn version_mut(&mut self, number: u32) -> Option<&mut Version> {
        self.versions.iter_mut().find(|version| version.number == number)
    }

    /// Whether a version may be approved by them.
    fn approves(&self, by: &Actor, number: u32) -> Result<(), Objection> {
        if !by.is_admin {
            return Err(Objection::NotAdmin);
        }
        let version = self.version(number).ok_or(Objection::NoSuchVersion(number))?;
        if self.in_force().is_some_and(|current| current.number == number) {
            return Err(Objection::InForce(number));
        }
        if version.by.subject == by.subject {
            return Err(Objection::OwnWork(number));
        }
        if !version.by.is_admin && version.by.organization == by.organization {
            return Err(Objection::OwnOrganization(number));
        }
        if !version.report.as_ref().is_some_and(Report::passed) {
            return Err(Objection::NotTested(number));
        }
        // It may have been written before any version was approved.
        let differs = |before: &Version| version.declared.differs_from(&before.declared);
        self.approved().and_then(differs).map_or(Ok(()), |(path, what)| {
            Err(Objection::AnotherSystem { version: number, path, what })
        })
    }

    /// Whether a version may be asked in the shadow of the one in use because of them, or no more.
    fn shadows(&self, by: &Actor, number: u32, share: f64) -> Result<(), Objection> {
        if !(0.0..=1.0).contains(&share) {
            return Err(Objection::NoShare);
        }
        if !by.is_admin {
            return Err(Objection::NotAdmin);
        }
        let current = self.in_force().ok_or(Objection::NotInForce)?;
        if share <= 0.0 {
            return self.is_shadowed(number);
        }
        self.approves(by, number)?;
        if current.declared.is_directory() { Err(Objection::NoPatients) } else { Ok(()) }
    }

    fn is_shadowed(&self, number: u32) -> Result<(), Objection> {
        let is_it = self.shadow().is_some_and(|shadow| shadow.version == number);
        if is_it { Ok(()) } else { Err(Objection::NotShadowed(number)) }
    }
}

/// Takes an entry into what is known.
pub(super) fn take(all: &mut Registrations, entry: Entry) {
    if let Change::Registered { organization, .. } = &entry.change {
        let new = Registration::new(entry.connector.clone(), organization.clone());
        all.entry(entry.connector.clone()).or_insert_with(|| Arc::new(new));
    }
    if let Some(registration) = all.get_mut(&entry.connector) {
        Arc::make_mut(registration).take(entry);
    }
}

/// Something of that connector is not of us: it is not in force, whatever else stands there.
pub(super) fn distrust(all: &mut Registrations, connector: &SourceId, number: u32) {
    if let Some(registration) = all.get_mut(connector) {
        let registration = Arc::make_mut(registration);
        (registration.is_distrusted, registration.entries) = (true, number);
    }
}

/// Whether that may be done to a connector by them now.
pub(super) fn judge(
    registration: Option<&Registration>,
    by: &Actor,
    change: &Change,
) -> Result<(), Objection> {
    let Some(it) = registration else {
        return match change {
            Change::Registered { organization, .. } if !owns(by, organization) => {
                Err(Objection::NotYours)
            }
            _ => Ok(()),
        };
    };
    if matches!(change, Change::Registered { .. }) {
        return Err(Objection::Taken);
    }
    if !owns(by, &it.organization) {
        return Err(Objection::NotYours);
    }
    if it.is_retired {
        return Err(Objection::Retired);
    }
    if it.is_distrusted && !matches!(change, Change::Retired { .. }) {
        return Err(Objection::Distrusted);
    }
    match change {
        Change::Tested { version, .. } if it.version(*version).is_none() => {
            Err(Objection::NoSuchVersion(*version))
        }
        Change::Approved { version } => it.approves(by, *version),
        Change::Shadowed { version, share } => it.shadows(by, *version, *share),
        Change::ShadowEnded { version, .. } => it.is_shadowed(*version),
        Change::Suspended { .. } | Change::Quarantined { .. } if it.in_force().is_none() => {
            Err(Objection::NotInForce)
        }
        _ => Ok(()),
    }
}

/// Whoever looks after the gateway may change all connectors, a partner those of its own organisation, and the gateway
/// itself takes any of them out of force.
fn owns(by: &Actor, organization: &str) -> bool {
    by.is_admin || by.subject.is_none() || by.organization.as_deref() == Some(organization)
}
