//! How one source did in one section of one patient, and what it said.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{Context, SHA256};
use caregraph_connectors::record::{FuzzyDate, Section, Text};
use caregraph_connectors::{Problem, Rest, Share};

use super::cache::Known;
use super::run::Person;
use super::timing::Timing;
use super::{Said, Source};

/// What tells whether two answers say the same.
pub type Imprint = [u8; 16];

/// How a source stands in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// It answered, in full.
    Ok,
    /// Shown from a copy that is still fresh.
    Cached,
    /// Shown from an old copy, because the source could not be asked.
    Stale,
    /// It did not answer in time.
    Timeout,
    /// It failed.
    Error,
    /// It is not asked for a while, because it kept failing.
    CircuitOpen,
    /// It refuses our credentials.
    Unauthorized,
    /// It has no record that is known to be this patient's.
    NotLinked,
    /// It does not offer this section.
    NotSupported,
    /// It has not answered yet; only somebody who watches is told so.
    Pending,
}

/// How one source did in one section of one patient.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which source.
    pub source: Arc<Source>,
    /// How it stands.
    pub state: SourceState,
    /// One safe sentence, when there is something to say.
    pub message: Option<Text>,
    /// When its data were fetched, or as of when it says that they are, if that is earlier.
    pub fetched_at: Option<SystemTime>,
    /// How long it took; none when it was not asked for this answer.
    pub latency: Option<Duration>,
    /// Where the answer came from and how long that took; none when there was nothing to look for.
    pub timing: Option<Timing>,
    /// How many records it withdrew itself.
    pub withdrawn: u32,
}

/// What one source said in one section of one patient.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// How it did.
    pub outcome: Outcome,
    /// What it said; may hold something even when it did not do well.
    pub records: Vec<Said>,
}

impl Fetched {
    /// What a source said just now, whole or in part.
    pub(super) fn now(source: &Arc<Source>, share: Share, timing: Timing) -> Self {
        let Share { records, problem, withdrawn, validator: _, as_of } = share;
        let now = SystemTime::now();
        let told_at = as_of.map_or(now, |as_of| as_of.min(now));
        let fetched_at = (problem.is_none() || !records.is_empty()).then_some(told_at);
        let records = records.into_iter().map(Said::from).collect();
        Self { records, ..Self::of(source, problem.as_ref(), fetched_at, Some(timing), withdrawn) }
    }

    /// All that a source said just now.
    pub(super) fn live(source: &Arc<Source>, known: &Known, timing: Timing) -> Self {
        let fetched_at = Some(known.told_at());
        let records = known.records.clone();
        Self { records, ..Self::of(source, None, fetched_at, Some(timing), known.withdrawn) }
    }

    /// What a source said just now, with what went wrong.
    pub(super) fn in_part(
        source: &Arc<Source>,
        said: &Known,
        problem: &Problem,
        timing: Timing,
    ) -> Self {
        let fetched_at = (!said.records.is_empty()).then_some(said.told_at());
        let records = said.records.clone();
        let timing = Some(timing);
        Self { records, ..Self::of(source, Some(problem), fetched_at, timing, said.withdrawn) }
    }

    /// Nothing, because of a problem.
    pub(super) fn failed(source: &Arc<Source>, problem: &Problem, timing: Option<Timing>) -> Self {
        Self::of(source, Some(problem), None, timing, 0)
    }

    /// The same, with another word on where it came from.
    pub(super) fn timed(mut self, timing: Timing) -> Self {
        self.outcome.timing = Some(timing);
        self
    }

    /// What a source said a while ago.
    pub(super) fn cached(source: &Arc<Source>, known: &Known) -> Self {
        let mut fetched = Self::of(source, None, Some(known.told_at()), None, known.withdrawn);
        fetched.outcome.timing = Some(Timing::memory());
        fetched.outcome.state = SourceState::Cached;
        fetched.records.clone_from(&known.records);
        fetched
    }

    /// What a source said a while ago, in place of a problem that it has now.
    pub(super) fn stale(source: &Arc<Source>, known: &Known, problem: &Problem) -> Self {
        let mut fetched = Self::cached(source, known);
        fetched.outcome.state = SourceState::Stale;
        let at = FuzzyDate::of_instant(known.told_at().into());
        let sentence = message(source, problem);
        let sentence = sentence.trim_end_matches('.');
        let message = format!("{sentence}; shown is what it said at {}.", at.as_str());
        fetched.outcome.message = Some(message.into());
        fetched
    }

