//! When a child comes of age: what was granted for a child ends on that day.

use std::fmt;

use time::{Date, Month, UtcOffset};

/// Between which days somebody was born, as far as their records say it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Born {
    earliest: Date,
    latest: Date,
}

/// Personal: a debug print shows the type alone.
impl fmt::Debug for Born {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Born")
    }
}

impl Born {
    /// Reads what begins with `2010`, `2010-03` or `2010-03-07`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, rest) = (text.get(..4)?.parse().ok()?, text.get(4..)?);
        if rest.is_empty() {
            let day = |month, day| Date::from_calendar_date(year, month, day).ok();
            return Some(Self {
                earliest: day(Month::January, 1)?,
                latest: day(Month::December, 31)?,
            });
        }
        let number = |from: usize| rest.get(from..from + 2)?.parse::<u8>().ok();
        let month = Month::try_from(number(1)?).ok()?;
        let day = |day| Date::from_calendar_date(year, month, day).ok();
        let (earliest, latest) = match number(4) {
            Some(known) => (day(known)?, day(known)?),
            None => (day(1)?, day(month.length(year))?),
        };
        Some(Self { earliest, latest })
    }

    /// What two records say between them.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { earliest: self.earliest.min(other.earliest), latest: self.latest.max(other.latest) }
    }
}

/// From which age on somebody is no child, and where the day begins on which they reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfAge {
    years: i32,
    offset: UtcOffset,
}

impl OfAge {
    /// So many years (1 to 120), on a day that begins as many hours and minutes before or after that of UTC as an
    /// offset such as `-05:00` says. Else the key that is wrong, and what it must be.
    pub fn new(years: i32, offset: &str) -> Result<Self, (&'static str, &'static str)> {
        if !(1..=120).contains(&years) {
            return Err(("years", "a number from 1 to 120"));
        }
        let offset = parse_offset(offset)
            .ok_or(("utc_offset", "an offset from UTC such as \"-05:00\" or \"+01:00\""))?;
        Ok(Self { years, offset })
    }

    /// True when what was granted at `at_ms` for the patient is over at `now_ms` (milliseconds since
    /// 1970-01-01T00:00Z), because the patient was a child then and is none now. What nobody knows for certain counts
    /// as over: neither that they were no child then, nor that they still are one.
    pub(super) fn ends(self, born: Option<Born>, at_ms: i64, now_ms: i64) -> bool {
        let Some(born) = born else { return true };
        let was_of_age = self.reached_ms(born.latest).is_some_and(|reached| reached <= at_ms);
        let is_a_child = self.reached_ms(born.earliest).is_some_and(|reached| now_ms < reached);
        !was_of_age && !is_a_child
    }

    /// When somebody who was born on that day comes of age. Who was born on a day that the year does not have does so
    /// on the day before it.
    fn reached_ms(self, born: Date) -> Option<i64> {
        let year = born.year().checked_add(self.years)?;
        let on = |day| Date::from_calendar_date(year, born.month(), day).ok();
        let day = on(born.day()).or_else(|| on(born.day().checked_sub(1)?))?;
        Some(day.midnight().assume_offset(self.offset).unix_timestamp() * 1000)
    }
}

fn parse_offset(text: &str) -> Option<UtcOffset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse::<i8>().ok()).flatten();
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

#[cfg(test)]
#[path = "of_age_tests.rs"]
mod tests;
