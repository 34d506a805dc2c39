//! Single values as the model takes them: which texts fit, and how they are written in the end.

use std::borrow::Cow;
use std::sync::Arc;

use super::date::DateFormat;
use super::out::Out;
use super::part::remedy_of;
use super::shape::Shape;
use crate::record::{FuzzyDate, systems};

/// What a single value must be.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Text,
    Code(Arc<[String]>),
    System,
    Date,
    Decimal,
    Number,
    Bool,
    Death,
}

/// What `caregraph connector new` writes where nobody but its author can know.
const OPEN: &str = "?";

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberFormat {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

impl NumberFormat {
    pub(super) const NAMES: [&'static str; 2] = ["1,234.5", "1.234,5"];

    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "1,234.5" => Some(Self::Point),
            "1.234,5" => Some(Self::Comma),
            _ => None,
        }
    }

    /// The same digits without groups and with a point.
    fn plain(self, text: &str) -> Option<String> {
        let (group, point) = match self {
            Self::Point => (',', '.'),
            Self::Comma => ('.', ','),
        };
        let (whole, part) = text.split_once(point).map_or((text, None), |(a, b)| (a, Some(b)));
        let mut groups = whole.trim_start_matches('-').split(group);
        let is_first = groups.next().is_some_and(|first| !first.is_empty());
        let are_groups = groups.all(|group| group.len() == 3);
        let is_part = part.is_none_or(|part| !part.contains(group));
        let digits = whole.replace(group, "");
        (is_first && are_groups && is_part)
            .then(|| part.map_or(digits.clone(), |part| format!("{digits}.{part}")))
    }
}

impl Kind {
    /// What fits a shape of the model; nothing when that is no single value.
    pub(super) fn of(shape: &Shape) -> Option<Self> {
        Some(match shape {
            Shape::Text => Self::Text,
            Shape::Code(codes) => Self::Code(codes.clone()),
            Shape::System => Self::System,
            Shape::Date => Self::Date,
            Shape::Decimal => Self::Decimal,
            Shape::Number => Self::Number,
            Shape::Bool => Self::Bool,
            Shape::Death => Self::Death,
            Shape::List(_) | Shape::Struct(_) | Shape::OneOf(_) => return None,
        })
    }

    /// Takes a text if it fits.
    pub(super) fn take<'e>(
        &self,
        text: Cow<'e, str>,
        date: Option<&DateFormat>,
        number: Option<NumberFormat>,
    ) -> Option<Out<'e>> {
        match self {
            Self::Text => Some(Out::Text(text)),
            Self::Code(codes) => codes.iter().any(|code| *code == text).then_some(Out::Text(text)),
            Self::System => match systems::named(&text) {
                Some(uri) => Some(Out::Text(Cow::Borrowed(uri))),
                None => text.contains(':').then_some(Out::Text(text)),
            },
            Self::Date => dated(text, date),
            Self::Decimal => {
                let text = plain(text, number)?;
                is_decimal(&text).then_some(Out::Text(text))
            }
            Self::Number => {
                let text = plain(text, number)?;
                is_decimal(&text).then(|| text.parse().ok().map(Out::Number))?
            }
            Self::Bool => truth(&text),
            Self::Death => truth(&text).or_else(|| dated(text, date)),
        }
    }

    /// What is wrong with a text that a manifest writes itself, and what to write in its place.
    pub(super) fn objection(&self, text: &str) -> Option<(String, String)> {
        if self.take(Cow::Borrowed(text), None, None).is_some() {
            return None;
        }
        let why = |needed: &str| format!("{text:?} is {needed}");
        if text == OPEN {
            let remedy = match self {
                Self::Code(codes) => format!("write one of `{}`", codes.join("`, `")),
                _ => format!("write {}", self.words()),
            };
            return Some(("stands open".to_owned(), remedy));
        }
        Some(match self {
            Self::Code(codes) => {
                let codes = codes.iter().map(String::as_str);
                (why("none of the codes of this field"), remedy_of(text, codes))
            }
            Self::System => {
                let names = systems::names();
                let remedy = format!(
                    "{} Or write the URI of the system",
                    with_stop(&remedy_of(text, names.iter().map(String::as_str)))
                );
                (why("no code system"), remedy)
            }
            Self::Date | Self::Death => (why("no date"), "write it as in 2026-03-04".to_owned()),
            Self::Decimal | Self::Number => (why("no number"), "write it as in 12.5".to_owned()),
            Self::Bool => (why("neither true nor false"), "write true or false".to_owned()),
            Self::Text => (why("no text"), "write some words".to_owned()),
        })
    }

    /// What fits, in words; `is_written`: in a form that the manifest gives.
    pub(super) fn needed(&self, is_written: bool) -> String {
        let form = if is_written { " in the form that the manifest gives" } else { "" };
        match self {
            Self::Code(codes) => format!("one of `{}`", codes.join("`, `")),
            Self::Date | Self::Death if !is_written => {
                format!("{} such as 2026-03-04", self.words())
            }
            _ => format!("{}{form}", self.words()),
        }
    }

    /// What it is called in messages.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Code(_) => "a code of a closed set",
            Self::System => "a code system",
            Self::Date => "a date",
            Self::Decimal | Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Death => "a date, or true or false",
        }
    }
}

