use time::macros::datetime;

use super::*;

fn ms(at: time::OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1000
}

fn born(text: &str) -> Option<Born> {
    Born::parse(text)
}

#[test]
fn the_day_begins_where_the_patient_lives() {
    let granted = ms(datetime!(2020-01-01 0:00 UTC));
    for (offset, midnight) in [
        ("-05:00", datetime!(2026-03-07 5:00 UTC)),
        ("+00:00", datetime!(2026-03-07 0:00 UTC)),
        ("+01:00", datetime!(2026-03-06 23:00 UTC)),
        ("-03:30", datetime!(2026-03-07 3:30 UTC)),
    ] {
        let of_age = OfAge::new(18, offset).unwrap();
        let ends = |now| of_age.ends(born("2008-03-07"), granted, now);
        assert_eq!((ends(ms(midnight) - 1), ends(ms(midnight))), (false, true), "{offset}");
    }
}

#[test]
fn the_age_is_the_policys() {
    let granted = ms(datetime!(2020-01-01 0:00 UTC));
    let on_the_day = ms(datetime!(2026-03-07 4:00 UTC));
    for (years, expected) in [(17, true), (18, true), (19, false), (21, false)] {
        let of_age = OfAge::new(years, "-04:00").unwrap();
        assert_eq!(of_age.ends(born("2008-03-07"), granted, on_the_day), expected, "{years}");
    }
}

#[test]
fn what_an_adult_grants_does_not_end_and_what_nobody_knows_does() {
    let of_age = OfAge::new(18, "-04:00").unwrap();
    let now = ms(datetime!(2026-11-22 12:00 UTC));
    for (text, granted, expected) in [
        ("1950-03-07", datetime!(2020-01-01 0:00 UTC), false),
        ("2008-03-07", datetime!(2026-03-07 3:59 UTC), true),
        ("2008-03-07", datetime!(2026-03-07 4:00 UTC), false),
        ("2008-03-07T10:00:00Z", datetime!(2026-03-07 4:00 UTC), false),
        ("2012", datetime!(2020-01-01 0:00 UTC), false),
        ("2008-11", datetime!(2020-01-01 0:00 UTC), true),
        ("2008-12", datetime!(2020-01-01 0:00 UTC), false),
        // In the year in which they may have come of age, nobody can tell.
        ("2008", datetime!(2026-06-01 0:00 UTC), true),
        ("2007", datetime!(2026-06-01 0:00 UTC), false),
        // Born on a day that this year does not have.
        ("2008-02-29", datetime!(2026-02-28 3:59 UTC), true),
        ("2008-02-29", datetime!(2026-02-28 4:00 UTC), false),
    ] {
        assert_eq!(of_age.ends(born(text), ms(granted), now), expected, "{text} {granted}");
    }
    assert!(of_age.ends(None, 0, now));
}

#[test]
fn records_that_disagree_leave_both_days_possible() {
    let of_age = OfAge::new(18, "-04:00").unwrap();
    let both = born("2008-03-07").unwrap().or(born("2009-03-07").unwrap());
    let now = ms(datetime!(2026-11-22 12:00 UTC));
    let granted = ms(datetime!(2026-06-01 0:00 UTC));
    assert!(of_age.ends(Some(both), granted, now), "by one of them it was granted for a child");
    assert!(!of_age.ends(born("2008-03-07"), granted, now));
    assert!(!of_age.ends(born("2009-03-07"), granted, now));
}

#[test]
fn what_is_no_date_and_no_offset_is_none() {
    for text in ["", "201", "2010-", "2010-13", "2010-02-30", "2010-1", "year", "März"] {
        assert_eq!(born(text), None, "{text}");
    }
    for offset in ["", "5", "05:00", "-5:00", "-05", "-05:60", "+15:00", "-0a:00", "ü"] {
        assert!(OfAge::new(18, offset).is_err(), "{offset}");
    }
    assert!(OfAge::new(0, "-05:00").is_err() && OfAge::new(121, "-05:00").is_err());
}
