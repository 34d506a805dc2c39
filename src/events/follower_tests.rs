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
    Panics,
}

#[derive(Default)]
struct Partner {
    scripts: Mutex<VecDeque<Script>>,
    /// Behind what it was asked to go on, and when.
    asked: Mutex<Vec<(Option<String>, Instant)>>,
}

struct Told(bool, VecDeque<Tiding>);

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
            Some(Script::Tells(is_resumed, all)) => Ok(Box::new(Told(is_resumed, all.into()))),
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
        self.1.pop_front().ok_or(Problem::Unreachable)
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
    let source = Source {
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
        connector: partner.clone(),
        guard: Guard::new(Knobs::default()),
        roster: RosterGauge::default(),
        copies: crate::gather::cache::Figures::default(),
        silence: Silence::default(),
        shadow: crate::gather::ShadowSlot::default(),
    };
    let follower = Follower::new(Arc::new(source), Arc::default(), Cache::new(1_000_000, None));
    let figures = follower.figures().clone();
    assert!(timeout(Duration::from_mins(10), follower.keep()).await.is_err(), "it never ends");
    let asked = partner.asked.lock().unwrap().clone();
    (figures, asked)
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