fn with_stop(text: &str) -> String {
    if text.ends_with('?') || text.is_empty() { text.to_owned() } else { format!("{text}.") }
}

fn truth<'e>(text: &str) -> Option<Out<'e>> {
    match text {
        "true" => Some(Out::Bool(true)),
        "false" => Some(Out::Bool(false)),
        _ => None,
    }
}

fn dated<'e>(text: Cow<'e, str>, format: Option<&DateFormat>) -> Option<Out<'e>> {
    match format {
        Some(format) => {
            let date = format.parse(&text)?;
            Some(Out::Text(Cow::Owned(date.as_str().to_owned())))
        }
        None => FuzzyDate::parse(&text).map(|_| Out::Text(text)),
    }
}

fn plain(text: Cow<'_, str>, format: Option<NumberFormat>) -> Option<Cow<'_, str>> {
    match format {
        Some(format) => format.plain(&text).map(Cow::Owned),
        None => Some(text),
    }
}

/// A number as JSON has them, though zeros may lead it.
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let is_mantissa = match unsigned.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(unsigned),
    };
    is_mantissa && exponent.is_none_or(|it| digits(it.strip_prefix(['-', '+']).unwrap_or(it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(kind: &Kind, text: &str) -> Option<String> {
        kind.take(Cow::Borrowed(text), None, None).map(|out| format!("{out:?}"))
    }

    #[test]
    fn only_what_fits_is_taken() {
        let codes = Kind::Code(["completed", "stopped"].map(str::to_owned).into());
        for (kind, good, bad) in [
            (&codes, "completed", "Completed"),
            (&Kind::System, "ndc", "nothing"),
            (&Kind::System, "urn:oid:1.2", "1.2"),
            (&Kind::Date, "2026-03", "03/2026"),
            (&Kind::Decimal, "-12.50", "12,5"),
            (&Kind::Decimal, "1e-3", "1e"),
            (&Kind::Decimal, "007", ".5"),
            (&Kind::Number, "12.5", "NaN"),
            (&Kind::Bool, "true", "yes"),
            (&Kind::Death, "2019", "unknown"),
        ] {
            assert!(taken(kind, good).is_some(), "{kind:?} {good}");
            assert!(taken(kind, bad).is_none(), "{kind:?} {bad}");
            assert!(kind.objection(good).is_none());
            assert!(kind.objection(bad).is_some());
        }
        assert_eq!(
            codes.objection("Completed").unwrap().1,
            "did you mean `completed`? Known are `completed`, `stopped`"
        );
    }

    #[test]
    fn digits_stay_as_they_are_written() {
        let take = |text, format| {
            let out = Kind::Decimal.take(Cow::Borrowed(text), None, Some(format));
            out.map(|out| if let Out::Text(text) = out { text.into_owned() } else { String::new() })
        };
        for (text, format, expected) in [
            ("1,234.50", NumberFormat::Point, Some("1234.50")),
            ("1.234,50", NumberFormat::Comma, Some("1234.50")),
            ("-12,5", NumberFormat::Comma, Some("-12.5")),
            ("12", NumberFormat::Comma, Some("12")),
            ("12,5", NumberFormat::Point, None),
            ("12.5", NumberFormat::Comma, None),
            ("1,23", NumberFormat::Point, None),
            ("1.5,000", NumberFormat::Point, None),
        ] {
            assert_eq!(take(text, format).as_deref(), expected, "{text}");
        }
    }
}
