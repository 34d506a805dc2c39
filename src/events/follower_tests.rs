//! The line of a source that does what a script says. Time is the test's own.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use caregraph_connectors::record::Section;
use caregraph_connectors::{Answer, Ask, Change, Connector, LocalId, Share};
use tokio::time::timeout;

use super::*;
use crate::gather::{Category, Guard, Keeping, Knobs, RosterGauge, Silence, SourceId, System};

/// What one opening of the line comes to.
enum Script {
    Refuses(Problem),
    /// Whether it goes on where it ended, and what comes before it breaks.
    Tells(bool, Vec<Tiding>),
    /// The same, but that it stays open.
    Stays(bool, Vec<Tiding>),
    Panics,
}

#[derive(Default)]
struct Partner {
    scripts: Mutex<VecDeque<Script>>,
    /// Behind what it was asked to go on, and when.
    asked: Mutex<Vec<(Option<String>, Instant)>>,
}

struct Told(bool, VecDeque<Tiding>, bool);

#[async_trait]
impl Connector for Partner {
    fn offers(&self) -> &[Section] {
        &[Section::Goals]
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        Share::default().for_each(ask.patients)
    }

    fn feed(&self) -> Option<&dyn Feed> {
        Some(self)
    }
}

#[async_trait]
impl Feed for Partner {
    async fn open(&self, after: Option<&str>) -> Result<Box<dyn Line>, Problem> {
        let lock =
            |_: &str| self.scripts.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        self.asked.lock().unwrap().push((after.map(str::to_owned), Instant::now()));
        match lock("the next one") {
            Some(Script::Refuses(problem)) => Err(problem),
            Some(Script::Tells(is_resumed, all)) => {
                Ok(Box::new(Told(is_resumed, all.into(), false)))
            }
            Some(Script::Stays(is_resumed, all)) => {
                Ok(Box::new(Told(is_resumed, all.into(), true)))
            }
            Some(Script::Panics) => panic!("a bug of a dialect"),
            None => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Line for Told {
    fn is_resumed(&self) -> bool {
        self.0
    }

    async fn next(&mut self) -> Result<Tiding, Problem> {
        match self.1.pop_front() {
            None if self.2 => std::future::pending().await,
            told => told.ok_or(Problem::Unreachable),
        }
    }
}

fn change(mark: Option<&str>) -> Tiding {
    let change = Change { patient: Some(LocalId::new("a")), section: Some(Section::Goals) };
    let notice = Notice { changes: vec![change], ..Notice::default() };
    Tiding { notice, mark: mark.map(str::to_owned) }
}

/// Follows the script to its end; also what the partner was asked.
async fn followed(scripts: Vec<Script>) -> (Arc<Figures>, Vec<(Option<String>, Instant)>) {
    let partner = Arc::new(Partner { scripts: Mutex::new(scripts.into()), ..Partner::default() });
    let source = source(partner.clone());
    let follower = Follower::new(source, Arc::default(), Cache::new(1_000_000, None));
    let figures = follower.figures().clone();
    assert!(timeout(Duration::from_mins(10), follower.keep()).await.is_err(), "it never ends");
    let asked = partner.asked.lock().unwrap().clone();
    (figures, asked)
}

fn source(partner: Arc<Partner>) -> Arc<Source> {
    Arc::new(Source {
        id: SourceId::new("riverside"),
        name: "Riverside".to_owned(),
        category: Category::Pharmacy,
        organization: None,
        system: System::of("riverside"),
        version: 1,
        is_registered: false,
        is_suspended: false,
        kind: "scripted",
        timeout: Duration::from_secs(1),
        keeping: Keeping::NOTHING,
        connector: partner,
        guard: Guard::new(Knobs::default()),
        roster: RosterGauge::default(),
        copies: crate::gather::cache::Figures::default(),
        silence: Silence::default(),
        hearing: crate::gather::Hearing::default(),
        shadow: crate::gather::ShadowSlot::default(),
    })
}

/// Whether the source is heard so many seconds after its line was opened first.
async fn heard(scripts: Vec<Script>, seconds: &[u64]) -> Vec<bool> {
    let scripts = Mutex::new(scripts.into());
    let source = source(Arc::new(Partner { scripts, ..Partner::default() }));
    let follower = Follower::new(source.clone(), Arc::default(), Cache::new(1_000_000, None));
    let begun = Instant::now();
    let look = async {
        let mut heard = Vec::new();
        for second in seconds {
            tokio::time::sleep_until(begun + Duration::from_secs(*second)).await;
            heard.push(source.hearing.is_good());
        }
        heard
    };
    tokio::select! {
        () = follower.keep() => Vec::new(),
        heard = look => heard,
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_is_heard_while_its_line_is_open_and_all_that_it_told_is_done() {
    let anything = || Tiding { notice: Notice::of_anything(), mark: Some("x".to_owned()) };
    let open = |told| vec![Script::Stays(false, told)];
    assert_eq!(heard(open(Vec::new()), &[1, 40]).await, [true, true]);
    assert_eq!(heard(open(vec![change(Some("1"))]), &[1, 40]).await, [true, true]);
    // All of it was forgotten when the line was opened, so that this is put off for ten seconds.
    assert_eq!(heard(open(vec![anything()]), &[1, 9, 11]).await, [false, false, true]);
    let refused = || Script::Refuses(Problem::Unreachable);
    assert_eq!(heard(vec![refused()], &[0, 40]).await, [false, false]);
    // It breaks at once, and is opened again behind what was told last.
    let again = vec![
        Script::Tells(false, vec![change(Some("1"))]),
        refused(),
        refused(),
        refused(),
        Script::Stays(true, Vec::new()),
    ];
    assert_eq!(heard(again, &[1, 3, 60]).await, [false, false, true]);
    // Nobody follows it any more.
    let source = source(Arc::new(Partner {
        scripts: Mutex::new(open(Vec::new()).into()),
        ..Partner::default()
    }));
    let follower = Follower::new(source.clone(), Arc::default(), Cache::new(1_000_000, None));
    assert!(timeout(Duration::from_secs(1), follower.keep()).await.is_err());
    assert!(!source.hearing.is_good());
}

#[tokio::test(start_paused = true)]
async fn a_line_goes_on_where_it_ended_and_whoever_cannot_may_have_changed_anything() {
    let (figures, asked) = followed(vec![
        Script::Tells(false, vec![change(Some("1")), change(Some("2"))]),
        Script::Tells(true, vec![change(Some("3"))]),
        Script::Refuses(Problem::Unreachable),
        Script::Tells(true, vec![change(None)]),
        Script::Tells(false, Vec::new()),
    ])
    .await;
    let marks: Vec<Option<&str>> = asked.iter().map(|(mark, _)| mark.as_deref()).collect();
    assert_eq!(marks, [None, Some("2"), Some("3"), Some("3"), None, None]);
    assert_eq!((figures.taken.get(), figures.forgotten.get()), (4, 4));
    assert_eq!(figures.swept.get(), 2, "at the first line, and at the one that begins anew");
    assert_eq!((figures.broken.get(), figures.has_line()), (5, false));
}

#[tokio::test(start_paused = true)]
async fn a_partner_that_is_away_is_left_alone_ever_longer_or_as_long_as_it_says() {
    let away = (0..8).map(|_| Script::Refuses(Problem::Unreachable)).collect();
    let (_, asked) = followed(away).await;
    let pauses: Vec<Duration> = asked.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    for (place, pause) in (0..).zip(&pauses) {
        let most = (SHORTEST_PAUSE * 2_u32.pow(place)).min(LONGEST_PAUSE);
        assert!((most / 2..=most + Duration::from_millis(2)).contains(pause), "{pauses:?}");
    }
    let busy = Problem::Busy { retry_after: Some(Duration::from_secs(40)) };
    let (_, asked) = followed(vec![Script::Refuses(busy), Script::Panics]).await;
    assert!(asked[1].1 - asked[0].1 >= Duration::from_secs(40));
    assert_eq!(asked.len(), 3, "a bug of a dialect ends no line for good");
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_a_few_sweeps() {
    let flood = (0..700).map(|number| change(Some(&number.to_string()))).collect();
    let (figures, _) = followed(vec![Script::Tells(false, flood)]).await;
    let (taken, too_many) = (figures.taken.get(), figures.too_many.get());
    assert_eq!(taken + too_many, 700);
    assert!((600..620).contains(&taken), "{taken}");
    assert!((2..=3).contains(&figures.swept.get()), "{}", figures.swept.get());
}
