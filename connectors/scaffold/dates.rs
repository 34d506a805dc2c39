//! How dates are written, told by all values of a sample. The order of day and month is never guessed.

use super::shape::Facts;
use crate::mapped::reads_date;
use crate::record::FuzzyDate;

/// How the dates of a field are written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// As the language reads them without a word.
    Plain,
    /// No value tells.
    Untold,
    As(String),
    /// The values leave it open which of the two it is.
    Either(String, String),
    /// Some values are only one of these, some only the other.
    Both(String, String),
    /// Seconds or milliseconds since 1970.
    Count(&'static str),
    /// Years of two digits.
    Short,
    /// No dates that can be read.
    Not,
}

const TIMES: [&str; 12] = [
    "",
    " hh:mm",
    " hh:mm:ss",
    " h:mm A",
    " hh:mm A",
    " h:mm:ss A",
    " hh:mm:ss A",
    "Thh:mm",
    "Thh:mm:ss",
    " hh:mm:ssZ",
    " hh:mm:ss Z",
    "Thh:mm:ssZ",
];

/// Of these no two can be taken for each other.
const CLEAR: [&str; 14] = [
    "YYYY-MM-DD",
    "YYYY-M-D",
    "YYYY/MM/DD",
    "YYYY/M/D",
    "YYYY.MM.DD",
    "YYYYMMDD",
    "DD-MMM-YYYY",
    "D-MMM-YYYY",
    "DD MMM YYYY",
    "D MMM YYYY",
    "MMM DD, YYYY",
    "MMM D, YYYY",
    "MM/YYYY",
    "MM.YYYY",
];

/// Those of HL7 version 2.
const PACKED: [&str; 4] = ["YYYYMMDDhhmm", "YYYYMMDDhhmmss", "YYYYMMDDhhmmZ", "YYYYMMDDhhmmssZ"];

/// Recognises how dates are written.
pub(super) fn recognise(facts: &Facts) -> Written {
    if facts.values.is_empty() {
        return match &facts.told {
            Some(told) if told.is_iso => Written::Plain,
            _ => Written::Untold,
        };
    }
    // Spares words the work.
    if !facts.all(|it| it.bytes().filter(u8::is_ascii_digit).count() >= 4) {
        return if facts.all(is_short) { Written::Short } else { Written::Not };
    }
    if facts.all(|it| FuzzyDate::parse(it).is_some()) {
        return Written::Plain;
    }
    if let Some(format) = clear().into_iter().find(|it| fits(facts, it)) {
        return Written::As(format);
    }
    for separator in ['/', '.', '-'] {
        for time in TIMES {
            let found = ordered(facts, separator, time);
            if found != Written::Not {
                return found;
            }
        }
    }
    let is_count = |digits: std::ops::RangeInclusive<usize>| {
        facts.all(|it| digits.contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit()))
    };
    match () {
        () if is_count(9..=10) => Written::Count("epoch-s"),
        () if is_count(12..=13) => Written::Count("epoch-ms"),
        () if facts.all(is_short) => Written::Short,
        () => Written::Not,
    }
}

fn clear() -> Vec<String> {
    let timed = CLEAR.iter().flat_map(|date| TIMES.map(|time| format!("{date}{time}")));
    // A month of a year has no time.
    timed
        .filter(|it| it.contains('D') || it.ends_with("YYYY"))
        .chain(PACKED.map(str::to_owned))
        .chain(std::iter::once("net".to_owned()))
        .collect()
}

fn fits(facts: &Facts, format: &str) -> bool {
    facts.all(|it| reads_date(format, it))
}

/// Which of day and month comes first, if the values say so.
fn ordered(facts: &Facts, separator: char, time: &str) -> Written {
    let format =
        |first: &str, second: &str| format!("{first}{separator}{second}{separator}YYYY{time}");
    let fitting = |pair: &[String; 2]| pair.iter().find(|it| fits(facts, it)).cloned();
    let american = [format("MM", "DD"), format("M", "D")];
    let european = [format("DD", "MM"), format("D", "M")];
    let both = |at: usize| Some((american.get(at)?.clone(), european.get(at)?.clone()));
    let is_both = |(one, other): &(String, String)| {
        facts.all(|it| reads_date(one, it) || reads_date(other, it))
    };
    let mixed = both(0).filter(is_both).or_else(|| both(1).filter(is_both));
    match (fitting(&american), fitting(&european)) {
        (Some(one), Some(other)) => Written::Either(one, other),
        (Some(one), None) | (None, Some(one)) => Written::As(one),
        (None, None) => mixed.map_or(Written::Not, |(one, other)| Written::Both(one, other)),
    }
}

fn is_short(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
    matches!(parts.as_slice(), [a, b, c] if [a, b, c].iter().all(|it| (1..=2).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit())))
}

/// True for what is a date of some kind.
pub(super) fn is_dated(facts: &Facts) -> bool {
    !matches!(recognise(facts), Written::Not | Written::Untold | Written::Count(_))
}
