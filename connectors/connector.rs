//! The contract between caregraph and one source.
//!
//! A connector translates; it never merges, never masks, never caches and never decides who may see what.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::hsds::Catalogue;
use crate::notice::{Feed, Message, Notice};
use crate::record::{FuzzyDate, Person, Record, Section};

/// The id that a source itself gave one of its patients. It means nothing to any other source.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(Arc<str>);

impl LocalId {
    /// Takes the id as the source wrote it.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The id as the source wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Ids identify people, so a debug print shows the type alone.
impl fmt::Debug for LocalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalId")
    }
}

/// One question to one source: what do you hold on these patients in this section?
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The patients, by the ids that this source gave them. Never empty, never more than
    /// [`Connector::patients_per_ask`].
    pub patients: &'a [LocalId],
    /// The section asked for.
    pub section: Section,
    /// When the answer stops being of use. What has arrived by then is returned.
    pub deadline: Instant,
    /// What came with the answer that the asker has, if the question is whether that still holds. Never of several
    /// patients at once. Who cannot tell answers as if it were not there.
    pub since: Option<&'a Validator>,
}

/// By what a source can be asked whether what it said still holds. It means nothing to anyone but the connector that made
/// it, which must not believe it either: it may have been kept outside of this process.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validator(Arc<str>);

impl Validator {
    /// Takes what the connector wants to be given again.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// What the connector gave.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// It may name a patient, so a debug print shows the type alone.
impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Validator")
    }
}

/// What a source answered, one share for each patient that was asked about.
pub type Answer = BTreeMap<LocalId, Share>;

/// What one source said on one patient in one section.
///
/// A share is never an error: records that arrived before something went wrong are kept beside the
/// problem, because half a list that says so is worth more than none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Share {
    /// What the source states, in the order in which it said it.
    pub records: Vec<Record>,
    /// Why `records` may not be all of it. `None` means that the list is complete.
    pub problem: Option<Problem>,
    /// How many records the source itself withdrew (`entered-in-error`); they are left out.
    pub withdrawn: u32,
    /// By what it can be asked later whether all of this still holds, if it can be.
    pub validator: Option<Validator>,
    /// Since when nobody knows what has changed, if the source says so: it may itself know only what was true a while ago.
    pub as_of: Option<SystemTime>,
}

impl Share {
    /// A share that holds nothing because of `problem`.
    pub fn failed(problem: Problem) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }

    /// The answer in which every patient of `patients` gets a copy of this share.
    pub fn for_each(self, patients: &[LocalId]) -> Answer {
        patients.iter().map(|patient| (patient.clone(), self.clone())).collect()
    }
}

/// Why a source's list is not complete.
///
/// `Display` is one sentence that is safe to show to any viewer: it never holds a body, a URL or an id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Problem {
    /// The deadline passed first.
    #[error("It did not answer in time.")]
    Timeout,
    /// No connection could be made, or it broke.
    #[error("It could not be reached.")]
    Unreachable,
    /// It refuses our credentials (401, 403).
    #[error("It refuses our credentials.")]
    Unauthorized,
    /// It asks us to slow down (429, or 503 with `Retry-After`).
    #[error("It is limiting our requests.")]
    Busy {
        /// How long it asked us to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// It answered with this HTTP status.
    #[error("It answered with HTTP status {0}.")]
    Status(u16),
    /// It sent something that its protocol does not allow.
    #[error("It sent an answer that cannot be read.")]
    Garbled,
    /// It sent more bytes or pages than we accept.
    #[error("It sent more than the accepted amount, so the list was cut off.")]
    TooMuch,
    /// Some records could not be read and were left out.
    #[error("{0} of its records could not be read and were left out.")]
    Unreadable(u32),
    /// It returned records of somebody else; they were dropped.
    #[error("It returned {0} record(s) of another patient, which were dropped.")]
    WrongPatient(u32),
    /// It says that the list holds more than it gave us.
    #[error("It reported that its list is incomplete.")]
    Incomplete,
    /// It does not offer this section.
    #[error("It does not offer this section.")]
    NotSupported,
    /// It says that what it said before still holds ([`Ask::since`]), so that nothing stands here. A problem, because for
    /// whoever does not have what it said before this is no answer, and least of all an empty list.
    #[error("It said that nothing has changed, without having been asked that.")]
    Unchanged,
    /// It is not in use for now. Never said by a connector that is.
    #[error("It is suspended, so it is not asked.")]
    Suspended,
    /// It was not asked this time. Never said by a connector, but by whoever guards it.
    #[error("It {}, so it was not asked. It is asked again in about {} s.", why.reason(), in_seconds(*again_in))]
    NotAsked {
        /// Why not.
        why: Rest,
        /// When it is asked again.
        again_in: Duration,
    },
}

/// Why a source is not asked for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rest {
    /// It kept failing.
    Failing,
    /// It has as many questions to answer as it can take.
    Crowded,
    /// Its answers to this question could not be used.
    Unusable,
}

impl Rest {
    fn reason(self) -> &'static str {
        match self {
            Self::Failing => "kept failing",
            Self::Crowded => "has as many of our questions to answer as it can take",
            Self::Unusable => "kept answering this question with what cannot be used",
        }
    }
}

