//! Dates as partners write them, by a small set of signs. Nothing is guessed: what does not fit is no date.

use std::fmt::Write as _;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::record::FuzzyDate;

/// How dates are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DateFormat {
    /// Seconds or milliseconds since 1970.
    Since1970 { in_ms: bool },
    /// As .NET writes them: `/Date(1772643900000+0200)/`.
    Net,
    /// Sign by sign.
    Written(Vec<Sign>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Year,
    /// A number of that many digits, or of one or two.
    Month {
        is_padded: bool,
    },
    /// The first three letters of its English name.
    MonthName,
    Day {
        is_padded: bool,
    },
    Hour {
        is_padded: bool,
    },
    Minute,
    Second,
    /// AM or PM.
    Half,
    /// By how much the clock is ahead of UTC: `Z`, `+02`, `+0200` or `+02:00`.
    Offset,
    Other(char),
}

/// Every sign, the longer ones first.
const SIGNS: [(&str, Sign); 12] = [
    ("YYYY", Sign::Year),
    ("MMM", Sign::MonthName),
    ("MM", Sign::Month { is_padded: true }),
    ("M", Sign::Month { is_padded: false }),
    ("DD", Sign::Day { is_padded: true }),
    ("D", Sign::Day { is_padded: false }),
    ("hh", Sign::Hour { is_padded: true }),
    ("h", Sign::Hour { is_padded: false }),
    ("mm", Sign::Minute),
    ("ss", Sign::Second),
    ("A", Sign::Half),
    ("Z", Sign::Offset),
];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What a format may be, for messages.
pub(super) const REMEDY: &str = "write it with YYYY, MM or M or MMM (Jan), DD or D, hh or h, mm, ss, A (AM, PM) and Z (Z, +0200, +02:00), such as \"MM/DD/YYYY\", or as \"epoch-s\", \"epoch-ms\" or, for /Date(1772643900000)/, \"net\"";

impl DateFormat {
    /// Reads a format; else what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        match text {
            "epoch-s" => return Ok(Self::Since1970 { in_ms: false }),
            "epoch-ms" => return Ok(Self::Since1970 { in_ms: true }),
            "net" => return Ok(Self::Net),
            _ => {}
        }
        let (mut signs, mut rest) = (Vec::new(), text);
        while let Some(first) = rest.chars().next() {
            let sign = SIGNS.iter().find(|(written, _)| rest.starts_with(written));
            let (length, sign) = match sign {
                Some((written, sign)) => (written.len(), *sign),
                // A letter is one of the signs or a part of the text, such as the T of ISO 8601.
                None if first.is_ascii_alphabetic() && first != 'T' => {
                    return Err(format!("{first:?} is no sign of a date"));
                }
                None => (first.len_utf8(), Sign::Other(first)),
            };
            signs.push(sign);
            rest = rest.get(length..).unwrap_or_default();
        }
        usable(&signs).map(|()| Self::Written(signs))
    }

    /// What a text says in this format.
    pub(super) fn parse(&self, text: &str) -> Option<FuzzyDate> {
        match self {
            Self::Since1970 { in_ms } => since_1970(text, *in_ms).map(FuzzyDate::of_instant),
            Self::Net => net(text),
            Self::Written(signs) => Parts::read(signs, text)?.date(),
        }
    }
}

/// A format in the signs of other languages, such as `dd.MM.yyyy` and `%d.%m.%Y`, as it is written here.
pub(super) fn in_our_signs(text: &str) -> Option<String> {
    const PERCENT: [(&str, &str); 9] = [
        ("%Y", "YYYY"),
        ("%m", "MM"),
        ("%d", "DD"),
        ("%b", "MMM"),
        ("%H", "hh"),
        ("%M", "mm"),
        ("%S", "ss"),
        ("%p", "A"),
        ("%z", "Z"),
    ];
    const LETTERS: [(&str, &str); 4] = [("yyyy", "YYYY"), ("dd", "DD"), ("HH", "hh"), ("'T'", "T")];
    let signs: &[(&str, &str)] = if text.contains('%') { &PERCENT } else { &LETTERS };
    let meant = signs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    // Where there is no other month, that of small letters is meant.
    let meant = if meant.contains("MM") { meant } else { meant.replacen("mm", "MM", 1) };
    (meant != text && DateFormat::read(&meant).is_ok()).then_some(meant)
}

