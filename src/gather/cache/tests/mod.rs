//! The cache before a source that does what a test says, in a time that stands still until somebody waits.

mod flights;
mod freshness;
mod purposes;
mod revalidation;
mod rows;
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use caregraph_connectors::record::{Allergy, Concept, Fact, Record, Section};
use caregraph_connectors::{Answer, Ask, Connector, LocalId, Problem, Share, Validator, egress};
use tokio::time::{Instant, advance, sleep};

use super::{Cache, Keeping, SharedTier};
use crate::gather::{
    Category, Fetched, Fleet, Guard, Knobs, Person, RosterGauge, Silence, Source, SourceId,
    SourceState, System, Wish, gather,
};

/// What the cache does is tried without a guard that asks twice, or not at all.
const UNGUARDED: Knobs =
    Knobs { max_concurrent: 10_000, retries: 0, hedge: false, longest_rest: Duration::ZERO };

/// What the source does when it is asked.
#[derive(Clone)]
pub(super) enum Mood {
    /// Answers in full.
    Well,
    /// Answers in full, but knows only what was so at that moment.
    AsOf(SystemTime),
    /// Answers in full, and when it is asked whether that still holds, that it does.
    Confirming,
    /// Says that nothing has changed, whatever it was asked.
    Lying,
    /// Answers in part.
    Partly(Problem),
    /// Says nothing.
    Failing(Problem),
    /// Breaks down.
    Panicking,
}

/// A source that counts its questions. What it says holds the number of the question.
pub(super) struct Script {
    calls: AtomicUsize,
    mood: Mutex<Mood>,
    delay: Mutex<Duration>,
    /// For what it was asked, question by question.
    purposes: Mutex<Vec<Option<&'static str>>>,
    patients_per_ask: usize,
}

struct Scripted(Arc<Script>);

#[async_trait]
impl Connector for Scripted {
    fn offers(&self) -> &[Section] {
        &[Section::Allergies]
    }

    fn patients_per_ask(&self) -> usize {
        self.0.patients_per_ask
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        self.0.purposes.lock().unwrap().push(egress::purpose());
        let call = self.0.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let (mood, delay) = (self.0.mood.lock().unwrap().clone(), *self.0.delay.lock().unwrap());
        sleep(delay).await;
        let share = match mood {
            Mood::Well => Share { records: vec![record(call)], ..Share::default() },
            Mood::Confirming if ask.since.is_some_and(|it| it.as_str() == "v1") => {
                Share::failed(Problem::Unchanged)
            }
            Mood::Confirming => {
                let validator = Some(Validator::new("v1"));
                Share { records: vec![record(call)], validator, ..Share::default() }
            }
            Mood::AsOf(at) => {
                Share { records: vec![record(call)], as_of: Some(at), ..Share::default() }
            }
            Mood::Lying => Share::failed(Problem::Unchanged),
            Mood::Partly(problem) => {
                Share { records: vec![record(call)], ..Share::failed(problem) }
            }
            Mood::Failing(problem) => Share::failed(problem),
            Mood::Panicking => panic!("a test's source breaks down"),
        };
        share.for_each(ask.patients)
    }
}

pub(super) fn record(call: usize) -> Record {
    let substance = Some(Concept::of_text(format!("what was said when asked {call} times")));
    let fact = Fact::Allergy(Allergy { substance, ..Allergy::default() });
    let (identifiers, labels) = (Vec::new(), Vec::new());
    let reference = format!("call {call}").into();
    Record { reference, recorded: None, updated: None, identifiers, labels, fact }
}

/// One node before that source.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) script: Arc<Script>,
    pub(super) fleet: Fleet,
}

impl Node {
    pub(super) fn new() -> Self {
        Self::with(Keeping::default(), 1024 * 1024, None)
    }

