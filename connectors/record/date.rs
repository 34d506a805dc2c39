//! Dates as precise as the source was.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Text;
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// How much of a date was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Precision {
    /// A year.
    Year,
    /// A year and a month.
    Month,
    /// A day.
    Day,
    /// An instant.
    Instant,
}

/// A date or instant, kept as it was written.
///
/// Ordered by the first instant that it may mean (UTC), the vaguer one first among equals.
///
/// For people it is the text alone; our own copies hold all of it, so that nothing is read twice.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FuzzyDate {
    text: Text,
    precision: Precision,
    /// Milliseconds since 1970-01-01T00:00Z of the first instant it may mean.
    starts_ms: i64,
}

impl FuzzyDate {
    /// Reads `2019`, `2019-03`, `2019-03-07` or an RFC 3339 instant. Anything else is `None`: no guessing.
    ///
    /// An instant without a zone, which some sources send, is kept as written and ordered as if it were UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (precision, starts) = match text.len() {
            4 => (Precision::Year, midnight(day(text, "01", "01")?)),
            7 if text.as_bytes()[4] == b'-' => {
                (Precision::Month, midnight(day(text.get(..4)?, text.get(5..)?, "01")?))
            }
            10 => (Precision::Day, midnight(full_day(text)?)),
            _ => (Precision::Instant, instant(text)?),
        };
        let starts_ms = i64::try_from(starts.unix_timestamp_nanos() / 1_000_000).ok()?;
        Some(Self { text: text.into(), precision, starts_ms })
    }

    /// The instant, to the second, as an RFC 3339 text in UTC.
    pub fn of_instant(at: OffsetDateTime) -> Self {
        let at = at.to_offset(UtcOffset::UTC).replace_nanosecond(0).unwrap_or(at);
        let text = at.format(&Rfc3339).unwrap_or_default().into();
        Self { text, precision: Precision::Instant, starts_ms: at.unix_timestamp() * 1000 }
    }

    /// As the source wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How much was said.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Milliseconds since 1970-01-01T00:00Z of the first instant that it may mean.
    pub fn starts_ms(&self) -> i64 {
        self.starts_ms
    }

    /// The day, when at least a day was said.
    pub fn as_day(&self) -> Option<&str> {
        (self.precision >= Precision::Day).then(|| &self.text[..10])
    }

    /// The day on which somebody was born, where it is written as an instant: at midnight or noon, or on the clock of a place. Any
    /// other instant of UTC may be of the day before or after, so that it stays what it is.
    #[must_use]
    pub fn as_birth(self) -> Self {
        let time = self.text.get(11..).unwrap_or_default();
        let is_of_place = !time.ends_with(['Z', 'z']) && !time.ends_with("+00:00");
        let is_plain = time.starts_with("00:00") || time.starts_with("12:00");
        match self.as_day().filter(|_| is_of_place || is_plain).and_then(Self::parse) {
            Some(day) if self.precision == Precision::Instant => day,
            _ => self,
        }
    }

    /// True when both may mean the same day: one is as precise as the other and equal, or contains it.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let (short, long) =
            if self.precision <= other.precision { (self, other) } else { (other, self) };
        match short.precision {
            Precision::Instant => short.starts_ms == long.starts_ms,
            _ => long.text.starts_with(short.text.as_str()),
        }
    }
}

impl PartialOrd for FuzzyDate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FuzzyDate {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.starts_ms, self.precision, &self.text).cmp(&(
            other.starts_ms,
            other.precision,
            &other.text,
        ))
    }
}

impl Serialize for FuzzyDate {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            return to.serialize_str(&self.text);
        }
        let Self { text, precision, starts_ms } = self.clone();
        Copied { text, precision, starts_ms }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for FuzzyDate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            return from.deserialize_str(Written);
        }
        Self::try_from(Copied::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A date as people write it.
struct Written;

impl Visitor<'_> for Written {
    type Value = FuzzyDate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date such as 2019, 2019-03, 2019-03-07 or 2019-03-07T10:11:12Z")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<FuzzyDate, E> {
        // What is no date may be anything, a name as well, so that it is not repeated.
        FuzzyDate::parse(text).ok_or_else(|| E::custom("this is no date"))
    }
}

