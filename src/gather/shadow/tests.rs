use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use caregraph_connectors::record::{Allergy, Concept, Fact, Record};
use caregraph_connectors::{Connector, Validator};
use futures_util::FutureExt as _;
use tokio::time::sleep;

use super::*;
use crate::gather::ask::ask;
use crate::gather::cache::Figures;
use crate::gather::{Category, Guard, Keeping, Knobs, RosterGauge, SourceId, System};

const TIMEOUT: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_millis(10);

/// A version that answers so, so much later.
#[derive(Clone)]
struct Version {
    says: fn() -> Share,
    after: Duration,
    calls: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Version {
    fn new(says: fn() -> Share, after: Duration) -> Self {
        Self { says, after, calls: Arc::default(), open: Arc::default() }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

/// A call that has not ended.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Connector for Version {
    fn offers(&self) -> &[Section] {
        &[Section::Allergies]
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.open.fetch_add(1, Ordering::SeqCst);
        let _open = Open(self.open.clone());
        sleep(self.after).await;
        (self.says)().for_each(ask.patients)
    }
}

fn source(version: &Version) -> Source {
    Source {
        id: SourceId::new("greenleaf"),
        name: "Greenleaf".to_owned(),
        category: Category::Pharmacy,
        organization: None,
        system: System::default(),
        version: 1,
        is_registered: true,
        is_suspended: false,
        kind: "scripted",
        timeout: TIMEOUT,
        keeping: Keeping::NOTHING,
        connector: Arc::new(version.clone()),
        guard: Guard::seeded(Knobs { retries: 0, hedge: false, ..Knobs::default() }, 1),
        roster: RosterGauge::default(),
        copies: Figures::default(),
        hearing: crate::gather::Hearing::default(),
        shadow: ShadowSlot::default(),
        silence: crate::gather::Silence::default(),
    }
}

/// A version in use, with another one in its shadow.
fn shadowed(used: &Version, next: &Version, share: f64) -> Arc<Source> {
    let source = source(used);
    source.shadow.set(Some(Shadow::new(self::source(next), share, 1)));
    Arc::new(source)
}

fn record(reference: &str, substance: &str) -> Record {
    let substance = Some(Concept::of_text(substance.to_owned()));
    let fact = Fact::Allergy(Allergy { substance, ..Allergy::default() });
    let (identifiers, labels) = (Vec::new(), Vec::new());
    Record { reference: reference.into(), recorded: None, updated: None, identifiers, labels, fact }
}

fn nuts() -> Share {
    Share { records: vec![record("1", "nuts"), record("2", "milk")], ..Share::default() }
}

fn other() -> Share {
    Share { records: vec![record("2", "cow's milk"), record("3", "eggs")], ..Share::default() }
}

fn stranger() -> Share {
    Share::failed(Problem::WrongPatient(1))
}

fn panicking() -> Share {
    panic!("the script says so")
}

/// What the one in use answers: the references, and how long it took.
async fn asked(source: &Source, patient: &str) -> (Vec<String>, Duration) {
    let (began, patients) = (Instant::now(), [LocalId::new(patient)]);
    let (section, deadline) = (Section::Allergies, began + TIMEOUT);
    let question = Ask { patients: &patients, section, deadline, since: None };
    let (mut answer, _) = ask(source, question, None).await;
    let records = answer.remove(&patients[0]).unwrap_or_default().records;
    (records.iter().map(|it| it.reference.to_string()).collect(), began.elapsed())
}

/// What was counted of allergies: asked, same, differing, gone, new, problems, mended; and what was dropped.
fn counted(source: &Source) -> ([u64; 7], u64) {
    let shadow = source.shadow.get().expect("it is asked");
    let of = |it: &ShadowedSection| {
        [&it.asked, &it.same, &it.differing, &it.gone, &it.new, &it.problems, &it.mended]
            .map(crate::telemetry::Counter::get)
    };
    let counts = shadow.figures().sections().map(|(_, it)| of(it)).next();
    (counts.unwrap_or_default(), shadow.figures().dropped.get())
}

#[tokio::test(start_paused = true)]
async fn the_one_in_use_is_shown_and_what_the_next_says_otherwise_is_counted() {
    let (used, next) = (Version::new(nuts, SOON), Version::new(other, SOON * 5));
    let source = shadowed(&used, &next, 1.0);
    for _ in 0..3 {
        assert_eq!(asked(&source, "p").await, (vec!["1".to_owned(), "2".to_owned()], SOON));
        sleep(TIMEOUT).await;
    }
    assert_eq!(counted(&source), ([3, 0, 3, 3, 3, 0, 0], 0));
    assert_eq!((used.calls(), next.calls()), (3, 3));
    let nobody = shadowed(&used, &next, 0.0);
    asked(&nobody, "p").await;
    assert_eq!((counted(&nobody), next.calls()), (([0; 7], 0), 3));
}

#[tokio::test(start_paused = true)]
async fn a_next_version_that_hangs_or_panics_delays_nobody_and_touches_no_guard() {
    let used = Version::new(nuts, SOON);
    for (next, took) in
        [(Version::new(nuts, TIMEOUT * 100), TIMEOUT * 2), (Version::new(panicking, SOON), SOON)]
    {
        let source = shadowed(&used, &next, 1.0);
        assert_eq!(asked(&source, "p").await.1, SOON);
        sleep(took).await;
        assert_eq!(counted(&source), ([1, 0, 0, 0, 0, 1, 0], 0));
        assert_eq!(source.guard.standing().breaker, BreakerState::Closed);
        let figures = source.guard.figures();
        assert_eq!((figures.faults.get(), figures.panics.get(), figures.calls.get()), (0, 0, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_few_are_asked_at_once_and_the_rest_is_dropped_and_counted() {
    let (used, next) = (Version::new(nuts, SOON), Version::new(nuts, TIMEOUT / 2));
    let source = shadowed(&used, &next, 1.0);
    let patients: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    let answers = join_all(patients.iter().map(|patient| asked(&source, patient))).await;
    assert!(answers.iter().all(|(records, took)| records.len() == 2 && *took == SOON));
    assert_eq!((next.calls(), next.open()), (AT_ONCE, AT_ONCE));
    sleep(TIMEOUT).await;
    assert_eq!(counted(&source), ([4, 8, 0, 0, 0, 0, 0], 6));
    asked(&source, "p").await;
    assert_eq!(next.calls(), AT_ONCE + 1, "there is room again");
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_its_place_and_with_whoever_waited_for_the_one_in_use() {
    let (used, next) = (Version::new(nuts, SOON), Version::new(nuts, TIMEOUT / 2));
    let source = shadowed(&used, &next, 1.0);
    asked(&source, "p").await;
    assert_eq!(next.open(), 1);
    source.shadow.set(None);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(next.open(), 0, "called off");
    assert_eq!(asked(&source, "p").await.0.len(), 2);
    assert_eq!(next.calls(), 1);

    let source = shadowed(&used, &next, 1.0);
    {
        // Somebody who goes away.
        let mut waiting = asked(&source, "p").boxed();
        assert!(futures_util::poll!(&mut waiting).is_pending());
        sleep(Duration::from_millis(1)).await;
        assert_eq!(next.open(), 1);
    }
    sleep(Duration::from_millis(1)).await;
    assert_eq!((next.open(), counted(&source)), (0, ([0; 7], 1)));
}

#[tokio::test(start_paused = true)]
async fn who_mixes_up_patients_is_asked_nothing_more() {
    let (used, next) = (Version::new(nuts, SOON), Version::new(stranger, SOON));
    let source = shadowed(&used, &next, 1.0);
    asked(&source, "p").await;
    sleep(SOON).await;
    let strangers = || source.shadow.get().unwrap().figures().strangers.get();
    assert_eq!(strangers(), 1);
    assert_eq!(source.guard.figures().strangers.get(), 0);
    for _ in 0..5 {
        assert_eq!(asked(&source, "p").await.0.len(), 2);
        sleep(SOON).await;
    }
    assert_eq!((strangers(), next.calls()), (1, 1));
    // Before the one in use has answered, and even if nobody waits for that.
    let (used, next) = (Version::new(nuts, TIMEOUT / 2), Version::new(stranger, SOON));
    let source = shadowed(&used, &next, 1.0);
    {
        let mut waiting = asked(&source, "p").boxed();
        assert!(futures_util::poll!(&mut waiting).is_pending());
        sleep(SOON * 2).await;
    }
    assert_eq!(source.shadow.get().unwrap().figures().strangers.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_one_in_use_confirms_is_compared_with_what_it_said_before() {
    let unchanged = || Share::failed(Problem::Unchanged);
    let (used, next) = (Version::new(unchanged, SOON), Version::new(other, SOON));
    let source = shadowed(&used, &next, 1.0);
    let (patients, validator) = ([LocalId::new("p")], Validator::new("v1"));
    let (section, deadline) = (Section::Allergies, Instant::now() + TIMEOUT);
    let question = Ask { patients: &patients, section, deadline, since: Some(&validator) };
    let held = Known::new(nuts(), Instant::now(), SystemTime::now());
    let (answer, _) = ask(&source, question, Some(&held)).await;
    assert_eq!(answer[&patients[0]].problem, Some(Problem::Unchanged));
    sleep(SOON).await;
    assert_eq!(counted(&source), ([1, 0, 1, 1, 1, 0, 0], 0));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_asks_us_to_wait_is_asked_nothing_in_the_shadow() {
    let busy = || Share::failed(Problem::Busy { retry_after: Some(Duration::from_secs(30)) });
    let (used, next) = (Version::new(busy, SOON), Version::new(nuts, SOON));
    let source = shadowed(&used, &next, 1.0);
    asked(&source, "p").await;
    sleep(SOON).await;
    assert_eq!((next.calls(), counted(&source)), (1, ([1, 0, 0, 0, 0, 0, 1], 0)));
    asked(&source, "p").await;
    assert_eq!((next.calls(), counted(&source).1), (1, 1));
}
