//! Sources of which some answers are late: F08.

use std::time::Duration;

use caregraph::gather::Knobs;
use caregraph_connectors::testkit::Play;

use super::lab::{Lab, answer, fine, percentile, whole};
use super::outages::percent;
use super::tell;
use crate::gateway::{run, until};

const BUDGET: Duration = Duration::from_secs(3);
const LATE: Duration = Duration::from_secs(1);
const QUESTIONS: usize = 600;

/// Asks a source of which every so many-th answer is late.
async fn measure(hedge: bool, every: usize) -> (Lab, Duration, usize) {
    let lab = Lab::start(Knobs { hedge, ..Knobs::default() }, BUDGET).await;
    assert_eq!(whole(&lab.ask_many(200, 4).await), 200);
    lab.plays(
        move |request, count| {
            if count % every == 0 { Play::Late(LATE, answer(request)) } else { fine(request) }
        },
    );
    let told = lab.ask_many(QUESTIONS, 8).await;
    assert_eq!(whole(&told), QUESTIONS);
    let late = told.iter().filter(|told| told.took >= LATE).count();
    (lab, percentile(&told, 99), late)
}

#[test]
fn f08_a_late_read_is_asked_a_second_time() {
    run(async {
        let ((_, plain, _), (lab, quick, _), (thick, _, late)) =
            tokio::join!(measure(false, 50), measure(true, 50), measure(true, 20));
        let (figures, questions) = (lab.figures(), lab.figures().requests.get());
        let (hedges, more) = (figures.hedges.get(), figures.calls.get() - questions);
        assert!(quick <= plain / 2, "{quick:?} {plain:?}");
        assert!(more * 100 <= questions * 3, "{more} of {questions}");
        let thick_more = thick.figures().calls.get() - questions;
        assert!(thick_more * 100 <= questions * 3, "{thick_more} of {questions}");
        assert!(figures.overtaken.get() > 0);
        // A loser that was answered in the same moment was not given up.
        let called_off = || async { lab.server.abandoned() > 0 };
        until("the source sees that the losers were called off", called_off).await;
        tell(
            "F08",
            "p99 -50 % or better, extra calls <= 3 %, losers called off",
            format!(
                "2 % at {LATE:?}: p99 {plain:.0?} -> {quick:.0?}, extra {:.1} %, {hedges} hedges, {} called off; 5 % at \
                 {LATE:?}: late {:.1} %, extra {:.1} %",
                percent(more, questions),
                lab.server.abandoned(),
                percent(late as u64, QUESTIONS as u64),
                percent(thick_more, questions)
            ),
        );
    });
}