    fn of(
        source: &Arc<Source>,
        problem: Option<&Problem>,
        fetched_at: Option<SystemTime>,
        timing: Option<Timing>,
        withdrawn: u32,
    ) -> Self {
        let outcome = Outcome {
            source: source.clone(),
            state: problem.map_or(SourceState::Ok, state),
            message: problem.map(|problem| message(source, problem).into()),
            fetched_at,
            latency: timing.map(|timing| timing.took),
            timing,
            withdrawn,
        };
        Self { outcome, records: Vec::new() }
    }

    /// Nothing yet.
    pub(super) fn pending(source: &Arc<Source>) -> Self {
        let mut fetched = Self::of(source, None, None, None, 0);
        fetched.outcome.state = SourceState::Pending;
        fetched.outcome.message = Some(format!("{} has not answered yet.", source.name).into());
        fetched
    }

    /// What tells whether two answers say the same: not when they were fetched, nor how long that took.
    pub fn imprint(&self) -> Imprint {
        let Outcome { source, state, message, withdrawn, .. } = &self.outcome;
        if self.records.is_empty()
            && *withdrawn == 0
            && let Some(imprint) = source.silence.imprint_of(*state, message.as_ref())
        {
            return imprint;
        }
        let mut hash = Context::new(&SHA256);
        state.mark(&mut hash, *withdrawn, message.as_deref());
        for said in &self.records {
            hash.update(&said.imprint());
        }
        imprint(hash)
    }

    /// Nothing, because the source was not asked.
    pub(super) fn not_asked(source: &Arc<Source>, section: Section, person: &Person) -> Self {
        let is_linked = person.links.contains_key(&source.id);
        let mut fetched = Self::of(source, None, None, None, 0);
        if !is_linked && person.unread.contains(&source.id) {
            let message = format!(
                "The patients of {} are not all indexed yet, so it may know this patient.",
                source.name
            );
            fetched.outcome.state = SourceState::Error;
            fetched.outcome.message = Some(message.into());
            return fetched;
        }
        debug_assert!(!is_linked || !source.offers(section));
        let reason = if is_linked {
            source.silence.not_offered(&source.name)
        } else if source.finds_by().is_some() {
            source.silence.not_looked_up(&source.name)
        } else {
            source.silence.not_linked(&source.name)
        };
        fetched.outcome.state = reason.state;
        fetched.outcome.message = Some(reason.message.clone());
        fetched
    }
}

impl SourceState {
    /// Marks how a source stands, and what is said of that.
    pub(super) fn mark(self, hash: &mut Context, withdrawn: u32, message: Option<&str>) {
        hash.update(&[self.standing()]);
        hash.update(&withdrawn.to_be_bytes());
        hash.update(message.unwrap_or_default().as_bytes());
    }

    /// How the source stands, whether it was asked just now or a while ago.
    fn standing(self) -> u8 {
        match self {
            Self::Cached => Self::Ok as u8,
            other => other as u8,
        }
    }
}

/// The beginning of a finished hash.
pub(super) fn imprint(hash: Context) -> Imprint {
    let mut imprint = Imprint::default();
    imprint.copy_from_slice(&hash.finish().as_ref()[..16]);
    imprint
}

fn state(problem: &Problem) -> SourceState {
    match problem {
        Problem::Timeout => SourceState::Timeout,
        Problem::Unauthorized => SourceState::Unauthorized,
        Problem::NotSupported => SourceState::NotSupported,
        Problem::Suspended | Problem::NotAsked { why: Rest::Failing, .. } => {
            SourceState::CircuitOpen
        }
        Problem::Unreachable
        | Problem::Busy { .. }
        | Problem::Status(_)
        | Problem::Garbled
        | Problem::TooMuch
        | Problem::Unreadable(_)
        | Problem::WrongPatient(_)
        | Problem::Incomplete
        | Problem::Unchanged
        | Problem::NotAsked { why: Rest::Crowded | Rest::Unusable, .. } => SourceState::Error,
    }
}

fn message(source: &Source, problem: &Problem) -> String {
    let sentence = problem.to_string();
    match sentence.strip_prefix("It ") {
        Some(rest) => format!("{} {rest}", source.name),
        None => format!("{}: {sentence}", source.name),
    }
}