fn since_1970(text: &str, is_in_ms: bool) -> Option<OffsetDateTime> {
    let number: i128 = text.parse().ok()?;
    let nanoseconds = number.checked_mul(if is_in_ms { 1_000_000 } else { 1_000_000_000 })?;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()
}

/// An instant in milliseconds. Where an offset follows, its day is that of the clock of that place.
fn net(text: &str) -> Option<FuzzyDate> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    // The first sign may be that of the number.
    let place = inner.char_indices().skip(1).find(|(_, it)| matches!(it, '+' | '-'));
    let Some((place, sign)) = place else {
        return since_1970(inner, true).map(FuzzyDate::of_instant);
    };
    let (number, offset) = inner.split_at_checked(place)?;
    let (hours, minutes) = offset.get(1..)?.split_at_checked(2)?;
    let two = |text: &str| Some(digits(text, 2, 2).filter(|(_, rest)| rest.is_empty())?.0);
    let offset = ahead(sign == '-', two(hours)?, two(minutes)?)?;
    let at = since_1970(number, true)?.to_offset(offset).replace_nanosecond(0).ok()?;
    FuzzyDate::parse(&at.format(&Rfc3339).ok()?)
}

fn ahead(is_behind: bool, hours: u32, minutes: u32) -> Option<UtcOffset> {
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok().filter(|_| minutes < 60)?;
    UtcOffset::from_whole_seconds(if is_behind { -seconds } else { seconds }).ok()
}

/// An offset from UTC at the start of a text, and what follows it.
fn offset(text: &str) -> Option<(UtcOffset, &str)> {
    if let Some(rest) = text.strip_prefix(['Z', 'z']) {
        return Some((UtcOffset::UTC, rest));
    }
    let is_behind = text.starts_with('-');
    let (hours, rest) = digits(text.strip_prefix(['+', '-'])?, 2, 2)?;
    let minutes = digits(rest.strip_prefix(':').unwrap_or(rest), 2, 2);
    let (minutes, rest) = minutes.unwrap_or((0, rest));
    Some((ahead(is_behind, hours, minutes)?, rest))
}

fn usable(signs: &[Sign]) -> Result<(), String> {
    let count = |is: fn(&Sign) -> bool| signs.iter().filter(|sign| is(sign)).count();
    let year = count(|it| *it == Sign::Year);
    let month = count(|it| matches!(it, Sign::Month { .. } | Sign::MonthName));
    let day = count(|it| matches!(it, Sign::Day { .. }));
    let hour = count(|it| matches!(it, Sign::Hour { .. }));
    let minute = count(|it| *it == Sign::Minute);
    let second = count(|it| *it == Sign::Second);
    let half = count(|it| *it == Sign::Half);
    let offset = count(|it| *it == Sign::Offset);
    if [year, month, day, hour, minute, second, half, offset].iter().any(|count| *count > 1) {
        return Err("a sign of a date stands there twice".to_owned());
    }
    if year == 0
        || day > month
        || hour > day
        || minute != hour
        || second > minute
        || half > hour
        || offset > hour
    {
        return Err("a part of the date is missing".to_owned());
    }
    let numbers =
        |it: &Sign| !matches!(it, Sign::Other(_) | Sign::MonthName | Sign::Half | Sign::Offset);
    let loose = |it: &Sign| {
        matches!(
            it,
            Sign::Month { is_padded: false }
                | Sign::Day { is_padded: false }
                | Sign::Hour { is_padded: false }
        )
    };
    if signs.windows(2).any(|it| matches!(it, [a, b] if loose(a) && numbers(b))) {
        return Err("nobody can tell where M, D or h ends and the next number begins".to_owned());
    }
    Ok(())
}

