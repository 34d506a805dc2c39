//! When a question that is not answered yet is asked a second time, beside the first.
//!
//! The first is not given up: a source that is merely slow may still answer it, and what a source said in time is never
//! thrown away. Whichever answers well first is taken, and the other is called off.

use std::time::Duration;

use tokio::time::Instant;

use super::knobs::Knobs;
use super::pace::Usual;

/// The earliest that a second try makes sense: below this, an answer is late by chance.
const EARLIEST: Duration = Duration::from_millis(10);

/// So many times the usual is late, even where so many answers are late that they move the 95th percentile.
const TIMES_USUAL: u32 = 4;

/// The part of its time after which a question is believed to be lost on the way.
const LOST: f64 = 0.6;

/// Why a question is asked a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// It takes longer than nearly all that were asked before.
    Hedge,
    /// Most of its time has passed.
    Lost,
    /// It failed.
    Failed,
}

/// When a question that was asked at `asked` is asked a second time, should it not be answered by then; in their order.
pub(super) fn moments(
    knobs: &Knobs,
    usual: Option<Usual>,
    asked: Instant,
    deadline: Instant,
) -> [Option<(Instant, Second)>; 2] {
    let lost = asked + deadline.saturating_duration_since(asked).mul_f64(LOST);
    let late = |usual: Usual| asked + usual.p95.min(usual.median * TIMES_USUAL).max(EARLIEST);
    let hedge = usual.filter(|_| knobs.hedge).map(late).filter(|late| *late < lost);
    let is_repeated = knobs.retries > 0;
    [hedge.map(|late| (late, Second::Hedge)), is_repeated.then_some((lost, Second::Lost))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_is_hedged_and_what_is_lost_is_asked_again() {
        let asked = Instant::now();
        let millis = Duration::from_millis;
        let deadline = asked + millis(1_000);
        let knobs = Knobs::default();
        let of = |knobs: Knobs, median, p95| {
            let usual = Usual { median: millis(median), p95: millis(p95) };
            moments(&knobs, Some(usual), asked, deadline)
        };
        let lost = Some((asked + millis(600), Second::Lost));
        let hedge = |at| Some((asked + millis(at), Second::Hedge));
        assert_eq!(of(knobs, 20, 30), [hedge(30), lost]);
        assert_eq!(of(knobs, 20, 900), [hedge(80), lost], "a thick tail");
        assert_eq!(of(knobs, 1, 2), [hedge(10), lost]);
        assert_eq!(of(knobs, 500, 700), [None, lost], "later than lost");
        assert_eq!(of(Knobs { hedge: false, ..knobs }, 20, 30), [None, lost]);
        assert_eq!(of(Knobs { retries: 0, ..knobs }, 20, 30), [hedge(30), None]);
        assert_eq!(moments(&knobs, None, asked, deadline), [None, lost]);
    }
}
