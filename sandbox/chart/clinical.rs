//! Small pieces that many resources are made of: moments, directions, notes.

use serde_json::{Value, json};
use time::{Date, OffsetDateTime};

use crate::{day, dice::Dice};

/// A date, as precisely as the site cared to write it.
pub(super) fn fuzzy(date: Date, dice: &mut Dice, [year, month]: [u64; 2]) -> String {
    match dice.below(100) {
        at if at < year => day::year(date),
        at if at < year + month => day::month(date),
        _ => day::date(date),
    }
}

/// An instant, in UTC or by the local clock.
pub(super) fn instant(moment: OffsetDateTime, dice: &mut Dice) -> String {
    by_clock(moment, dice.percent(30))
}

/// An instant by the clock that is asked for.
pub(super) fn by_clock(moment: OffsetDateTime, local: bool) -> String {
    if local { day::local_instant(moment) } else { day::instant(moment) }
}

/// A period of days; open when there is no end.
pub(super) fn period(start: Date, end: Option<Date>) -> Value {
    match end {
        Some(end) => json!({ "start": day::date(start), "end": day::date(end) }),
        None => json!({ "start": day::date(start) }),
    }
}

/// Some hour of a day: when something that has only a date was written down.
pub(super) fn during(date: Date) -> OffsetDateTime {
    day::at(date, 16, 30)
}
