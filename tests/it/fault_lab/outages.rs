//! Sources that are down: F01, F02, F03, F05.

use std::time::{Duration, Instant};

use caregraph::gather::Knobs;
use caregraph_connectors::Problem;
use caregraph_connectors::testkit::Play;
use futures_util::future::join_all;

use super::lab::{Lab, answer, percentile, refusal, whole};
use super::tell;
use crate::gateway::{run, until};

const BUDGET: Duration = Duration::from_millis(600);
const ALLOWED: Duration = Duration::from_millis(50);

#[test]
fn f01_a_source_that_hangs_holds_up_nobody() {
    run(async {
        let labs = join_all((0..4).map(|_| Lab::start(Knobs::default(), BUDGET))).await;
        labs[0].plays(|_, _| Play::Hang);
        let told = join_all(labs.iter().map(|lab| lab.ask_many(40, 8))).await;
        let slowest = percentile(&told[0], 100);
        let others: usize = told[1..].iter().map(|told| whole(told)).sum();
        assert!(labs[0].is_open());
        let resting = labs[0].ask_many(100, 8).await;
        assert!(slowest <= 2 * BUDGET, "{slowest:?}");
        assert_eq!((whole(&told[0]), others), (0, 120));
        let kinds = |told: &super::lab::Told| {
            told.is_resting() || told.share.problem == Some(Problem::Timeout)
        };
        assert!(told[0].iter().all(kinds));
        assert!(resting.iter().filter(|told| told.is_resting()).count() >= 99);
        tell(
            "F01",
            format!("answers within {BUDGET:?} + {ALLOWED:?}, the others 120 of 120"),
            format!(
                "slowest {slowest:.0?}, the others {others} of 120, then left alone: p99 {:.1?}",
                percentile(&resting, 99)
            ),
        );
    });
}

#[test]
fn f02_a_source_that_breaks_off_is_asked_once_more_within_its_budget() {
    run(async {
        // One in twenty breaks, in one way or another.
        let lab =
            Lab::start(Knobs { longest_rest: Duration::ZERO, ..Knobs::default() }, BUDGET).await;
        lab.plays(|request, count| match count % 40 {
            7 => Play::Reset(answer(request)),
            23 => Play::Truncate(answer(request)),
            _ => Play::Answer(answer(request)),
        });
        let told = lab.ask_many(400, 4).await;
        let retries = lab.figures().retries.get();
        let p99 = percentile(&told, 99);
        assert!(whole(&told) >= 396, "{}", whole(&told));
        assert!((1..=40).contains(&retries), "{retries}");
        assert!(p99 <= BUDGET, "{p99:?}");
        // A closed port is the same at once: nothing is waited for.
        let dead = Lab::start(Knobs::default(), BUDGET).await;
        dead.plays(|request, _| Play::Reset(answer(request)));
        let lost = dead.ask_many(100, 4).await;
        assert!(dead.is_open() && whole(&lost) == 0);
        assert!(dead.server.requests() <= 30, "{}", dead.server.requests());
        tell(
            "F02",
            "added p99 <= 150 ms, retries <= 10 %",
            format!(
                "5 % broken: {} of 400 whole, p99 {p99:.0?}, retries {:.1} %; all broken: {} of 100 asked, p99 {:.0?}",
                whole(&told),
                percent(retries, 400),
                dead.server.requests(),
                percentile(&lost, 99)
            ),
        );
    });
}

#[test]
fn f03_a_source_that_drips_does_not_keep_its_connections() {
    run(async {
        let knobs = Knobs { max_concurrent: 8, ..Knobs::default() };
        let lab = Lab::start(knobs, BUDGET).await;
        lab.plays(|request, _| Play::Drip(Duration::from_millis(300), answer(request)));
        let started = Instant::now();
        let told = lab.ask_many(40, 40).await;
        let took = started.elapsed();
        assert_eq!(whole(&told), 0);
        assert!(lab.server.connections() <= 8, "{}", lab.server.connections());
        until("the connections are free", || async { lab.server.open() == 0 }).await;
        let freed = started.elapsed();
        assert!(took <= 2 * BUDGET, "{took:?}");
        assert_eq!(lab.source.guard.standing().under_way, 0);
        tell(
            "F03",
            "connections freed <= 1.5 s, sockets <= 8",
            format!(
                "freed after {freed:.0?}, {} sockets for 40 questions",
                lab.server.connections()
            ),
        );
    });
}

#[test]
fn f05_a_source_that_is_down_is_looked_at_now_and_then_and_soon_whole_again() {
    run(async {
        let lab = Lab::start(Knobs::default(), BUDGET).await;
        lab.plays(|_, _| refusal(500));
        while !lab.is_open() {
            lab.ask("p").await;
        }
        let (before, started) = (lab.server.requests(), Instant::now());
        while started.elapsed() < Duration::from_secs(4) {
            lab.ask("p").await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let looks = lab.server.requests() - before;
        assert!((1..=4).contains(&looks), "{looks} in four seconds");
        lab.heals();
        let healed = Instant::now();
        until("the source is whole again", || async { lab.ask("p").await.is_whole() }).await;
        let recovered = healed.elapsed();
        assert!(recovered <= Duration::from_secs(15), "{recovered:?}");
        assert_eq!(whole(&lab.ask_many(50, 10).await), 50);
        tell(
            "F05",
            "<= 1 look a second, whole <= 15 s after it healed",
            format!("{looks} looks in 4 s, whole after {recovered:.1?}"),
        );
    });
}

#[expect(clippy::cast_precision_loss, reason = "figures for reading")]
pub(super) fn percent(part: u64, of: u64) -> f64 {
    part as f64 * 100.0 / of as f64
}
