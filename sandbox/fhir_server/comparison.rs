//! Comparisons of dates, as searches write them: `ge2020-05`.

use crate::{day, query::list};

/// A comparison with a span of time.
pub(super) struct Comparison {
    prefix: Prefix,
    span: (i64, i64),
}

#[derive(Clone, Copy)]
enum Prefix {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// True when one of the comparisons holds.
pub(super) fn any(comparisons: &[Comparison], span: (i64, i64)) -> bool {
    comparisons.iter().any(|comparison| comparison.holds(span))
}

/// Reads a comma list; none when an item cannot be read or there is none.
pub(super) fn all(value: &str) -> Option<Vec<Comparison>> {
    list(value)
        .map(|text| comparison(&text))
        .collect::<Option<Vec<_>>>()
        .filter(|all| !all.is_empty())
}

fn comparison(text: &str) -> Option<Comparison> {
    let (prefix, date) = match text.split_at_checked(2)? {
        ("eq", date) => (Prefix::Equal, date),
        ("ne", date) => (Prefix::NotEqual, date),
        ("gt" | "sa", date) => (Prefix::Greater, date),
        ("ge", date) => (Prefix::GreaterOrEqual, date),
        ("lt" | "eb", date) => (Prefix::Less, date),
        ("le", date) => (Prefix::LessOrEqual, date),
        _ => (Prefix::Equal, text),
    };
    // A plus sign in a time zone arrives as a blank.
    Some(Comparison { prefix, span: day::span(&date.replace(' ', "+"))? })
}

impl Comparison {
    /// FHIR compares spans: equal means inside, greater means that some of it lies behind.
    fn holds(&self, (start, end): (i64, i64)) -> bool {
        let (from, to) = self.span;
        match self.prefix {
            Prefix::Equal => start >= from && end <= to,
            Prefix::NotEqual => start < from || end > to,
            Prefix::Greater => end > to,
            Prefix::GreaterOrEqual => end > from,
            Prefix::Less => start < from,
            Prefix::LessOrEqual => start < to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_compare_as_spans() {
        let holds =
            |text: &str, date: &str| comparison(text).unwrap().holds(day::span(date).unwrap());
        assert!(holds("2020", "2020-05-01") && !holds("2020-05-01", "2020"));
        assert!(
            holds("ge2020-05", "2020-05-01")
                && holds("ge2020-05", "2020")
                && !holds("ge2020-05", "2020-04-30")
        );
        assert!(holds("gt2020-05", "2020-06-01") && !holds("gt2020-05", "2020-05-31"));
        assert!(holds("lt2020-05", "2020-04-30") && !holds("lt2020-05", "2020-05-01"));
        assert!(holds("le2020-05", "2020-05-31") && !holds("le2020-05", "2020-06-01"));
        assert!(holds("ne2020", "2021-01-01") && !holds("ne2020", "2020-01-01"));
    }
}
