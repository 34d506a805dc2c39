//! Dates as partners write them, and formats that leave something open.

use super::*;

#[test]
fn dates_are_read_as_they_are_written() {
    for (format, text, expected) in [
        ("MM/DD/YYYY", "03/04/2026", Some("2026-03-04")),
        ("MM/DD/YYYY", "3/4/2026", None),
        ("M/D/YYYY", "3/4/2026", Some("2026-03-04")),
        ("M/D/YYYY", "12/31/2026", Some("2026-12-31")),
        ("DD.MM.YYYY", "04.03.2026", Some("2026-03-04")),
        ("YYYYMMDD", "20260304", Some("2026-03-04")),
        ("DD-MMM-YYYY", "04-mar-2026", Some("2026-03-04")),
        ("MM/YYYY", "03/2026", Some("2026-03")),
        ("YYYY", "2026", Some("2026")),
        ("MM/DD/YYYY hh:mm:ss", "03/04/2026 17:05:09", Some("2026-03-04T17:05:09")),
        ("MM/DD/YYYY h:mm A", "03/04/2026 5:05 PM", Some("2026-03-04T17:05")),
        ("MM/DD/YYYY h:mm A", "03/04/2026 12:05 AM", Some("2026-03-04T00:05")),
        ("MM/DD/YYYY h:mm A", "03/04/2026 13:05 PM", None),
        ("YYYY-MM-DDThh:mmZ", "2026-03-04T17:05Z", Some("2026-03-04T17:05:00Z")),
        ("YYYY-MM-DDThh:mmZ", "2026-03-04T17:05-05:00", Some("2026-03-04T17:05:00-05:00")),
        ("YYYYMMDDhhmmssZ", "20260304170509-0500", Some("2026-03-04T17:05:09-05:00")),
        ("YYYYMMDDhhmmssZ", "20260304170509+05:30", Some("2026-03-04T17:05:09+05:30")),
        ("YYYYMMDDhhmmssZ", "20260304170509+02", Some("2026-03-04T17:05:09+02:00")),
        ("YYYYMMDDhhmmssZ", "20260304170509z", Some("2026-03-04T17:05:09Z")),
        ("YYYYMMDDhhmmssZ", "20260304170509", None),
        ("YYYYMMDDhhmmssZ", "20260304170509-0560", None),
        ("YYYYMMDDhhmmssZ", "20260304170509-3000", None),
        ("YYYYMMDDhhmmss Z", "20260304170509 +0100", Some("2026-03-04T17:05:09+01:00")),
        ("MM/DD/YYYY", "13/04/2026", None),
        ("MM/DD/YYYY", "02/30/2026", None),
        ("MM/DD/YYYY", "03/04/2026 ", None),
        ("MM/DD/YYYY", "03-04-2026", None),
        ("epoch-s", "0", Some("1970-01-01T00:00:00Z")),
        ("epoch-ms", "1772643900000", Some("2026-03-04T17:05:00Z")),
        ("epoch-ms", "soon", None),
        ("epoch-s", "99999999999999999999", None),
        ("net", "/Date(1772643900000)/", Some("2026-03-04T17:05:00Z")),
        ("net", "/Date(-7200000)/", Some("1969-12-31T22:00:00Z")),
        ("net", "/Date(-7200000+0200)/", Some("1970-01-01T00:00:00+02:00")),
        ("net", "/Date(1772643900000-0530)/", Some("2026-03-04T11:35:00-05:30")),
        ("net", "/Date(1772643900000+2)/", None),
        ("net", "/Date(1772643900000+0200", None),
        ("net", "/Date(é-0200)/", None),
        ("net", "1772643900000", None),
    ] {
        let date = DateFormat::read(format).unwrap().parse(text);
        assert_eq!(date.as_ref().map(FuzzyDate::as_str), expected, "{format} {text}");
    }
}

#[test]
fn formats_of_other_languages_are_known() {
    for (format, expected) in [
        ("dd.MM.yyyy", Some("DD.MM.YYYY")),
        ("mm/dd/yyyy", Some("MM/DD/YYYY")),
        ("%Y-%m-%d %H:%M", Some("YYYY-MM-DD hh:mm")),
        ("MM/DD/YYYY", None),
        ("yy-mm", None),
    ] {
        assert_eq!(in_our_signs(format).as_deref(), expected, "{format}");
    }
}

#[test]
fn formats_that_leave_something_open_are_refused() {
    for (format, part) in [
        ("MM/DD/YY", "no sign"),
        ("MM/DD", "missing"),
        ("", "missing"),
        ("DD YYYY", "missing"),
        ("YYYY-MM-DD hh", "missing"),
        ("YYYY-MM-DD mm", "missing"),
        ("YYYY-MM-MM", "twice"),
        ("YYYYMD", "nobody can tell"),
        ("yyyy-mm-dd", "no sign"),
        ("YYYY-MM-DDZ", "missing"),
        ("YYYY-MM-DDThh:mmZZ", "twice"),
    ] {
        let error = DateFormat::read(format).unwrap_err();
        assert!(error.contains(part), "{format}: {error}");
    }
}