impl JsonSchema for FuzzyDate {
    fn schema_name() -> Cow<'static, str> {
        "FuzzyDate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "fuzzy-date",
            "description": "A date as precise as it is known: `2019`, `2019-03`, `2019-03-07`, or an instant of RFC 3339.",
        })
    }
}

/// What a copy holds of a date. Its texts are sliced, so that they must be as long as their precision says.
#[derive(Serialize, Deserialize)]
struct Copied {
    text: Text,
    precision: Precision,
    starts_ms: i64,
}

impl TryFrom<Copied> for FuzzyDate {
    type Error = &'static str;

    fn try_from(copy: Copied) -> Result<Self, Self::Error> {
        let length = match copy.precision {
            Precision::Year => 4,
            Precision::Month => 7,
            Precision::Day | Precision::Instant => 10,
        };
        if copy.text.len() < length || !copy.text.is_ascii() {
            return Err("this is no date");
        }
        Ok(Self { text: copy.text, precision: copy.precision, starts_ms: copy.starts_ms })
    }
}

/// A date says when something happened to a person, so a debug print shows the precision alone.
impl fmt::Debug for FuzzyDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FuzzyDate({:?})", self.precision)
    }
}

fn day(year: &str, month: &str, day: &str) -> Option<Date> {
    let digits = |text: &str, length: usize| {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u16>().ok())?
    };
    let month = Month::try_from(u8::try_from(digits(month, 2)?).ok()?).ok()?;
    Date::from_calendar_date(
        i32::from(digits(year, 4)?),
        month,
        u8::try_from(digits(day, 2)?).ok()?,
    )
    .ok()
}

fn full_day(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let date = day(parts.next()?, parts.next()?, parts.next()?)?;
    parts.next().is_none().then_some(date)
}

fn midnight(date: Date) -> OffsetDateTime {
    date.midnight().assume_utc()
}

fn instant(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
        let zoneless = time::macros::format_description!(
            version = 2,
            "[year]-[month]-[day]T[hour]:[minute][optional [:[second][optional [.[subsecond]]]]]"
        );
        PrimitiveDateTime::parse(text, zoneless).ok().map(PrimitiveDateTime::assume_utc)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> FuzzyDate {
        FuzzyDate::parse(text).expect(text)
    }

    #[test]
    fn a_birth_date_is_a_day_where_nobody_can_doubt_it() {
        for (text, expected) in [
            ("1962-07-03T00:00:00Z", "1962-07-03"),
            ("1962-07-03T12:00:00.000Z", "1962-07-03"),
            ("1962-07-03T22:00:00Z", "1962-07-03T22:00:00Z"),
            ("1962-07-03T21:30:00+02:00", "1962-07-03"),
            ("1962-07-03T00:00:00", "1962-07-03"),
            ("1962-07", "1962-07"),
        ] {
            assert_eq!(date(text).as_birth().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn keeps_what_was_written_and_how_precise_it_was() {
        for (text, precision) in [
            ("2019", Precision::Year),
            ("2019-03", Precision::Month),
            ("2019-03-07", Precision::Day),
            ("2019-03-07T10:11:12Z", Precision::Instant),
            ("2019-03-07T10:11:12.345+02:00", Precision::Instant),
            ("2019-03-07T10:11", Precision::Instant),
        ] {
            assert_eq!((date(text).as_str(), date(text).precision()), (text, precision));
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "19",
            "2019-13",
            "2019-02-30",
            "2019/03/07",
            "yesterday",
            "20190307",
            "2019-3-7",
            "+019",
        ] {
            assert!(FuzzyDate::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn orders_by_first_possible_instant() {
        let mut dates =
            [date("2019-03-07"), date("2019"), date("2018-12-31T23:59:59Z"), date("2019-01")];
        dates.sort();
        assert_eq!(
            dates.map(|date| date.as_str().to_owned()),
            ["2018-12-31T23:59:59Z", "2019", "2019-01", "2019-03-07"]
        );
    }

    #[test]
    fn a_vague_date_agrees_with_what_it_contains() {
        assert!(date("2019").agrees_with(&date("2019-03-07T10:11:12Z")));
        assert!(date("2019-03-07").agrees_with(&date("2019-03")));
        assert!(!date("2019-03").agrees_with(&date("2019-04-01")));
        assert!(date("2019-03-07T10:00:00Z").agrees_with(&date("2019-03-07T12:00:00+02:00")));
    }
}
