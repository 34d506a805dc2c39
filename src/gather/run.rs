//! One gathering: sections × patients × sources, at once, within one deadline.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use caregraph_connectors::record::{Record, Section};
use caregraph_connectors::{Answer, Ask, LocalId, Problem, Rest, Share};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::{Fleet, Source, SourceId};

/// How long after its own deadline a connector is cut off, should it not keep it.
const GRACE: Duration = Duration::from_millis(50);

/// One patient, as far as gathering needs to know: which record of which source is theirs.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// The patient's own id in each source that knows them.
    pub links: BTreeMap<SourceId, LocalId>,
    /// The sources whose patients are not all known yet, so that a link may be missing.
    pub unread: BTreeSet<SourceId>,
    /// What must not be asked, nor spoken of.
    pub closed: BTreeSet<(SourceId, Section)>,
}

impl Person {
    fn closes(&self, source: &Source, section: Section) -> bool {
        !self.closed.is_empty() && self.closed.contains(&(source.id.clone(), section))
    }
}

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
    /// It does not know this patient.
    NotLinked,
    /// It does not offer this section.
    NotSupported,
}

/// How one source did in one section of one patient.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which source.
    pub source: Arc<Source>,
    /// How it stands.
    pub state: SourceState,
    /// One safe sentence, when there is something to say.
    pub message: Option<String>,
    /// When its data were fetched.
    pub fetched_at: Option<SystemTime>,
    /// How long it took.
    pub latency: Option<Duration>,
    /// How many records it withdrew itself.
    pub withdrawn: u32,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({})", self.id)
    }
}

/// What one source said in one section of one patient.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// How it did.
    pub outcome: Outcome,
    /// What it said; may hold something even when it did not do well.
    pub records: Vec<Record>,
}

/// What every source said about one patient, section by section, in the order of the fleet.
pub type Gathered = BTreeMap<Section, Vec<Fetched>>;

/// Asks every source for the sections of these patients, and answers by `deadline` whatever has arrived. The answers
/// stand in the order of `people`, each of whom is named once.
pub async fn gather(
    fleet: &Fleet,
    people: &[Person],
    sections: &BTreeSet<Section>,
    deadline: Instant,
) -> Vec<Gathered> {
    let mut asks = Vec::new();
    for source in fleet.with_patients() {
        for section in sections.iter().filter(|section| source.offers(**section)) {
            let patients: BTreeSet<LocalId> = people
                .iter()
                .filter(|person| !person.closes(source, *section))
                .filter_map(|person| person.links.get(&source.id).cloned())
                .collect();
            let patients: Vec<LocalId> = patients.into_iter().collect();
            for batch in patients.chunks(source.connector.patients_per_ask().max(1)) {
                asks.push(ask(source.clone(), *section, batch.to_vec(), deadline));
            }
        }
    }
    let mut answers: BTreeMap<(SourceId, Section), BTreeMap<LocalId, Fetched>> = BTreeMap::new();
    for (source, section, fetched) in join_all(asks).await {
        answers.entry((source, section)).or_default().extend(fetched);
    }
    people.iter().map(|person| assemble(fleet, person, sections, &mut answers)).collect()
}

/// One question to one source. A panic in a mapping harms nobody else. All questions of a request stay on the thread
/// that asks: spread over threads, their answers would have to be moved from one processor's cache to another's.
async fn ask(
    source: Arc<Source>,
    section: Section,
    patients: Vec<LocalId>,
    deadline: Instant,
) -> (SourceId, Section, Vec<(LocalId, Fetched)>) {
    let started = Instant::now();
    let own_deadline = deadline.min(started + source.timeout);
    let question = Ask { patients: &patients, section, deadline: own_deadline };
    let answered = timeout_at(own_deadline + GRACE, source.guard.fetch(&source, question));
    let mut answer = match AssertUnwindSafe(answered).catch_unwind().await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Answer::new(),
        Err(_) => {
            tracing::error!(source.id = %source.id, ?section, "a connector panicked");
            Share::failed(Problem::Garbled).for_each(&patients)
        }
    };
    let latency = started.elapsed();
    let fetched = patients.into_iter().map(|patient| {
        let share = answer.remove(&patient).unwrap_or_else(|| Share::failed(Problem::Timeout));
        (patient, Fetched::of(&source, section, share, latency))
    });
    let fetched = fetched.collect();
    (source.id.clone(), section, fetched)
}

/// Puts one patient's answers together; sources that were not asked say why.
fn assemble(
    fleet: &Fleet,
    person: &Person,
    sections: &BTreeSet<Section>,
    answers: &mut BTreeMap<(SourceId, Section), BTreeMap<LocalId, Fetched>>,
) -> Gathered {
    let mut gathered = Gathered::new();
    for section in sections {
        let open = fleet.with_patients().filter(|source| !person.closes(source, *section));
        let of_sources = open.map(|source| {
            let asked = person
                .links
                .get(&source.id)
                .and_then(|local| answers.get_mut(&(source.id.clone(), *section))?.remove(local));
            asked.unwrap_or_else(|| Fetched::not_asked(source, *section, person))
        });
        gathered.insert(*section, of_sources.collect());
    }
    gathered
}

impl Fetched {
    fn of(source: &Arc<Source>, section: Section, share: Share, latency: Duration) -> Self {
        if let Some(problem) = &share.problem
            && *problem != Problem::NotSupported
        {
            tracing::warn!(source.id = %source.id, ?section, %problem, duration_ms = latency.as_millis(), "a source did not answer in full");
        }
        let state = share.problem.as_ref().map_or(SourceState::Ok, state);
        let arrived = state == SourceState::Ok || !share.records.is_empty();
        Self {
            outcome: Outcome {
                source: source.clone(),
                state,
                message: share.problem.as_ref().map(|problem| message(source, problem)),
                fetched_at: arrived.then(SystemTime::now),
                latency: Some(latency),
                withdrawn: share.withdrawn,
            },
            records: share.records,
        }
    }

    fn not_asked(source: &Arc<Source>, section: Section, person: &Person) -> Self {
        let (state, message) = if person.unread.contains(&source.id)
            && !person.links.contains_key(&source.id)
        {
            let message = format!(
                "The patients of {} are not all indexed yet, so it may know this patient.",
                source.name
            );
            (SourceState::Error, Some(message))
        } else if !person.links.contains_key(&source.id) {
            (
                SourceState::NotLinked,
                Some(format!("{} has no record that is known to be this patient's.", source.name)),
            )
        } else {
            debug_assert!(!source.offers(section));
            (
                SourceState::NotSupported,
                Some(format!("{} does not offer this section.", source.name)),
            )
        };
        let outcome = Outcome {
            source: source.clone(),
            state,
            message,
            fetched_at: None,
            latency: None,
            withdrawn: 0,
        };
        Self { outcome, records: Vec::new() }
    }
}

fn state(problem: &Problem) -> SourceState {
    match problem {
        Problem::Timeout => SourceState::Timeout,
        Problem::Unauthorized => SourceState::Unauthorized,
        Problem::NotSupported => SourceState::NotSupported,
        Problem::NotAsked { why: Rest::Failing, .. } => SourceState::CircuitOpen,
        Problem::Unreachable
        | Problem::Busy { .. }
        | Problem::Status(_)
        | Problem::Garbled
        | Problem::TooMuch
        | Problem::Unreadable(_)
        | Problem::WrongPatient(_)
        | Problem::Incomplete
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