    pub(super) fn with(keeping: Keeping, bytes: u64, shared: Option<Arc<dyn SharedTier>>) -> Self {
        let script = Arc::new(Script {
            calls: AtomicUsize::new(0),
            mood: Mutex::new(Mood::Well),
            delay: Mutex::new(Duration::from_millis(20)),
            purposes: Mutex::default(),
            patients_per_ask: 25,
        });
        let source = Source {
            id: source(),
            name: "Lakeside".to_owned(),
            category: Category::PrimaryCare,
            organization: None,
            system: System::default(),
            version: 1,
            is_registered: false,
            is_suspended: false,
            kind: "scripted",
            timeout: Duration::from_millis(1_500),
            keeping,
            connector: Arc::new(Scripted(script.clone())),
            guard: Guard::new(UNGUARDED),
            roster: RosterGauge::default(),
            copies: super::Figures::default(),
            silence: Silence::default(),
            hearing: crate::gather::Hearing::default(),
            shadow: crate::gather::ShadowSlot::default(),
        };
        Self { script, fleet: Fleet::new(vec![source], Cache::new(bytes, shared)) }
    }

    pub(super) fn is(&self, mood: Mood) {
        *self.script.mood.lock().unwrap() = mood;
    }

    pub(super) fn takes(&self, delay: Duration) {
        *self.script.delay.lock().unwrap() = delay;
    }

    pub(super) fn calls(&self) -> usize {
        self.script.calls.load(Ordering::Relaxed)
    }

    pub(super) fn purposes(&self) -> Vec<Option<&'static str>> {
        self.script.purposes.lock().unwrap().clone()
    }

    pub(super) fn flights(&self) -> usize {
        self.fleet.cache().0.flights.count()
    }

    pub(super) async fn forget(&self) {
        self.fleet.cache().forget(&source(), &patient(1), None).await;
    }

    /// Asks for one patient, with two seconds of time.
    pub(super) async fn ask(&self) -> Seen {
        self.ask_for(Wish { deadline: Instant::now() + SECONDS_2, since: None, purpose: None })
            .await
    }

    /// Asks for what the source says now.
    pub(super) async fn ask_live(&self) -> Seen {
        let now = Instant::now();
        self.ask_for(Wish { deadline: now + SECONDS_2, since: Some(now), purpose: None }).await
    }

    pub(super) async fn ask_for(&self, wish: Wish) -> Seen {
        let gathered = self.ask_all(1..2, wish).await.pop().unwrap();
        Seen::of(&gathered)
    }

    /// Asks for the patients of these numbers.
    pub(super) async fn ask_all(&self, numbers: std::ops::Range<u32>, wish: Wish) -> Vec<Fetched> {
        let people: Vec<Person> = numbers
            .map(|number| Person {
                links: BTreeMap::from([(source(), patient(number))]),
                ..Person::default()
            })
            .collect();
        let sections = BTreeSet::from([Section::Allergies]);
        let gathered = gather(&self.fleet, &people, &sections, wish).await;
        gathered
            .into_iter()
            .map(|mut it| it.remove(&Section::Allergies).unwrap().remove(0))
            .collect()
    }
}

pub(super) const SECONDS_2: Duration = Duration::from_secs(2);

pub(super) fn source() -> SourceId {
    SourceId::new("lakeside")
}

pub(super) fn patient(number: u32) -> LocalId {
    LocalId::new(format!("p{number}"))
}

/// What an asker gets to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) state: SourceState,
    /// The numbers of the questions to which the records were said.
    pub(super) said: Vec<String>,
    pub(super) message: Option<String>,
    pub(super) fetched_at: Option<std::time::SystemTime>,
}

impl Seen {
    pub(super) fn of(fetched: &Fetched) -> Self {
        let outcome = &fetched.outcome;
        Self {
            state: outcome.state,
            said: fetched.records.iter().map(|said| said.reference.to_string()).collect(),
            message: outcome.message.as_deref().map(str::to_owned),
            fetched_at: outcome.fetched_at,
        }
    }

    /// What is compared most often.
    pub(super) fn told(&self) -> (SourceState, &str) {
        (self.state, self.said.first().map_or("nothing", String::as_str))
    }
}

/// Lets time pass, and whatever is under way in the background be done.
pub(super) async fn pass(seconds: u64) {
    advance(Duration::from_secs(seconds)).await;
    settle().await;
}

/// Lets whatever is under way in the background be done.
pub(super) async fn settle() {
    sleep(Duration::from_millis(100)).await;
}