#[derive(Default)]
struct Parts {
    year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    hour: Option<u32>,
    minute: u32,
    second: Option<u32>,
    is_afternoon: Option<bool>,
    offset: Option<UtcOffset>,
}

impl Parts {
    fn read(signs: &[Sign], text: &str) -> Option<Self> {
        let (mut parts, mut rest) = (Self::default(), text);
        for sign in signs {
            let mut number = |least: usize, most: usize| {
                let (number, behind) = digits(rest, least, most)?;
                rest = behind;
                Some(number)
            };
            match sign {
                Sign::Year => parts.year = Some(number(4, 4)?),
                Sign::Month { is_padded } => parts.month = Some(number(width(*is_padded), 2)?),
                Sign::Day { is_padded } => parts.day = Some(number(width(*is_padded), 2)?),
                Sign::Hour { is_padded } => parts.hour = Some(number(width(*is_padded), 2)?),
                Sign::Minute => parts.minute = number(2, 2)?,
                Sign::Second => parts.second = Some(number(2, 2)?),
                Sign::MonthName => {
                    let (name, behind) = rest.split_at_checked(3)?;
                    let place = MONTHS.iter().position(|it| it.eq_ignore_ascii_case(name))?;
                    (parts.month, rest) = (u32::try_from(place + 1).ok(), behind);
                }
                Sign::Half => {
                    let (half, behind) = rest.split_at_checked(2)?;
                    parts.is_afternoon = match half.to_ascii_uppercase().as_str() {
                        "AM" => Some(false),
                        "PM" => Some(true),
                        _ => return None,
                    };
                    rest = behind;
                }
                Sign::Offset => {
                    let (ahead, behind) = offset(rest)?;
                    (parts.offset, rest) = (Some(ahead), behind);
                }
                Sign::Other(expected) => rest = rest.strip_prefix(*expected)?,
            }
        }
        rest.is_empty().then_some(parts)
    }

    /// A clock of twelve hours begins with its last one.
    fn on_a_whole_clock(&self, hour: u32) -> Option<u32> {
        match (hour, self.is_afternoon) {
            (1..=12, Some(is_afternoon)) => Some(hour % 12 + if is_afternoon { 12 } else { 0 }),
            (_, Some(_)) => None,
            (_, None) => Some(hour),
        }
    }

    fn date(&self) -> Option<FuzzyDate> {
        let mut text = format!("{:04}", self.year?);
        for part in [self.month, self.day].into_iter().flatten() {
            write!(text, "-{part:02}").ok()?;
        }
        if let Some(hour) = self.hour {
            let hour = self.on_a_whole_clock(hour)?;
            write!(text, "T{hour:02}:{:02}", self.minute).ok()?;
            // An instant has seconds.
            if let Some(second) = self.second.or(self.offset.map(|_| 0)) {
                write!(text, ":{second:02}").ok()?;
            }
            match self.offset {
                None => {}
                Some(offset) if offset.is_utc() => text.push('Z'),
                Some(offset) => {
                    let sign = if offset.is_negative() { '-' } else { '+' };
                    let (hours, minutes, _) = offset.as_hms();
                    let (hours, minutes) = (hours.unsigned_abs(), minutes.unsigned_abs());
                    write!(text, "{sign}{hours:02}:{minutes:02}").ok()?;
                }
            }
        }
        FuzzyDate::parse(&text)
    }
}

const fn width(is_padded: bool) -> usize {
    if is_padded { 2 } else { 1 }
}

fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(length)?;
    (length >= least).then(|| number.parse().ok())?.map(|number| (number, rest))
}

#[cfg(test)]
#[path = "date_tests.rs"]
mod tests;
