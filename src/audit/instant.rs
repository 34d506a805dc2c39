//! Instants of the log as text: RFC 3339, to the millisecond.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Writes milliseconds since 1970-01-01T00:00Z.
pub fn write(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    at.ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}

/// Reads what has a date, a time and an offset.
pub fn read(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_comes_back_as_it_went() {
        for ms in [0, 1_785_000_000_123, -1, 1_785_000_000_000] {
            assert_eq!(read(&write(ms)), Some(ms));
        }
        assert_eq!(read("2027-01-31T13:00:00.5+01:00"), read("2027-01-31T12:00:00.500Z"));
        for wrong in ["", "soon", "2027-01-31", "2027-01-31T12:00:00"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