/// Whole seconds, at least one.
fn in_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0 || time.is_zero())
}

impl Problem {
    /// How bad it is to read on as if nothing had happened: when two things went wrong, the graver is told.
    fn gravity(&self) -> u8 {
        match self {
            Self::NotSupported => 0,
            Self::Unreadable(_) => 1,
            Self::Incomplete | Self::TooMuch => 2,
            Self::Status(_) | Self::Garbled | Self::Busy { .. } => 3,
            Self::Timeout
            | Self::Unreachable
            | Self::Unchanged
            | Self::Suspended
            | Self::NotAsked { .. } => 4,
            Self::Unauthorized => 5,
            Self::WrongPatient(_) => 6,
        }
    }

    /// The one of two problems that a viewer must hear of; counts of the same kind add up.
    pub fn graver(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(Self::Unreadable(a)), Some(Self::Unreadable(b))) => Some(Self::Unreadable(a + b)),
            (Some(Self::WrongPatient(a)), Some(Self::WrongPatient(b))) => {
                Some(Self::WrongPatient(a + b))
            }
            (Some(a), Some(b)) => Some(if b.gravity() > a.gravity() { b } else { a }),
            (a, b) => a.or(b),
        }
    }
}

/// Where a reading of a roster goes on. Opaque to everyone but the connector that made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RosterCursor {
    /// From the beginning.
    #[default]
    Start,
    /// From the beginning, but only who changed since this instant.
    ChangedSince(FuzzyDate),
    /// The page that the source named.
    Page(String),
}

/// One page of a source's patients.
#[derive(Debug, Default)]
pub struct RosterPage {
    /// Who is on the page.
    pub people: Vec<RosterEntry>,
    /// Where to go on; `None` after the last page.
    pub next: Option<RosterCursor>,
    /// How many people the source says it knows in all, if it says so.
    pub total: Option<u64>,
    /// How many entries of the page could not be read.
    pub unreadable: u32,
}

/// One patient on a roster.
#[derive(Debug)]
pub struct RosterEntry {
    /// The source's own id of the patient.
    pub id: LocalId,
    /// False when the source has retired the record (`Patient.active: false`, or replaced by another).
    pub active: bool,
    /// Who it is.
    pub person: Person,
}

/// One source, ready to be asked.
#[async_trait]
pub trait Connector: Send + Sync {
    /// The sections that this source can fill, as far as is known without asking it.
    fn offers(&self) -> &[Section];

    /// How many patients one [`Ask`] may name.
    fn patients_per_ask(&self) -> usize {
        1
    }

    /// All that the source holds on the asked patients in one section.
    ///
    /// Every record returned has been checked to be about the patient under whom it stands.
    async fn fetch(&self, ask: Ask<'_>) -> Answer;

    /// What the source tells by a message that it sent of its own accord; `None` when this kind has no such messages. A
    /// message that cannot be read tells that anything may have changed.
    fn notice(&self, message: &Message<'_>) -> Option<Notice> {
        let _ = message;
        None
    }

    /// The line on which the source tells what has changed, if it keeps one open for us.
    fn feed(&self) -> Option<&dyn Feed> {
        None
    }

    /// In what the source contradicts what was said of it, in sentences that are safe to show. For whoever tries it before
    /// it is relied on; a kind that says nothing of itself contradicts nothing.
    async fn contradictions(&self, deadline: Instant) -> Result<Vec<String>, Problem> {
        let _ = deadline;
        Ok(Vec::new())
    }

    /// True when the source can list its patients. The patients of one that can neither list them nor
    /// [find](Self::find) one are linked to nobody, so it is asked about nobody.
    fn has_roster(&self) -> bool {
        false
    }

    /// One page of the source's patients, if it can list them.
    async fn roster(&self, from: &RosterCursor, deadline: Instant) -> Result<RosterPage, Problem> {
        let _ = (from, deadline);
        Err(Problem::NotSupported)
    }

    /// Of which system the identifiers are by which the source can be asked for one patient, if it cannot list them. It
    /// understands no others and is told no others.
    fn finds_by(&self) -> Option<&str> {
        None
    }

    /// Whom the source knows under this identifier of the system [`finds_by`](Self::finds_by). To ask tells the source that
    /// somebody is a patient elsewhere: never without that patient's consent.
    ///
    /// Everyone returned bears the very identifier that was asked for. An empty list is the source's own word that it
    /// knows nobody; whatever else is a problem.
    async fn find(&self, value: &str, deadline: Instant) -> Result<Vec<RosterEntry>, Problem> {
        let _ = (value, deadline);
        Err(Problem::NotSupported)
    }

    /// The directory of services that this source keeps, if it is one.
    fn directory(&self) -> Option<&dyn Directory> {
        None
    }
}

/// A source of community services, kept as a searchable copy because such sources cannot search.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Reads the whole directory and replaces the copy; on a problem the old copy stays.
    async fn refresh(&self) -> Result<(), Problem>;

    /// The copy as it stands.
    fn catalogue(&self) -> Arc<Catalogue>;

    /// How long to wait between two refreshes.
    fn refresh_every(&self) -> Duration {
        Duration::from_hours(1)
    }
}
