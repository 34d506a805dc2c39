use caregraph_connectors::{LocalId, Share};
use tokio::time::{advance, sleep};

use super::super::{BreakerState, Knobs};
use super::*;
use crate::gather::{Category, Keeping, RosterGauge, Silence, SourceId, System};

const SECOND: Duration = Duration::from_secs(1);

/// Says this of every patient, and that there is nobody on its roster.
struct Says(Option<Problem>);

#[async_trait]
impl Connector for Says {
    fn offers(&self) -> &[Section] {
        &[Section::Conditions]
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        Share { problem: self.0.clone(), ..Share::default() }.for_each(ask.patients)
    }

    async fn roster(&self, _: &RosterCursor, _: Instant) -> Result<RosterPage, Problem> {
        Ok(RosterPage::default())
    }
}

fn source(problem: Option<Problem>) -> Arc<Source> {
    Arc::new(Source {
        id: SourceId::new("source"),
        name: "Source".to_owned(),
        category: Category::Hospital,
        organization: None,
        system: System::default(),
        version: 1,
        is_registered: false,
        is_suspended: false,
        kind: "says",
        timeout: SECOND,
        keeping: Keeping::NOTHING,
        connector: Arc::new(Says(problem)),
        guard: Guard::seeded(Knobs { retries: 0, ..Knobs::default() }, 1),
        roster: RosterGauge::default(),
        copies: crate::gather::cache::Figures::default(),
        silence: Silence::default(),
        hearing: crate::gather::Hearing::default(),
        shadow: crate::gather::ShadowSlot::default(),
    })
}

async fn ask(source: &Source) -> Option<Problem> {
    let patients = [LocalId::new("p")];
    let deadline = Instant::now() + SECOND;
    let ask = Ask { patients: &patients, section: Section::Conditions, deadline, since: None };
    source.guard.fetch(source, ask).await.remove(&patients[0]).expect("a share").problem
}

async fn read(source: &Arc<Source>) -> Result<(), Problem> {
    let reader = RosterReader(source.clone());
    reader.roster(&RosterCursor::Start, Instant::now() + SECOND).await.map(|_| ())
}

fn counts(source: &Source) -> (u64, u64, u64) {
    let it = &source.guard.figures().readings;
    (it.answered.get(), it.failed.get(), it.put_off.get())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_of_a_source_that_is_left_alone_and_that_is_not_found_out_by_reading() {
    let source = source(Some(Problem::Status(500)));
    assert_eq!(read(&source).await, Ok(()));
    for _ in 0..5 {
        ask(&source).await;
    }
    assert_eq!(source.guard.standing().breaker, BreakerState::Open);
    let put_off = read(&source).await.unwrap_err();
    assert!(
        matches!(put_off, Problem::NotAsked { why: Rest::Failing, again_in } if again_in > Duration::ZERO)
    );
    assert_eq!(counts(&source), (1, 0, 1));
    advance(10 * SECOND).await;
    // Its rest is over: it may be read, and the question that tells is somebody's.
    assert_eq!(read(&source).await, Ok(()));
    assert_eq!(source.guard.standing().breaker, BreakerState::Open);
    assert_eq!(ask(&source).await, Some(Problem::Status(500)), "it was asked");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_asked_to_wait_waits_and_questions_do_not_wait_for_readings() {
    let busy = |seconds| Problem::Busy { retry_after: Some(Duration::from_secs(seconds)) };
    let calm = source(None);
    let refused: Result<(), Problem> = calm.guard.reading(async { Err(busy(7)) }).await;
    assert_eq!(refused, Err(busy(7)));
    assert_eq!(ask(&calm).await, None, "that was said to the reader");
    advance(3 * SECOND).await;
    assert_eq!(read(&calm).await, Err(busy(4)));
    advance(4 * SECOND).await;
    assert_eq!(read(&calm).await, Ok(()));
    assert_eq!(counts(&calm), (1, 1, 1));
    let strained = source(Some(busy(5)));
    ask(&strained).await;
    assert_eq!(read(&strained).await, Err(busy(5)), "what is said to anybody is heard by readers");
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_hangs_or_fails_holds_up_nobody() {
    let source = source(None);
    let hanging = tokio::spawn({
        let source = source.clone();
        async move { source.guard.reading(std::future::pending::<Result<(), Problem>>()).await }
    });
    sleep(Duration::from_millis(1)).await;
    let crowded = read(&source).await.unwrap_err();
    assert!(matches!(crowded, Problem::NotAsked { why: Rest::Crowded, .. }));
    assert_eq!((ask(&source).await, source.guard.standing().under_way), (None, 0));
    hanging.abort();
    assert!(hanging.await.is_err());
    for _ in 0..20 {
        let failed: Result<(), Problem> =
            source.guard.reading(async { Err(Problem::Unreachable) }).await;
        assert_eq!(failed, Err(Problem::Unreachable));
    }
    assert_eq!(source.guard.standing().breaker, BreakerState::Closed);
    assert_eq!(ask(&source).await, None);
    assert_eq!(counts(&source), (0, 20, 1));
    let panics = async { if counts(&source).0 == 0 { panic!("as a mapping may") } else { Ok(()) } };
    assert_eq!(source.guard.reading(panics).await, Err(Problem::Garbled));
    assert_eq!(source.guard.figures().panics.get(), 1);
}
