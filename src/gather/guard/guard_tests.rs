//! The guard before a source that does what a script says, by a clock that only moves when everybody waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use caregraph_connectors::record::Section;
use caregraph_connectors::{Connector, LocalId};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::time::{advance, sleep};

use super::*;
use crate::gather::{Category, Keeping, RosterGauge, Silence, SourceId, System};

const TIMEOUT: Duration = Duration::from_secs(1);

/// What a scripted source does with one call.
#[derive(Clone, Debug)]
enum Play {
    /// Says this about everybody, after a while.
    After(u64, Option<Problem>),
    /// Says this about the patient of that id, and is well about the others.
    Of(&'static str, Problem),
    /// Neither answers nor keeps its deadline.
    Never,
    Panic,
}

const FINE: Play = Play::After(5, None);

fn failed(status: u16) -> Play {
    Play::After(5, Some(Problem::Status(status)))
}

struct Scripted<F> {
    script: F,
    calls: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

/// Counts a call as open for as long as it lives.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl<F: Fn(usize) -> Play + Send + Sync> Connector for Scripted<F> {
    fn offers(&self) -> &[Section] {
        &[Section::Conditions]
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        self.open.fetch_add(1, Ordering::SeqCst);
        let _open = Open(self.open.clone());
        match (self.script)(self.calls.fetch_add(1, Ordering::SeqCst)) {
            Play::After(millis, problem) => {
                sleep(Duration::from_millis(millis)).await;
                Share { problem, ..Share::default() }.for_each(ask.patients)
            }
            Play::Of(id, problem) => {
                let mut answer = Share::default().for_each(ask.patients);
                if let Some(share) = answer.get_mut(&LocalId::new(id)) {
                    share.problem = Some(problem);
                }
                answer
            }
            Play::Never => std::future::pending().await,
            Play::Panic => panic!("the script says so"),
        }
    }
}

struct Bench {
    source: Source,
    calls: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

fn bench(knobs: Knobs, script: impl Fn(usize) -> Play + Send + Sync + 'static) -> Bench {
    let (calls, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let connector = Scripted { script, calls: calls.clone(), open: open.clone() };
    let source = Source {
        id: SourceId::new("scripted"),
        name: "Scripted".to_owned(),
        category: Category::Hospital,
        organization: None,
        system: System::default(),
        version: 1,
        is_registered: false,
        is_suspended: false,
        kind: "scripted",
        timeout: TIMEOUT,
        keeping: Keeping::NOTHING,
        connector: Arc::new(connector),
        guard: Guard::seeded(knobs, 1),
        roster: RosterGauge::default(),
        copies: crate::gather::cache::Figures::default(),
        silence: Silence::default(),
        hearing: crate::gather::Hearing::default(),
        shadow: crate::gather::ShadowSlot::default(),
    };
    Bench { source, calls, open }
}

impl Bench {
    fn guard(&self) -> &Guard {
        &self.source.guard
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    async fn ask_within(&self, time: Duration) -> Option<Problem> {
        let patients = [LocalId::new("p")];
        let deadline = Instant::now() + time;
        let ask = Ask { patients: &patients, section: Section::Conditions, deadline, since: None };
        let mut answer = self.guard().fetch(&self.source, ask).await;
        assert_eq!(answer.len(), 1);
        answer.remove(&patients[0]).expect("everybody has a share").problem
    }

    async fn ask(&self) -> Option<Problem> {
        self.ask_within(TIMEOUT).await
    }
}

fn resting(problem: Option<&Problem>) -> bool {
    matches!(problem, Some(Problem::NotAsked { why: Rest::Failing, .. }))
}

#[tokio::test(start_paused = true)]
async fn what_breaks_once_is_asked_again() {
    let bench = bench(Knobs::default(), |call| if call == 0 { failed(502) } else { FINE });
    assert_eq!(bench.ask().await, None);
    assert_eq!((bench.calls(), bench.guard().figures().retries.get()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_the_source_says_itself_is_not_asked_again() {
    for problem in [Problem::Status(404), Problem::Unauthorized, Problem::Garbled, Problem::TooMuch]
    {
        let said = problem.clone();
        let bench = bench(Knobs::default(), move |_| Play::After(1, Some(said.clone())));
        assert_eq!(bench.ask().await, Some(problem));
        assert_eq!(bench.calls(), 1);
    }
    let bench = bench(Knobs { retries: 0, ..Knobs::default() }, |_| failed(500));
    assert_eq!(bench.ask().await, Some(Problem::Status(500)));
    assert_eq!(bench.calls(), 1, "as it is configured");
}

#[tokio::test(start_paused = true)]
async fn only_those_are_asked_about_again_whose_share_broke() {
    let bench = bench(Knobs::default(), |call| {
        if call == 0 {
            Play::Of("b", Problem::Unreachable)
        } else {
            Play::Of("a", Problem::Status(500))
        }
    });
    let patients = ["a", "b", "c"].map(LocalId::new);
    let ask = Ask {
        patients: &patients,
        section: Section::Conditions,
        deadline: Instant::now() + TIMEOUT,
        since: None,
    };
    let answer = bench.guard().fetch(&bench.source, ask).await;
    assert!(answer.len() == 3 && answer.values().all(|share| share.problem.is_none()));
    assert_eq!(bench.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_answer_is_cut_off_and_asked_a_second_time_on_the_way() {
    let bench = bench(Knobs::default(), |_| Play::Never);
    let started = Instant::now();
    assert_eq!(bench.ask().await, Some(Problem::Timeout));
    assert!(started.elapsed() < TIMEOUT + Duration::from_millis(30));
    assert_eq!((bench.calls(), bench.open(), bench.guard().standing().under_way), (2, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_not_given_up_for_a_second_try() {
    let bench = bench(Knobs::default(), |_| Play::After(900, None));
    assert_eq!(bench.ask().await, None);
    assert_eq!(bench.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_keeps_failing_is_left_alone_and_one_question_finds_it_well_again() {
    let bench = bench(Knobs::default(), |call| if call < 6 { failed(500) } else { FINE });
    while !resting(bench.ask().await.as_ref()) {}
    let asked = bench.calls();
    assert_eq!(bench.guard().standing().breaker, BreakerState::Open);
    for _ in 0..100 {
        let said = bench.ask().await;
        assert!(resting(said.as_ref()));
        let sentence = said.unwrap().to_string();
        assert!(sentence.starts_with("It kept failing, so it was not asked."), "{sentence}");
        assert!(
            sentence.ends_with("again in about 2 s.") || sentence.ends_with("again in about 1 s.")
        );
    }
    assert_eq!(bench.calls(), asked);
    advance(Duration::from_millis(1_500)).await;
    let crowd = join_all((0..20).map(|_| bench.ask())).await;
    assert_eq!(bench.calls(), asked + 1, "one looks");
    assert_eq!(crowd.iter().filter(|said| resting(said.as_ref())).count(), 19);
    while bench.ask().await.is_some() {
        advance(Duration::from_secs(1)).await;
    }
    assert!(join_all((0..20).map(|_| bench.ask())).await.iter().all(Option::is_none));
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_before_the_time_that_the_source_named() {
    let wait = Duration::from_secs(7);
    let bench = bench(Knobs::default(), move |call| match call {
        0 => Play::After(1, Some(Problem::Busy { retry_after: Some(wait) })),
        _ => FINE,
    });
    assert_eq!(bench.ask().await, Some(Problem::Busy { retry_after: Some(wait) }));
    advance(Duration::from_secs(5)).await;
    let left = Some(Duration::from_secs(2));
    assert_eq!(bench.ask().await, Some(Problem::Busy { retry_after: left }));
    assert_eq!((bench.calls(), bench.guard().figures().paused.get()), (1, 1));
    advance(Duration::from_secs(2)).await;
    assert_eq!(bench.ask().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_full_source_refuses_soon_and_its_turns_come_back() {
    let knobs = Knobs { max_concurrent: 2, longest_rest: Duration::ZERO, ..Knobs::default() };
    let bench = bench(knobs, |_| Play::Never);
    let started = Instant::now();
    let late = async {
        sleep(Duration::from_millis(1)).await;
        let said = bench.ask().await;
        assert!(matches!(said, Some(Problem::NotAsked { why: Rest::Crowded, .. })), "{said:?}");
        started.elapsed()
    };
    let (_, _, waited) = tokio::join!(bench.ask(), bench.ask(), late);
    assert!(waited <= limit::QUEUE + Duration::from_millis(5), "{waited:?}");
    assert_eq!((bench.calls(), bench.open()), (2, 0), "no second try without a turn");
    assert_eq!((bench.guard().standing().under_way, bench.guard().figures().shed.get()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_late_read_is_asked_a_second_time_and_the_loser_is_called_off() {
    let bench = bench(Knobs::default(), |call| {
        if call >= 64 && call % 50 == 0 { Play::After(800, None) } else { FINE }
    });
    let mut slowest = Duration::ZERO;
    for _ in 0..1_000 {
        let started = Instant::now();
        assert_eq!(bench.ask().await, None);
        assert_eq!(bench.open(), 0, "the loser is called off");
        slowest = slowest.max(started.elapsed());
    }
    let figures = bench.guard().figures();
    assert!(slowest < Duration::from_millis(30), "{slowest:?}");
    assert_eq!(figures.hedges.get(), figures.overtaken.get());
    assert!((15..=30).contains(&figures.hedges.get()), "{}", figures.hedges.get());
    assert_eq!(bench.calls() as u64, figures.calls.get());
}

#[tokio::test(start_paused = true)]
async fn a_panic_harms_nobody() {
    let knobs = Knobs { longest_rest: Duration::ZERO, ..Knobs::default() };
    let bench = bench(knobs, |call| if call == 0 { Play::Panic } else { FINE });
    assert_eq!(bench.ask().await, Some(Problem::Garbled));
    assert_eq!(bench.ask().await, None);
    assert_eq!((bench.guard().standing().under_way, bench.guard().figures().panics.get()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn whoever_is_called_off_leaves_nothing_behind() {
    let bench = bench(Knobs::default(), |call| if call < 5 { failed(500) } else { Play::Never });
    while !resting(bench.ask().await.as_ref()) {}
    advance(Duration::from_secs(2)).await;
    let before = bench.calls();
    // One poll is enough to become the one who looks.
    assert!(bench.ask().now_or_never().is_none());
    assert_eq!((bench.open(), bench.guard().standing().under_way), (0, 0));
    assert_eq!(bench.calls(), before + 1);
    assert!(bench.ask().now_or_never().is_none());
    assert_eq!(bench.calls(), before + 2, "the next one may look");
}

#[tokio::test(start_paused = true)]
async fn time_that_was_too_short_is_not_held_against_a_source() {
    let bench = bench(Knobs { retries: 0, ..Knobs::default() }, |_| Play::Never);
    for _ in 0..20 {
        assert_eq!(bench.ask_within(TIMEOUT / 4).await, Some(Problem::Timeout));
    }
    assert_eq!(bench.guard().standing().breaker, BreakerState::Closed);
    for _ in 0..5 {
        assert_eq!(bench.ask_within(TIMEOUT).await, Some(Problem::Timeout));
    }
    assert_eq!(bench.guard().standing().breaker, BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_question_whose_answers_are_poison_is_not_asked_for_a_minute() {
    let stranger = Problem::WrongPatient(1);
    let bench = bench(Knobs::default(), move |call| match call {
        0..3 => Play::After(1, Some(Problem::WrongPatient(1))),
        _ => FINE,
    });
    for _ in 0..3 {
        assert_eq!(bench.ask().await, Some(stranger.clone()));
    }
    let said = bench.ask().await;
    assert!(matches!(said, Some(Problem::NotAsked { why: Rest::Unusable, .. })), "{said:?}");
    assert_eq!((bench.calls(), bench.guard().figures().strangers.get()), (3, 3));
    advance(Duration::from_mins(1)).await;
    assert_eq!(bench.ask().await, None);
}
