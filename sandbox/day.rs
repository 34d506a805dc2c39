//! Dates: arithmetic, and the many ways in which systems write one down.

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// The day that a population lives on unless it is told another: facts must not change overnight.
pub const REFERENCE_DAY: Date = match Date::from_calendar_date(2026, Month::November, 16) {
    Ok(day) => day,
    Err(_) => unreachable!(),
};

/// The same day some years later; the last of February stays in February.
pub(crate) fn years_after(day: Date, years: i32) -> Date {
    let year = day.year() + years;
    day.replace_year(year)
        .or_else(|_| Date::from_calendar_date(year, Month::February, 28))
        .unwrap_or(day)
}

pub(crate) fn days_after(day: Date, days: i64) -> Date {
    day.saturating_add(Duration::days(days))
}

/// Whole years from one day to another.
pub(crate) fn age_on(birth: Date, day: Date) -> i32 {
    let before_birthday = (day.month() as u8, day.day()) < (birth.month() as u8, birth.day());
    day.year() - birth.year() - i32::from(before_birthday)
}

/// A minute of a day, in UTC.
pub(crate) fn at(day: Date, hour: i64, minute: i64) -> OffsetDateTime {
    let time = Time::from_hms(narrow(hour.rem_euclid(24)), narrow(minute.rem_euclid(60)), 0)
        .unwrap_or(Time::MIDNIGHT);
    PrimitiveDateTime::new(day, time).assume_utc()
}

fn narrow(number: i64) -> u8 {
    u8::try_from(number).expect("hours and minutes were reduced")
}

/// `2019-03-07`
pub(crate) fn date(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), day.month() as u8, day.day())
}

/// `2019-03`
pub(crate) fn month(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month() as u8)
}

/// `2019`
pub(crate) fn year(day: Date) -> String {
    format!("{:04}", day.year())
}

/// `2019-03-07T14:05:00Z`
pub(crate) fn instant(moment: OffsetDateTime) -> String {
    let moment = moment.to_offset(UtcOffset::UTC);
    format!(
        "{}T{:02}:{:02}:{:02}Z",
        date(moment.date()),
        moment.hour(),
        moment.minute(),
        moment.second()
    )
}

/// The same instant as a clock on the wall shows it, four hours behind: `2019-03-07T10:05:00-04:00`.
pub(crate) fn local_instant(moment: OffsetDateTime) -> String {
    let local = moment - Duration::hours(4);
    format!("{}-04:00", instant(local).trim_end_matches('Z'))
}

/// What a FHIR date, of any precision, covers: from its first second to before the next, in Unix seconds.
pub(crate) fn span(text: &str) -> Option<(i64, i64)> {
    if text.len() > 10 {
        let moment =
            OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
        return Some((moment.unix_timestamp(), moment.unix_timestamp() + 1));
    }
    let mut parts = text.split('-');
    let year: i32 = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let mut part = || match parts.next() {
        Some(text) => number(text).map(Some),
        None => Some(None),
    };
    let (month, day) = (part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    let first_month = Month::try_from(month.unwrap_or(1)).ok()?;
    let first = Date::from_calendar_date(year, first_month, day.unwrap_or(1)).ok()?;
    let end = match (month, day) {
        (_, Some(_)) => first.next_day()?,
        (Some(12) | None, None) => Date::from_calendar_date(year + 1, Month::January, 1).ok()?,
        (Some(_), None) => Date::from_calendar_date(year, first_month.next(), 1).ok()?,
    };
    Some((seconds(first), seconds(end)))
}

fn number(text: &str) -> Option<u8> {
    if text.len() == 2 { text.parse().ok() } else { None }
}

fn seconds(day: Date) -> i64 {
    day.midnight().assume_utc().unix_timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_as_wide_as_the_precision() {
        let days = |text: &str| span(text).map(|(from, to)| (to - from) / 86_400);
        assert_eq!(days("2019"), Some(365));
        assert_eq!(days("2020-02"), Some(29));
        assert_eq!(days("2020-12"), Some(31));
        assert_eq!(days("2020-02-29"), Some(1));
        assert_eq!(span("2020-02-29T00:00:00Z"), span("2020-02-28T20:00:00-04:00"));
        for wrong in [
            "",
            "20",
            "2020-2",
            "2020-13",
            "2021-02-29",
            "2020-01-01-01",
            "2020-01-01T25:00:00Z",
            "yesterday",
        ] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ages_count_birthdays() {
        let birth = Date::from_calendar_date(2000, Month::February, 29).unwrap();
        assert_eq!(age_on(birth, Date::from_calendar_date(2026, Month::February, 28).unwrap()), 25);
        assert_eq!(age_on(birth, Date::from_calendar_date(2026, Month::March, 1).unwrap()), 26);
        assert_eq!(date(years_after(birth, 1)), "2001-02-28");
    }

    #[test]
    fn local_and_utc_clocks_mean_the_same_instant() {
        let moment = at(REFERENCE_DAY, 2, 5);
        assert_eq!(local_instant(moment), "2026-11-15T22:05:00-04:00");
        assert_eq!(span(&local_instant(moment)), span(&instant(moment)));
    }
}
